package tree

import (
	"archive/tar"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
	"time"
)

// folder is one that is being written to. It gets its permissions and its time
// when the archive leaves it: a folder that nobody may write to must take its own
// files first, and each of them changes its time.
type folder struct {
	root        *os.Root
	path        string
	late        bool // permissions and time are still to be set
	permissions fs.FileMode
	modified    time.Time
}

// in is the folder that is written to.
func (w *unpacking) in() *os.Root { return w.folders[len(w.folders)-1].root }

// folder makes a folder, or takes the one that is there.
func (w *unpacking) folder(place string, header *tar.Header) error {
	if place != "." {
		if err := w.enter(path.Dir(place)); err != nil {
			return err
		}
		if err := w.clear(place); err != nil {
			return err
		}
	}
	if err := w.enter(place); err != nil {
		return err
	}
	top := &w.folders[len(w.folders)-1]
	top.late, top.permissions, top.modified = true, fs.FileMode(header.Mode)&fs.ModePerm, header.ModTime
	w.progress()
	return nil
}

// clear removes what is in the place of a folder and is none.
func (w *unpacking) clear(place string) error {
	in, name := w.in(), path.Base(place)
	found, err := in.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err == nil && !found.IsDir():
		err = in.Remove(name)
	}
	return w.set(place, err)
}

// enter makes place the folder that is written to. Folders that have no entry of
// their own are made; nothing else is passed through.
func (w *unpacking) enter(place string) error {
	keep := len(w.folders) - 1
	for keep > 0 && w.folders[keep].path != place && !strings.HasPrefix(place, w.folders[keep].path+"/") {
		keep--
	}
	if err := w.leaveTo(keep); err != nil {
		return err
	}
	for at := w.folders[keep].path; at != place; {
		rest := place
		if at != "." {
			rest = place[len(at)+1:]
		}
		name, _, _ := strings.Cut(rest, "/")
		at = path.Join(at, name)
		if err := w.push(at, name); err != nil {
			return err
		}
	}
	return nil
}

// push goes down into one folder.
func (w *unpacking) push(place, name string) error {
	in := w.in()
	below := folder{path: place}
	err := in.Mkdir(name, 0o755)
	if errors.Is(err, fs.ErrExist) {
		err = w.reenter(in, name, &below)
	}
	if errors.Is(err, ErrUnsafe) {
		return err
	}
	if err == nil {
		below.root, err = in.OpenRoot(name)
	}
	if err != nil {
		return &WriteError{place, err}
	}
	w.folders = append(w.folders, below)
	return nil
}

// reenter opens a folder for writing that was left already, or was there before.
func (w *unpacking) reenter(in *os.Root, name string, below *folder) error {
	found, err := in.Lstat(name)
	if err != nil {
		return err
	}
	if !found.IsDir() {
		return fmt.Errorf("%w: there is something below %q, which is no folder", ErrUnsafe, below.path)
	}
	below.late, below.permissions, below.modified = true, found.Mode().Perm(), found.ModTime()
	if below.permissions&0o700 != 0o700 {
		return in.Chmod(name, below.permissions|0o700)
	}
	return nil
}

// leaveTo completes the folders below the one with this index.
func (w *unpacking) leaveTo(index int) error {
	for last := len(w.folders) - 1; last > index; last-- {
		left := w.folders[last]
		w.folders = w.folders[:last]
		if err := left.root.Close(); err != nil {
			return &WriteError{left.path, err}
		}
		if err := left.complete(w.in(), path.Base(left.path)); err != nil {
			return err
		}
	}
	return nil
}

// finish completes what is open at the end of the archive.
func (w *unpacking) finish() error {
	if err := w.leaveTo(0); err != nil {
		return err
	}
	return w.folders[0].complete(w.Root, ".")
}

func (f folder) complete(in *os.Root, name string) error {
	if !f.late {
		return nil
	}
	if err := in.Chmod(name, f.permissions); err != nil {
		return &WriteError{f.path, err}
	}
	if err := in.Chtimes(name, time.Time{}, f.modified); err != nil {
		return &WriteError{f.path, err}
	}
	return nil
}

// close gives back what an unpacking that failed holds open.
func (w *unpacking) close() {
	for _, open := range w.folders[1:] {
		_ = open.root.Close()
	}
}
