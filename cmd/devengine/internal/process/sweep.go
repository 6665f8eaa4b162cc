package process

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"airdock.dev/airdock/cmd/devengine/internal/wait"
)

// sweepLimit bounds how long killed processes may take to go.
const sweepLimit = 20 * time.Second

// Marked lists the live processes that a daemon with the mark id left: the
// daemons themselves, container shims, port proxies.
func Marked(id string) []Identity {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	mark := []byte(markVariable + "=" + id)
	var found []Identity
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil || pid == os.Getpid() {
			continue
		}
		env, err := os.ReadFile(filepath.Join("/proc", entry.Name(), "environ"))
		if err != nil || !slices.ContainsFunc(bytes.Split(env, []byte{0}), func(e []byte) bool { return bytes.Equal(e, mark) }) {
			continue
		}
		if identity, err := Identify(pid); err == nil {
			found = append(found, identity)
		}
	}
	return found
}

// Sweep kills what carries the mark id, but for keep, and what runs in the
// control groups named group, until nothing does, then removes those groups.
func Sweep(ctx context.Context, id, group string, keep ...Identity) error {
	groups := Groups(group)
	err := killAll(ctx, func() []Identity {
		targets := append(Marked(id), inGroups(groups)...)
		return slices.DeleteFunc(targets, func(i Identity) bool { return slices.Contains(keep, i) })
	})
	if err != nil {
		return err
	}
	return removeGroups(ctx, groups)
}

// KillGroup kills what runs in the control groups named group.
func KillGroup(ctx context.Context, group string) error {
	return killAll(ctx, func() []Identity { return inGroups(Groups(group)) })
}

// killAll kills what list finds until it finds nothing more: a process may
// have started another one meanwhile.
func killAll(ctx context.Context, list func() []Identity) error {
	ctx, cancel := context.WithTimeout(ctx, sweepLimit)
	defer cancel()
	left := 0
	err := wait.Until(ctx, pollInterval, func() (bool, error) {
		targets := list()
		left = len(targets)
		for _, target := range targets {
			if err := target.Signal(syscall.SIGKILL); err != nil {
				return false, err
			}
		}
		return left == 0, nil
	})
	if err != nil {
		return fmt.Errorf("%d processes of the engine do not end: %w", left, err)
	}
	return nil
}

// Groups lists the control groups called name at the top of each hierarchy,
// v1 and v2 alike.
func Groups(name string) []string {
	var found []string
	for _, pattern := range []string{"/sys/fs/cgroup/" + name, "/sys/fs/cgroup/*/" + name} {
		matches, _ := filepath.Glob(pattern)
		found = append(found, matches...)
	}
	return found
}

func inGroups(groups []string) []Identity {
	var found []Identity
	for _, group := range groups {
		_ = filepath.WalkDir(group, func(path string, entry fs.DirEntry, err error) error {
			// A group that has gone meanwhile is what we want.
			if err == nil && entry.Name() == "cgroup.procs" {
				found = append(found, members(path)...)
			}
			return nil
		})
	}
	return found
}

// members lists the processes that a cgroup.procs file names.
func members(path string) []Identity {
	var found []Identity
	text, _ := os.ReadFile(path)
	for _, field := range strings.Fields(string(text)) {
		pid, _ := strconv.Atoi(field)
		if identity, err := Identify(pid); err == nil {
			found = append(found, identity)
		}
	}
	return found
}

// removeGroups removes the emptied groups, innermost first. A kernel takes a
// moment after the last process before it lets go of a group.
func removeGroups(ctx context.Context, groups []string) error {
	ctx, cancel := context.WithTimeout(ctx, sweepLimit)
	defer cancel()
	var last error
	err := wait.Until(ctx, pollInterval, func() (bool, error) {
		last = nil
		for _, group := range groups {
			if err := removeGroup(group); err != nil {
				last = err
			}
		}
		return last == nil, nil
	})
	if err != nil {
		return fmt.Errorf("remove control groups: %w", errors.Join(err, last))
	}
	return nil
}

func removeGroup(group string) error {
	var folders []string
	_ = filepath.WalkDir(group, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() {
			folders = append(folders, path)
		}
		return nil
	})
	for _, folder := range slices.Backward(folders) {
		if err := syscall.Rmdir(folder); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove %s: %w", folder, err)
		}
	}
	return nil
}
