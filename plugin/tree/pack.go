package tree

import (
	"archive/tar"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"time"
)

// copyBuffer is how much of a file is in memory at a time, in bytes.
const copyBuffer = 256 << 10

// Pack writes entries of one tree to a tar.
type Pack struct {
	Writer *tar.Writer
	// Root and Name say where the tree is, as for Walk.
	Root *os.Root
	Name string
	// As is the name that the tree's top has in the tar.
	As string
	// Wrote is told the bytes of content as they leave; nil for nobody.
	Wrote func(n int)

	buffer []byte
}

// Write writes one entry with its content. Paths are those of Walk, and a hard
// link's first path must have been written before it. What changed since its
// entry was made is an ErrChanged.
func (p *Pack) Write(entry *Entry) error {
	header := PackHeader(entry, p.As)
	if err := p.Writer.WriteHeader(header); err != nil || header.Typeflag != tar.TypeReg {
		return err
	}
	return p.content(entry)
}

// PackHeader returns the tar header of an entry of the tree that has its top at as.
func PackHeader(entry *Entry, as string) *tar.Header {
	name := path.Join(as, entry.Path)
	header := &tar.Header{
		Name:    name,
		Mode:    tarMode(entry.Mode),
		Uid:     entry.UID,
		Gid:     entry.GID,
		ModTime: time.Unix(0, entry.Time),
		// The one format with a time in nanoseconds, by which the next put knows
		// what has changed.
		Format: tar.FormatPAX,
	}
	switch {
	case entry.Same != "":
		header.Typeflag, header.Linkname = tar.TypeLink, path.Join(as, entry.Same)
	case entry.Mode.IsDir():
		header.Typeflag, header.Name = tar.TypeDir, name+"/"
	case entry.Mode.Type() == fs.ModeSymlink:
		header.Typeflag, header.Linkname = tar.TypeSymlink, entry.Link
	default:
		header.Typeflag, header.Size = tar.TypeReg, entry.Size
	}
	return header
}

func tarMode(mode fs.FileMode) int64 {
	bits := int64(mode.Perm())
	for _, special := range []struct {
		bit  fs.FileMode
		tars int64
	}{{fs.ModeSetuid, 0o4000}, {fs.ModeSetgid, 0o2000}, {fs.ModeSticky, 0o1000}} {
		if mode&special.bit != 0 {
			bits |= special.tars
		}
	}
	return bits
}

func (p *Pack) content(entry *Entry) error {
	at := path.Join(p.Name, entry.Path)
	file, err := p.Root.Open(at)
	if err != nil {
		return err
	}
	defer file.Close()
	if p.buffer == nil {
		p.buffer = make([]byte, copyBuffer)
	}
	for left := entry.Size; left > 0; {
		n, err := file.Read(p.buffer[:min(left, int64(len(p.buffer)))])
		if _, err := p.Writer.Write(p.buffer[:n]); err != nil {
			return err
		}
		left -= int64(n)
		if p.Wrote != nil {
			p.Wrote(n)
		}
		switch {
		case err == io.EOF && left > 0:
			return fmt.Errorf("%s: %w", entry.Path, ErrChanged)
		case err != nil && err != io.EOF:
			return err
		}
	}
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if info.Size() != entry.Size || info.ModTime().UnixNano() != entry.Time {
		return fmt.Errorf("%s: %w", entry.Path, ErrChanged)
	}
	return nil
}
