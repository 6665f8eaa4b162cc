package tree

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"syscall"
)

// inode identifies a file on its machine.
type inode struct{ device, number uint64 }

// Walk calls each for what is at name in root and below it: a folder before its
// content, and the names of one folder in the order of their bytes. Symbolic
// links are told and not followed. Folders in which files arrive (see Stage) are
// left out. Nothing at name is an fs.ErrNotExist. An fs.SkipDir of each passes over
// the content of the folder that it was told of.
func Walk(root *os.Root, name string, each func(*Entry) error) error {
	info, err := root.Lstat(name)
	if err != nil {
		return err
	}
	w := walker{each: each, links: map[inode]string{}}
	if err := w.tell(root, name, ".", info); err != nil || !info.IsDir() {
		return skipped(err)
	}
	top, err := root.OpenRoot(name)
	if err != nil {
		return err
	}
	defer top.Close()
	return w.folder(top, ".")
}

type walker struct {
	each func(*Entry) error
	// links holds the first path of each file that has several names.
	links map[inode]string
}

func (w *walker) folder(dir *os.Root, at string) error {
	opened, err := dir.Open(".")
	if err != nil {
		return err
	}
	names, err := opened.Readdirnames(-1)
	opened.Close()
	if err != nil {
		return err
	}
	slices.Sort(names)
	for _, name := range names {
		if strings.HasPrefix(name, stagePrefix) {
			continue
		}
		if err := w.member(dir, name, path.Join(at, name)); err != nil {
			return err
		}
	}
	return nil
}

func (w *walker) member(dir *os.Root, name, at string) error {
	info, err := dir.Lstat(name)
	if err != nil {
		return err
	}
	if err := w.tell(dir, name, at, info); err != nil || !info.IsDir() {
		return skipped(err)
	}
	sub, err := dir.OpenRoot(name)
	if err != nil {
		return err
	}
	defer sub.Close()
	return w.folder(sub, at)
}

func skipped(err error) error {
	if err == fs.SkipDir {
		return nil
	}
	return err
}

func (w *walker) tell(dir *os.Root, name, at string, info fs.FileInfo) error {
	entry := &Entry{Path: at, Mode: info.Mode(), Time: info.ModTime().UnixNano()}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return fmt.Errorf("%s: this system tells no owner of a file", at)
	}
	entry.UID, entry.GID = int(stat.Uid), int(stat.Gid)
	switch {
	case info.Mode().IsRegular():
		entry.Size = info.Size()
		if stat.Nlink > 1 {
			entry.Same = w.first(inode{uint64(stat.Dev), stat.Ino}, at)
		}
	case info.Mode().Type() == fs.ModeSymlink:
		var err error
		if entry.Link, err = dir.Readlink(name); err != nil {
			return err
		}
	}
	return w.each(entry)
}

// first returns the path under which the file was met before; empty now.
func (w *walker) first(id inode, at string) string {
	met, found := w.links[id]
	if !found {
		w.links[id] = at
	}
	return met
}
