package plugin

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"airdock.dev/airdock/plugin/tree"
	"airdock.dev/airdock/protocol"
)

// localTree is a file or a folder of this machine that goes to the engine.
type localTree struct {
	root *os.Root
	// name is its place in the root, as tree.Walk takes it.
	name string
	path string
}

// openLocal opens a file or a folder by its absolute path; a symbolic link at its
// end is followed. The caller closes it.
func openLocal(name string) (*localTree, error) {
	if !filepath.IsAbs(name) {
		return nil, invalid("%q is no absolute path on this machine", name)
	}
	real, err := filepath.EvalSymlinks(name)
	if err != nil {
		return nil, unreadable(name, err)
	}
	info, err := os.Stat(real)
	if err != nil {
		return nil, unreadable(name, err)
	}
	dir, base := real, "."
	switch {
	case info.Mode().IsRegular():
		dir, base = filepath.Split(real)
	case !info.IsDir():
		return nil, protocol.Errorf(protocol.ErrorKind_FILE_UNREADABLE, "%s is neither a file nor a folder", name)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, unreadable(name, err)
	}
	return &localTree{root: root, name: base, path: name}, nil
}

func (l *localTree) close() { l.root.Close() }

// entries lists the tree. What no copy carries is told to skip and left out.
func (l *localTree) entries(skip func(path string)) ([]*tree.Entry, error) {
	var all []*tree.Entry
	err := tree.Walk(l.root, l.name, func(entry *tree.Entry) error {
		if entry.Copied() {
			all = append(all, entry)
		} else {
			skip(filepath.Join(l.path, entry.Path))
		}
		return nil
	})
	if err != nil {
		return nil, unreadable(l.path, err)
	}
	return all, nil
}

// failure explains why the tree could not be sent. When the engine takes no more,
// it is not the tree's fault, and whoever sends it knows that.
func (l *localTree) failure(err error) error { return unreadable(l.path, err) }

// unreadable says which file of this machine is missing or cannot be read.
func unreadable(name string, err error) error {
	var at *fs.PathError
	switch {
	case errors.Is(err, tree.ErrChanged):
		return protocol.Errorf(protocol.ErrorKind_FILE_UNREADABLE, "in %s: %w; copy it aside first, or try again", name, err)
	case errors.Is(err, fs.ErrNotExist):
		return protocol.Errorf(protocol.ErrorKind_FILE_UNREADABLE, "this machine has no %s; the path is one of the machine where the plugin runs", name)
	case errors.As(err, &at) && at.Path != "." && !strings.HasSuffix(name, at.Path):
		return protocol.Errorf(protocol.ErrorKind_FILE_UNREADABLE, "in %s, %s cannot be read: %w", name, at.Path, at.Err)
	}
	return protocol.Errorf(protocol.ErrorKind_FILE_UNREADABLE, "%s cannot be read: %w", name, err)
}
