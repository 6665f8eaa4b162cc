package tree

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"time"
)

// Links is what Unpack does with symbolic links that lead out of the tree.
type Links int

// A link leads out when its target is absolute, goes up further than the tree's
// top, or goes up after it went down: what it went down into may be another link.
const (
	RefuseLinks Links = iota
	SkipLinks
	KeepLinks
)

var (
	// ErrUnsafe is an archive that tries to leave its folder, or that holds what no
	// copy should.
	ErrUnsafe = errors.New("the archive is not safe to unpack")
	// ErrLeadsOut is the ErrUnsafe of a symbolic link that RefuseLinks does not take.
	ErrLeadsOut = fmt.Errorf("%w: a link leads out of the tree", ErrUnsafe)
	// ErrTooLarge is an archive with more in it than Unpack.MaxBytes.
	ErrTooLarge = errors.New("the archive is larger than its bound")
	// ErrBroken is an archive that is none, contradicts itself or is cut short.
	ErrBroken = errors.New("the archive is damaged")
)

// WriteError is a file or folder that this machine does not take.
type WriteError struct {
	Path string // from the top of the tree
	Err  error
}

func (e *WriteError) Error() string { return fmt.Sprintf("write %q: %v", e.Path, e.Err) }
func (e *WriteError) Unwrap() error { return e.Err }

const (
	// headerSize is what each entry counts for itself, in bytes: its header's size.
	headerSize = 512
	// maxPath and maxDepth bound a name. Each folder on the way to a file is held
	// open while the file is written.
	maxPath  = 4096
	maxDepth = 255
)

// Unpack writes an archive, which somebody hostile may have made, below a folder.
// Nothing outside of it changes, whatever the archive says, and no link that came
// with it is followed. Owners are not applied, nor are the bits setuid, setgid and
// sticky; all other permissions and the times of files and folders are. Pipes and
// sockets are skipped, because a program that opens one may hang.
type Unpack struct {
	// Root is the folder. What is in it already gives way to an entry of its name,
	// but for a folder in the place of a file.
	Root *os.Root
	// MaxBytes bounds the size of all files together; each entry counts 512 for
	// itself, and a sparse file counts as what it would be without holes. 0: no
	// bound.
	MaxBytes int64
	Links    Links
	// Place gives the path below Root for a path in the archive, "." for the top;
	// both are clean. What is not kept is passed over, whatever it is. Nil: as named.
	Place func(name string) (place string, keep bool)
	// LeftOut is told of hard links to what Place did not keep: the archive has their
	// content there alone. Nil: such a link is an error.
	LeftOut func(name, place string) error
	// Note is told of each entry that is skipped, and why.
	Note func(place, why string)
	// Progress is told how much was written; files are all entries but folders.
	Progress func(files, bytes int64)
}

// Read unpacks a tar to its end and returns how many files it had, and how many
// bytes were in them. Its error is one of this package's, or the reader's own. It
// leaves what it wrote so far, to be removed with the folder.
func (u *Unpack) Read(r io.Reader) (files, bytes int64, err error) {
	from := &source{from: r}
	w := &unpacking{Unpack: *u, source: from, archive: tar.NewReader(from), buffer: make([]byte, bufferSize), exact: map[fs.FileMode]bool{}}
	w.folders = []folder{{root: u.Root, path: "."}}
	defer w.close()
	for {
		header, err := w.archive.Next()
		if errors.Is(err, io.EOF) && !from.ended {
			return w.files, w.bytes, w.finish()
		}
		if err != nil {
			return w.files, w.bytes, w.readFailure(err)
		}
		if err := w.entry(header); err != nil {
			return w.files, w.bytes, err
		}
	}
}

// source remembers how the stream ended. A tar ends with two empty blocks; one
// that ends without them has lost something, which package tar lets pass.
type source struct {
	from  io.Reader
	err   error
	ended bool
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.from.Read(p)
	switch {
	case err == nil:
	case !errors.Is(err, io.EOF):
		s.err = err
	case n == 0:
		s.ended = true
	}
	return n, err
}

// unpacking is an Unpack under way.
type unpacking struct {
	Unpack
	source       *source
	archive      *tar.Reader
	buffer       []byte
	folders      []folder // from the top to the one that is written to
	files, bytes int64
	spent        int64
	// exact says for which permissions a new file comes out as asked for, and for
	// which the umask changes them.
	exact map[fs.FileMode]bool
}

func (w *unpacking) readFailure(err error) error {
	switch {
	case w.source.err != nil:
		return w.source.err
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("%w: it is cut short", ErrBroken)
	}
	return fmt.Errorf("%w: %w", ErrBroken, err)
}

func (w *unpacking) entry(header *tar.Header) error {
	if header.Typeflag == tar.TypeXGlobalHeader {
		return nil
	}
	name, place, keep, err := w.placeOf(header.Name)
	if err != nil || !keep {
		return err
	}
	size := header.Size
	if header.Typeflag != tar.TypeReg && header.Typeflag != tar.TypeGNUSparse {
		size = 0
	}
	if w.MaxBytes > 0 && size > w.MaxBytes-w.spent-headerSize {
		return fmt.Errorf("%w: %q with %d bytes comes after %d, and %d are allowed", ErrTooLarge, name, size, w.spent, w.MaxBytes)
	}
	w.spent += size + headerSize
	if header.Typeflag == tar.TypeDir {
		return w.folder(place, header)
	}
	if place == "." {
		return fmt.Errorf("%w: the top of the tree is a file", ErrUnsafe)
	}
	if err := w.enter(path.Dir(place)); err != nil {
		return err
	}
	switch header.Typeflag {
	case tar.TypeReg, tar.TypeGNUSparse:
		err = w.file(place, header)
	case tar.TypeSymlink:
		err = w.symlink(place, header.Linkname)
	case tar.TypeLink:
		err = w.hardLink(name, place, header.Linkname)
	case tar.TypeFifo:
		w.note(place, "it is a pipe")
		return nil
	case tar.TypeChar, tar.TypeBlock:
		return fmt.Errorf("%w: %q is a device", ErrUnsafe, name)
	default:
		return fmt.Errorf("%w: %q is of the unknown kind %q", ErrUnsafe, name, header.Typeflag)
	}
	w.progress()
	return err
}

// placeOf checks a name of the archive and says where its entry goes.
func (w *unpacking) placeOf(name string) (clean, place string, keep bool, err error) {
	if name == "" || strings.HasPrefix(name, "/") {
		return "", "", false, fmt.Errorf("%w: %q is no relative path", ErrUnsafe, name)
	}
	for part := range strings.SplitSeq(name, "/") {
		if part == ".." {
			return "", "", false, fmt.Errorf("%w: %q leads out of the folder", ErrUnsafe, name)
		}
	}
	clean = path.Clean(name)
	if len(clean) > maxPath || strings.Count(clean, "/") > maxDepth {
		return "", "", false, fmt.Errorf("%w: %.100q… is too long or too deep", ErrUnsafe, clean)
	}
	if w.Place == nil {
		return clean, clean, true, nil
	}
	place, keep = w.Place(clean)
	return clean, place, keep, nil
}

// file makes a file with its content. Its permissions are set once more only
// where the umask took some away.
func (w *unpacking) file(place string, header *tar.Header) error {
	in, name := w.in(), path.Base(place)
	permissions := fs.FileMode(header.Mode) & fs.ModePerm
	var file *os.File
	err := w.anew(place, func() (err error) {
		file, err = in.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, permissions)
		return err
	})
	if err != nil {
		return err
	}
	defer file.Close()
	if err := w.fill(file, place, header.Size); err != nil {
		return err
	}
	exact, known := w.exact[permissions]
	if !known {
		made, err := file.Stat()
		if err != nil {
			return &WriteError{place, err}
		}
		exact = made.Mode().Perm() == permissions
		w.exact[permissions] = exact
	}
	if !exact {
		if err := file.Chmod(permissions); err != nil {
			return &WriteError{place, err}
		}
	}
	if err := file.Close(); err != nil {
		return &WriteError{place, err}
	}
	return w.set(place, in.Chtimes(name, time.Time{}, header.ModTime))
}

// anew makes an entry that is no folder, in the place of what has its name.
func (w *unpacking) anew(place string, do func() error) error {
	w.files++
	err := do()
	if !errors.Is(err, fs.ErrExist) {
		return w.set(place, err)
	}
	in, name := w.in(), path.Base(place)
	found, err := in.Lstat(name)
	if err != nil {
		return &WriteError{place, err}
	}
	if found.IsDir() {
		return fmt.Errorf("%w: %q is a folder and something else", ErrBroken, place)
	}
	if err := in.Remove(name); err != nil {
		return &WriteError{place, err}
	}
	return w.set(place, do())
}

// set makes the error of a call that changes the file system one of this package.
func (w *unpacking) set(place string, err error) error {
	if err != nil {
		return &WriteError{place, err}
	}
	return nil
}

func (w *unpacking) note(place, why string) {
	if w.Note != nil {
		w.Note(place, why)
	}
}

func (w *unpacking) progress() {
	if w.Progress != nil {
		w.Progress(w.files, w.bytes)
	}
}
