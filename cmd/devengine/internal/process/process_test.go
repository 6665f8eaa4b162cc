package process

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"airdock.dev/airdock/cmd/devengine/internal/wait"
)

func TestParseStat(t *testing.T) {
	rest := " S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4242 20 21\n"
	tests := []struct {
		name, text string
		start      uint64
		ok         bool
	}{
		{"plain", "17 (dockerd)" + rest, 4242, true},
		{"a command of brackets and spaces", "17 (a) S (b)" + rest, 4242, true},
		{"no command", "17 dockerd", 0, false},
		{"short", "17 (dockerd) S 1 2", 0, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			state, start, err := parseStat([]byte(test.text))
			if (err == nil) != test.ok || start != test.start || test.ok && state != 'S' {
				t.Errorf("state %c, start %d, %v", state, start, err)
			}
		})
	}
}

// start runs a daemon that is ended after the test.
func startDaemon(t *testing.T, id string, args ...string) *Daemon {
	t.Helper()
	daemon, err := Start(id, filepath.Join(t.TempDir(), "log"), args...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = daemon.Identity.Signal(syscall.SIGKILL) })
	return daemon
}

func TestIdentity(t *testing.T) {
	daemon := startDaemon(t, "identity", "sleep", "1000")
	if !daemon.Identity.Alive() {
		t.Fatal("the daemon is not alive")
	}
	for name, other := range map[string]Identity{
		"an earlier process of that number": {PID: daemon.Identity.PID, Start: daemon.Identity.Start - 1, Boot: daemon.Identity.Boot},
		"one before the last boot":          {PID: daemon.Identity.PID, Start: daemon.Identity.Start, Boot: "another"},
		"none":                              {},
	} {
		if other.Alive() {
			t.Errorf("%s is alive", name)
		}
		if err := other.Stop(t.Context(), time.Second); err != nil {
			t.Errorf("stop %s: %v", name, err)
		}
	}
	if !daemon.Identity.Alive() {
		t.Fatal("the daemon was taken for another process")
	}
	if err := daemon.Identity.Stop(t.Context(), 10*time.Second); err != nil {
		t.Fatal(err)
	}
	if daemon.Identity.Alive() {
		t.Error("the daemon is alive after its stop")
	}
}

func TestStopKills(t *testing.T) {
	ready := filepath.Join(t.TempDir(), "ready")
	daemon := startDaemon(t, "deaf", "sh", "-c", `trap "" TERM; : > "$0"; while :; do sleep 1; done`, ready)
	waitFor(t, func() bool {
		_, err := os.Stat(ready)
		return err == nil
	})
	if err := daemon.Identity.Stop(t.Context(), 100*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	if daemon.Identity.Alive() {
		t.Error("the daemon is alive")
	}
}

func waitFor(t *testing.T, holds func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := wait.Until(ctx, 10*time.Millisecond, func() (bool, error) { return holds(), nil }); err != nil {
		t.Fatal(err)
	}
}

// TestMarked finds the daemon and the child that it leaves when it is killed.
func TestMarked(t *testing.T) {
	id := "marked" + filepath.Base(t.TempDir()) + t.Name()
	daemon := startDaemon(t, id, "sh", "-c", "sleep 1000 & wait")
	stranger := exec.Command("sleep", "1000")
	if err := stranger.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = stranger.Process.Kill()
		_ = stranger.Wait()
	}()
	waitFor(t, func() bool { return len(Marked(id)) == 2 })
	if err := daemon.Identity.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	<-daemon.Ended
	if got := len(Marked(id)); got != 1 {
		t.Errorf("after the kill %d processes are marked", got)
	}
	if err := Sweep(t.Context(), id, "devengine-no-such-group"); err != nil {
		t.Fatal(err)
	}
	if left := Marked(id); len(left) != 0 {
		t.Errorf("after the sweep %v is left", left)
	}
	if _, err := Identify(stranger.Process.Pid); err != nil {
		t.Errorf("the sweep took a process that is not marked: %v", err)
	}
}

func TestErr(t *testing.T) {
	daemon := startDaemon(t, "short", "sh", "-c", "echo starting; sleep 0.1; echo no luck >&2; exit 1")
	if err := daemon.Err(); err != nil {
		t.Errorf("while it runs: %v", err)
	}
	<-daemon.Ended
	if err := daemon.Err(); err == nil || !strings.Contains(err.Error(), "starting\nno luck") {
		t.Errorf("after its end: %v", err)
	}
}

func TestEnvironment(t *testing.T) {
	got := environment([]string{"HOME=/home/me", "DOCKER_HOST=x", "LISTEN_FDS=1", "NOTIFY_SOCKET=y", "PATH=/bin", "DEVENGINE_ID=other"}, "me")
	want := []string{"HOME=/home/me", "PATH=/bin:/usr/local/sbin:/usr/sbin:/sbin", "DEVENGINE_ID=me"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("environment (-want +got):\n%s", diff)
	}
}

func TestTail(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(path, []byte(strings.Repeat("x", 10_000)+"\nlast line\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got := Tail(path)
	if !strings.HasSuffix(got, "\nlast line") || len(got) > 4<<10 {
		t.Errorf("the tail has %d bytes and ends with %q", len(got), got[max(0, len(got)-20):])
	}
}
