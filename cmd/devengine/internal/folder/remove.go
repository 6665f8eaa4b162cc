package folder

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"syscall"
)

// contents lists what an engine puts into a folder. The state is the last, so
// that a removal that was broken off is found again.
func contents() []string {
	return []string{"certs", "logs", "data", "registry", "registry.yml", "containerd.toml", "dockerd.json",
		"key.json", stateFile + ".new", stateFile}
}

// Clear removes the engine's files, and keeps the folder for another engine.
func (f *Folder) Clear() error {
	for _, name := range contents() {
		if err := RemoveTree(f.File(name)); err != nil {
			return err
		}
	}
	return nil
}

// Remove removes all that is devengine's in the folder, and the folder itself
// when devengine made it and nothing of another is in it.
func (f *Folder) Remove(state *State, keepCache bool) error {
	if !keepCache {
		if err := RemoveTree(f.File("cache")); err != nil {
			return err
		}
	}
	if err := f.Clear(); err != nil {
		return err
	}
	if err := RemoveTree(f.File(ignoreFile)); err != nil {
		return err
	}
	for _, path := range slices.Backward(state.Made) {
		// Never more than an empty folder: other files in it are the user's.
		if err := syscall.Rmdir(path); err != nil {
			break
		}
	}
	return nil
}

// RemoveTree removes path with all below it, never through a mount: what that
// shows is not ours.
func RemoveTree(path string) error {
	mounts, err := mountsBelow(path)
	if err != nil {
		return err
	}
	if len(mounts) > 0 {
		return fmt.Errorf("remove %s: %s is still mounted; unmount it and try again", path, mounts[0])
	}
	if err := os.RemoveAll(path); err != nil {
		return fmt.Errorf("remove %s: %w", path, err)
	}
	return nil
}

// OpenExisting is Open for a folder that need not be there and is not made. It
// then has no lock, and nothing to remove.
func OpenExisting(ctx context.Context, dir string) (*Folder, error) {
	path, id, err := Locate(dir)
	if err != nil {
		return nil, err
	}
	f := &Folder{Path: path, ID: id}
	for {
		locked, err := f.acquire(ctx)
		if err != nil {
			return nil, fmt.Errorf("lock folder %s: %w", path, err)
		}
		if _, err := os.Lstat(path); locked || errors.Is(err, os.ErrNotExist) {
			return f, nil
		}
	}
}
