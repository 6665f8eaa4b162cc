package tree

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
)

const (
	// bufferSize is how much of a file is in memory, in bytes, and holeSize how
	// long a run of zeros must be to be left out of a file.
	bufferSize = 512 << 10
	holeSize   = 64 << 10
)

var zeros [holeSize]byte

// fill writes a file's content. Where that is zeros for long, the file gets a
// hole, so that a sparse file of the container does not fill this machine's disk.
func (w *unpacking) fill(file *os.File, place string, size int64) error {
	written := int64(0) // where the last write ended
	for at := int64(0); at < size; {
		piece := w.buffer[:min(int64(len(w.buffer)), size-at)]
		if _, err := io.ReadFull(w.archive, piece); err != nil {
			return w.readFailure(err)
		}
		for from := 0; from < len(piece); {
			hole := holeEnd(piece, from)
			to := dataEnd(piece, hole)
			if to > hole {
				if _, err := file.WriteAt(piece[hole:to], at+int64(hole)); err != nil {
					return &WriteError{place, err}
				}
				written = at + int64(to)
			}
			from = to
		}
		at += int64(len(piece))
		w.bytes += int64(len(piece))
		w.progress()
	}
	if written == size {
		return nil
	}
	return w.set(place, file.Truncate(size))
}

// holeEnd returns where the zeros that begin at an offset end, in whole blocks.
func holeEnd(piece []byte, from int) int {
	for from+holeSize <= len(piece) && piece[from] == 0 && bytes.Equal(piece[from:from+holeSize], zeros[:]) {
		from += holeSize
	}
	return from
}

// dataEnd returns where the next block of zeros begins.
func dataEnd(piece []byte, from int) int {
	for from < len(piece) && holeEnd(piece, from) == from {
		from = min(from+holeSize, len(piece))
	}
	return from
}

func (w *unpacking) symlink(place, target string) error {
	if w.Links != KeepLinks && leadsOut(place, target) {
		if w.Links == SkipLinks {
			w.note(place, fmt.Sprintf("it is a link to %q, which leads out of the tree", target))
			return nil
		}
		return fmt.Errorf("%w: %q to %q", ErrLeadsOut, place, target)
	}
	return w.anew(place, func() error { return w.in().Symlink(target, path.Base(place)) })
}

// leadsOut says whether a symbolic link may lead out of the tree.
func leadsOut(place, target string) bool {
	if path.IsAbs(target) {
		return true
	}
	above, down := strings.Count(place, "/"), false
	for part := range strings.SplitSeq(target, "/") {
		switch part {
		case "", ".":
		case "..":
			above--
			if down || above < 0 {
				return true
			}
		default:
			down = true
		}
	}
	return false
}

// hardLink gives a file of the same archive a further name. A symbolic link with
// two names leads to two places, so that each is looked at for itself.
func (w *unpacking) hardLink(name, place, to string) error {
	target, existing, keep, err := w.placeOf(to)
	switch {
	case err != nil:
		return err
	case target == name:
		return fmt.Errorf("%w: %q is a hard link to itself", ErrBroken, name)
	case !keep && w.LeftOut != nil:
		return w.LeftOut(name, place)
	case !keep:
		return fmt.Errorf("%w: %q is a hard link to %q, which is not among what is copied", ErrUnsafe, name, target)
	}
	found, err := w.Root.Lstat(existing)
	if errors.Is(err, fs.ErrPermission) {
		return &WriteError{place, err}
	}
	if err != nil || !found.Mode().IsRegular() && found.Mode().Type() != fs.ModeSymlink {
		return fmt.Errorf("%w: %q is a hard link to %q, which is no file of this archive", ErrUnsafe, name, target)
	}
	if found.Mode().IsRegular() {
		return w.anew(place, func() error { return w.Root.Link(existing, place) })
	}
	text, err := w.Root.Readlink(existing)
	if err != nil {
		return &WriteError{place, err}
	}
	return w.symlink(place, text)
}
