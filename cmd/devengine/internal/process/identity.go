// Package process starts daemons that outlive this program, knows them again
// later, and ends exactly those. It imports wait and nothing else of ours.
package process

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"airdock.dev/airdock/cmd/devengine/internal/wait"
)

// pollInterval is how often a process is asked for while its end is awaited.
const pollInterval = 20 * time.Millisecond

// Identity names one process for good: a pid alone is used again, a pid with
// its start time and the boot that it belongs to is not.
type Identity struct {
	PID   int    `json:"pid"`
	Start uint64 `json:"start"`
	Boot  string `json:"boot"`
}

// Identify reads the identity of the live process pid.
func Identify(pid int) (Identity, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return Identity{}, fmt.Errorf("identify process %d: %w", pid, err)
	}
	state, start, err := parseStat(stat)
	if err != nil {
		return Identity{}, fmt.Errorf("identify process %d: %w", pid, err)
	}
	if state == 'Z' || state == 'X' {
		return Identity{}, fmt.Errorf("identify process %d: it has ended", pid)
	}
	boot, err := bootID()
	if err != nil {
		return Identity{}, err
	}
	return Identity{PID: pid, Start: start, Boot: boot}, nil
}

// Alive tells whether the very process is still running; a zombie is not.
func (i Identity) Alive() bool {
	if i.PID <= 0 {
		return false
	}
	now, err := Identify(i.PID)
	return err == nil && now == i
}

// Signal sends sig to the very process. It is no error if it has ended.
func (i Identity) Signal(sig syscall.Signal) error {
	if i.PID <= 1 {
		return nil
	}
	// FindProcess holds a pidfd, so the pid cannot change its owner between
	// the look at the start time and the signal.
	p, err := os.FindProcess(i.PID)
	if err != nil {
		return fmt.Errorf("find process %d: %w", i.PID, err)
	}
	defer func() { _ = p.Release() }()
	if !i.Alive() {
		return nil
	}
	if err := p.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("signal process %d: %w", i.PID, err)
	}
	return nil
}

// Stop asks the process to end with SIGTERM and, when grace is over, makes it
// end with SIGKILL. It returns when the process is gone.
func (i Identity) Stop(ctx context.Context, grace time.Duration) error {
	if err := i.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	if i.waitEnd(ctx, grace) == nil {
		return nil
	}
	if err := i.Signal(syscall.SIGKILL); err != nil {
		return err
	}
	if err := i.waitEnd(ctx, 10*time.Second); err != nil {
		return fmt.Errorf("process %d does not end after SIGKILL: %w", i.PID, err)
	}
	return nil
}

func (i Identity) waitEnd(ctx context.Context, limit time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return wait.Until(ctx, pollInterval, func() (bool, error) { return !i.Alive(), nil })
}

// parseStat returns the state and the start time (field 22) of a
// /proc/PID/stat line. The command in brackets may itself hold brackets and
// spaces, so the fields are counted from the last bracket on.
func parseStat(stat []byte) (state byte, start uint64, err error) {
	end := bytes.LastIndexByte(stat, ')')
	if end < 0 {
		return 0, 0, errors.New("stat line without a command")
	}
	fields := strings.Fields(string(stat[end+1:]))
	const startField = 22 - 3 // state, the first field here, is field 3
	if len(fields) <= startField {
		return 0, 0, errors.New("stat line is too short")
	}
	start, err = strconv.ParseUint(fields[startField], 10, 64)
	if err != nil {
		return 0, 0, fmt.Errorf("start time: %w", err)
	}
	return fields[0][0], start, nil
}

func bootID() (string, error) {
	id, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return "", fmt.Errorf("read boot id: %w", err)
	}
	return strings.TrimSpace(string(id)), nil
}
