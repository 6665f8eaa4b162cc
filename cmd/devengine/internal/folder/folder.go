// Package folder is the state folder of one engine: its id, its lock, its
// state file, and the list of what belongs to devengine in it. It imports
// process for the identities that a state holds.
package folder

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"airdock.dev/airdock/cmd/devengine/internal/wait"
)

const (
	stateFile  = "state.json"
	ignoreFile = ".gitignore"
)

// Folder is one state folder, locked for this process until Close.
type Folder struct {
	Path string
	// ID is made from the path: it names everything of this engine outside the
	// folder, so that it is found again even when the state is lost.
	ID string
	// Made lists the folders that Open had to make, outermost first.
	Made []string
	lock *os.File
}

// Locate finds the absolute path of dir, with symbolic links resolved as far as
// they exist, and its id. Nothing is made.
func Locate(dir string) (path, id string, err error) {
	path, err = filepath.Abs(dir)
	if err != nil {
		return "", "", fmt.Errorf("folder %s: %w", dir, err)
	}
	exists, rest := path, ""
	for {
		real, err := filepath.EvalSymlinks(exists)
		if err == nil {
			path = filepath.Join(real, rest)
			break
		}
		if !errors.Is(err, fs.ErrNotExist) || exists == filepath.Dir(exists) {
			return "", "", fmt.Errorf("folder %s: %w", dir, err)
		}
		rest = filepath.Join(filepath.Base(exists), rest)
		exists = filepath.Dir(exists)
	}
	sum := sha256.Sum256([]byte(path))
	return path, hex.EncodeToString(sum[:4]), nil
}

// Open makes the folder where it is missing and locks it.
func Open(ctx context.Context, dir string) (*Folder, error) {
	path, id, err := Locate(dir)
	if err != nil {
		return nil, err
	}
	f := &Folder{Path: path, ID: id}
	for {
		if err := f.makeAll(); err != nil {
			return nil, err
		}
		current, err := f.acquire(ctx)
		if err != nil {
			return nil, fmt.Errorf("lock folder %s: %w", path, err)
		}
		if current {
			return f, f.ignore()
		}
	}
}

// acquire locks the folder; false when a down removed it while we waited.
func (f *Folder) acquire(ctx context.Context) (bool, error) {
	lock, err := Lock(ctx, f.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	held, heldErr := lock.Stat()
	now, nowErr := os.Stat(f.Path)
	if heldErr == nil && nowErr == nil && os.SameFile(held, now) {
		f.lock = lock
		return true, nil
	}
	_ = lock.Close()
	return false, nil
}

func (f *Folder) makeAll() error {
	var missing []string
	for path := f.Path; ; path = filepath.Dir(path) {
		if _, err := os.Lstat(path); err == nil || !errors.Is(err, fs.ErrNotExist) {
			break
		}
		missing = append(missing, path)
	}
	for _, path := range slices.Backward(missing) {
		if err := os.Mkdir(path, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("make folder: %w", err)
		}
		f.Made = append(f.Made, path)
	}
	return nil
}

// ignore keeps a folder that lies in a work tree out of version control.
func (f *Folder) ignore() error {
	if err := os.WriteFile(f.File(ignoreFile), []byte("*\n"), 0o644); err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	return nil
}

// File is the path of name in the folder.
func (f *Folder) File(name ...string) string {
	return filepath.Join(append([]string{f.Path}, name...)...)
}

// Close gives the lock back.
func (f *Folder) Close() {
	if f.lock != nil {
		_ = f.lock.Close()
	}
}

// Lock takes the advisory lock of an existing file or folder, waiting until it
// is free or ctx ends. Closing what it returns gives it back.
func Lock(ctx context.Context, path string) (*os.File, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	err = wait.Until(ctx, 50*time.Millisecond, func() (bool, error) {
		err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return false, nil
		}
		return err == nil, err
	})
	if err != nil {
		_ = file.Close()
		return nil, err
	}
	return file, nil
}

// Peek reads the state of a folder without its lock, for a look that must not
// wait for an up or a down.
func Peek(dir string) (*Folder, *State, error) {
	path, id, err := Locate(dir)
	if err != nil {
		return nil, nil, err
	}
	f := &Folder{Path: path, ID: id}
	state, err := f.Load()
	return f, state, err
}
