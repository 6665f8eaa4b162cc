package folder

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
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

// Unmount takes away every mount at or below path, innermost first.
func Unmount(path string) error {
	const rounds = 10 // mounts can lie over each other
	for range rounds {
		mounts, err := mountsBelow(path)
		if err != nil || len(mounts) == 0 {
			return err
		}
		for _, mount := range slices.Backward(mounts) {
			err := unix.Unmount(mount, unix.MNT_DETACH|unix.UMOUNT_NOFOLLOW)
			if err != nil && !errors.Is(err, unix.EINVAL) && !errors.Is(err, unix.ENOENT) {
				return fmt.Errorf("unmount %s: %w", mount, err)
			}
		}
	}
	return fmt.Errorf("mounts below %s do not go away", path)
}

// mountsBelow lists the mounts at or below path in the order they were made.
func mountsBelow(path string) ([]string, error) {
	file, err := os.Open("/proc/self/mountinfo")
	if err != nil {
		return nil, fmt.Errorf("list mounts: %w", err)
	}
	defer func() { _ = file.Close() }()
	var found []string
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20) // options of an overlay can be long
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) < 5 {
			continue
		}
		point := unescape(fields[4])
		if point == path || strings.HasPrefix(point, path+"/") {
			found = append(found, point)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("list mounts: %w", err)
	}
	return found, nil
}

// unescape undoes the octal escapes in a path of mountinfo.
func unescape(path string) string {
	var out strings.Builder
	for i := 0; i < len(path); i++ {
		if path[i] == '\\' && i+4 <= len(path) {
			if code, err := strconv.ParseUint(path[i+1:i+4], 8, 8); err == nil {
				out.WriteByte(byte(code))
				i += 3
				continue
			}
		}
		out.WriteByte(path[i])
	}
	return out.String()
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
