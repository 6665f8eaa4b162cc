package tree

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"syscall"
	"time"
)

// Merge moves a staged tree to its place.
type Merge struct {
	// Root holds the stage and the target.
	Root *os.Root
	// Replace lets a file take the place of a folder, and the reverse.
	Replace bool
	// Owner gives folders that are there already the staged ones' owner. It needs
	// a privilege.
	Owner bool
}

// Move moves what is at staged to target, whose parent folder must exist. Each
// file is the old one or the new one at any moment. Folders that both have are
// merged and get the staged one's mode, except for target itself; what only the
// target has stays. Without Replace a ConflictError comes before anything has
// moved.
func (m *Merge) Move(staged, target string) error {
	if !m.Replace {
		if err := m.check(staged, target); err != nil {
			return err
		}
	}
	return m.move(staged, target, true)
}

func (m *Merge) check(staged, target string) error {
	return Walk(m.Root, staged, func(entry *Entry) error {
		at := path.Join(target, entry.Path)
		found, err := m.Root.Lstat(at)
		switch {
		case errors.Is(err, fs.ErrNotExist) && entry.Mode.IsDir():
			// Nothing is in the way of what is in it.
			return fs.SkipDir
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case err != nil:
			return err
		case found.IsDir() != entry.Mode.IsDir():
			return &ConflictError{Path: at, Folder: found.IsDir()}
		}
		return nil
	})
}

func (m *Merge) move(staged, target string, top bool) error {
	from, err := m.Root.Lstat(staged)
	if err != nil {
		return err
	}
	to, err := m.Root.Lstat(target)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return m.rename(from, staged, target)
	case err != nil:
		return err
	case from.IsDir() && to.IsDir():
		return m.folder(from, to, staged, target, top)
	case from.IsDir() != to.IsDir():
		if err := removeAll(m.Root, target); err != nil {
			return err
		}
	}
	return m.rename(from, staged, target)
}

// rename moves a file or a whole folder. A folder changes its parent by that,
// which needs the right to write to it.
func (m *Merge) rename(info fs.FileInfo, staged, target string) error {
	locked := info.IsDir() && info.Mode()&0o200 == 0
	if locked {
		if err := m.Root.Chmod(staged, info.Mode()&modeBits|0o200); err != nil {
			return err
		}
	}
	if err := m.Root.Rename(staged, target); err != nil || !locked {
		return err
	}
	if err := m.Root.Chmod(target, info.Mode()&modeBits); err != nil {
		return err
	}
	return nil
}

// folder moves the content of a folder into one that is there. Folders that deny
// their owner to write are opened for as long as it takes.
func (m *Merge) folder(from, to fs.FileInfo, staged, target string, top bool) error {
	mode := from.Mode()
	if top {
		mode = to.Mode()
	}
	for name, info := range map[string]fs.FileInfo{staged: from, target: to} {
		if info.Mode()&0o300 != 0o300 {
			if err := m.Root.Chmod(name, info.Mode()&modeBits|0o700); err != nil {
				return err
			}
		}
	}
	dir, err := m.Root.Open(staged)
	if err != nil {
		return err
	}
	names, err := dir.Readdirnames(-1)
	dir.Close()
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := m.move(path.Join(staged, name), path.Join(target, name), false); err != nil {
			return err
		}
	}
	if top {
		return m.access(target, to, mode, nil)
	}
	return m.access(target, to, mode, from)
}

// access sets a folder's mode and, where it takes them from another one, its
// owner and time.
func (m *Merge) access(target string, to fs.FileInfo, mode fs.FileMode, like fs.FileInfo) error {
	if m.Owner && like != nil {
		have, want := to.Sys().(*syscall.Stat_t), like.Sys().(*syscall.Stat_t)
		if have.Uid != want.Uid || have.Gid != want.Gid {
			if err := m.Root.Lchown(target, int(want.Uid), int(want.Gid)); err != nil {
				return err
			}
		}
	}
	if to.Mode()&modeBits != mode&modeBits || to.Mode()&0o300 != 0o300 {
		if err := m.Root.Chmod(target, mode&modeBits); err != nil {
			return err
		}
	}
	if like == nil {
		return nil
	}
	return m.Root.Chtimes(target, time.Time{}, like.ModTime())
}
