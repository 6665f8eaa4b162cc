package tree

import (
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	// stagePrefix begins the name of every folder in which files arrive.
	stagePrefix = ".airdock-stage-"
	// stageAge is how old a stage must be before it can be taken for a stale one:
	// its maker has not locked it in its first moment.
	stageAge = time.Minute
)

// Stage is a hidden folder in which files arrive before they are moved to their
// places. It is on the same file system as they are, so that a move is a rename.
type Stage struct {
	root *os.Root
	// Name is the folder's name in the root.
	Name string
	lock *os.File
}

// NewStage makes a stage in root and removes those that a process left there
// which was killed: a live one is locked (flock).
func NewStage(root *os.Root) (*Stage, error) {
	if err := sweepStages(root); err != nil {
		return nil, err
	}
	// crypto/rand would make the helper, which the plugin carries, larger by 8 %.
	s := &Stage{root: root, Name: stagePrefix + strconv.FormatUint(rand.Uint64(), 36)}
	if err := root.Mkdir(s.Name, 0o700); err != nil {
		return nil, err
	}
	lock, err := root.Open(s.Name)
	if err != nil {
		_ = root.Remove(s.Name)
		return nil, err
	}
	s.lock = lock
	// A file system that knows no locks keeps its stale stages.
	_ = syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	return s, nil
}

// Path returns the path in the root of what has the name in the stage.
func (s *Stage) Path(name string) string { return path.Join(s.Name, name) }

// Close removes the stage with all that is still in it.
func (s *Stage) Close() error {
	err := removeAll(s.root, s.Name)
	return errors.Join(err, s.lock.Close())
}

func sweepStages(root *os.Root) error {
	dir, err := root.Open(".")
	if err != nil {
		return err
	}
	defer dir.Close()
	for {
		names, err := dir.Readdirnames(1000)
		for _, name := range names {
			if strings.HasPrefix(name, stagePrefix) {
				sweepStage(root, name)
			}
		}
		if err != nil {
			return nil
		}
	}
}

// sweepStage removes a stage if nobody holds it. One that cannot be removed is
// in nobody's way.
func sweepStage(root *os.Root, name string) {
	lock, err := root.Open(name)
	if err != nil {
		return
	}
	defer lock.Close()
	info, err := lock.Stat()
	if err != nil || !info.IsDir() || time.Since(info.ModTime()) < stageAge {
		return
	}
	if syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
		_ = removeAll(root, name)
	}
}

// removeAll removes what has the name, and folders that deny that to their own
// owner, too.
func removeAll(root *os.Root, name string) error {
	err := root.RemoveAll(name)
	if !errors.Is(err, fs.ErrPermission) {
		return err
	}
	_ = Walk(root, name, func(entry *Entry) error {
		if entry.Mode.IsDir() && entry.Mode&0o700 != 0o700 {
			return root.Chmod(path.Join(name, entry.Path), 0o700)
		}
		return nil
	})
	return root.RemoveAll(name)
}
