package plugin

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"airdock.dev/airdock/protocol"
)

// TestServeRefuses has the ways to start a plugin that could be called by
// anyone, or that would not notice the end of its host.
func TestServeRefuses(t *testing.T) {
	t.Parallel()
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = null.Close() })
	regular, err := os.Create(filepath.Join(t.TempDir(), "file"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = regular.Close() })
	for name, c := range map[string]struct {
		change   func(*process)
		mentions string
	}{
		"neither token nor certificate": {func(p *process) { p.set(protocol.EnvToken, "") }, protocol.EnvToken},
		"no token in the pipe": {func(p *process) {
			p.set(protocol.EnvToken, protocol.TokenInPipe)
			p.Stdin = endedPipe(t, "half of a tok")
		}, "begin with a token"},
		"an empty token in the pipe": {func(p *process) {
			p.set(protocol.EnvToken, protocol.TokenInPipe)
			p.Stdin = endedPipe(t, "\n")
		}, protocol.EnvToken},
		"socket folder for all":       {func(p *process) { _ = os.Chmod(p.dir, 0o755) }, "0700"},
		"socket folder for the group": {func(p *process) { _ = os.Chmod(p.dir, 0o710) }, "0700"},
		"no socket folder":            {func(p *process) { p.set(protocol.EnvSocketDir, p.dir+"/nope") }, "nope"},
		"standard input is a file":    {func(p *process) { p.Stdin = regular }, "no pipe"},
		"standard input is no pipe":   {func(p *process) { p.Stdin = null }, "no pipe"},
		"watched descriptor is a file": {func(p *process) {
			p.ExtraFiles = []*os.File{regular}
			p.set(protocol.EnvWatchFD, "3")
		}, "no pipe"},
		"watched descriptor is closed": {func(p *process) { p.set(protocol.EnvWatchFD, "99") }, "99"},
		"watched descriptor is a word": {func(p *process) { p.set(protocol.EnvWatchFD, "three") }, "three"},
		"watched descriptor below 0":   {func(p *process) { p.set(protocol.EnvWatchFD, "-1") }, "-1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := startProcess(t, c.change)
			p.ends(t, 10*time.Second)
			if p.ProcessState.ExitCode() != 1 || !strings.Contains(p.stderr.String(), c.mentions) {
				t.Errorf("code %d, %s", p.ProcessState.ExitCode(), p.stderr)
			}
			if rest, _ := p.stdout.ReadString(0); rest != "" {
				t.Errorf("it printed %q", rest)
			}
		})
	}
}

// endedPipe is one whose host wrote that much and is gone.
func endedPipe(t *testing.T, text string) *os.File {
	t.Helper()
	theirs, ours, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = theirs.Close() })
	if _, err := ours.WriteString(text); err != nil {
		t.Error(err)
	}
	_ = ours.Close()
	return theirs
}

func TestServeByHand(t *testing.T) {
	t.Parallel()
	p := startProcess(t, func(p *process) { p.set(protocol.Handshake().MagicCookieKey, "") })
	p.ends(t, 10*time.Second)
	if p.ProcessState.ExitCode() != 1 || !strings.Contains(p.stderr.String(), "airdock run") {
		t.Errorf("code %d, %s", p.ProcessState.ExitCode(), p.stderr)
	}
}

// TestServeEndsWithItsHost: whichever way the host goes, the process ends and
// takes its socket along.
func TestServeEndsWithItsHost(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*process) error{
		"pipe closed": func(p *process) error { return p.stdin.Close() },
		"SIGTERM":     func(p *process) error { return p.Process.Signal(syscall.SIGTERM) },
		"SIGHUP":      func(p *process) error { return p.Process.Signal(syscall.SIGHUP) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := startProcess(t, nil)
			p.dial(t)
			if err := end(p); err != nil {
				t.Fatal(err)
			}
			p.ends(t, 5*time.Second)
			if p.ProcessState.ExitCode() != 0 {
				t.Errorf("ended with %s\n%s", p.ProcessState, p.stderr)
			}
			if _, err := os.Stat(p.dir); !os.IsNotExist(err) {
				t.Errorf("the socket's folder is still there: %v", err)
			}
		})
	}
}

// TestServeKeepsOtherFiles: what it did not make it does not remove.
func TestServeKeepsOtherFiles(t *testing.T) {
	t.Parallel()
	p := startProcess(t, nil)
	p.dial(t)
	other := filepath.Join(p.dir, "other")
	if err := os.WriteFile(other, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_ = p.stdin.Close()
	p.ends(t, 5*time.Second)
	if entries, err := os.ReadDir(p.dir); err != nil || len(entries) != 1 {
		t.Errorf("the folder holds %v, %v", entries, err)
	}
}

// TestServeEndsWithItsParent: a child of the host still holds the pipe when the
// host itself is killed.
func TestServeEndsWithItsParent(t *testing.T) {
	t.Parallel()
	p := startProcess(t, func(p *process) {
		self := os.Args[0]
		p.Path, _ = exec.LookPath("sh")
		p.Args = []string{"sh", "-c", `"$0" 0<&3 & wait`, self}
		pipe, held, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = pipe.Close(); _ = held.Close() })
		p.ExtraFiles = []*os.File{pipe}
		p.set(protocol.EnvToken, testToken)
	})
	p.dial(t)
	_ = p.Process.Kill()
	gone := make(chan struct{})
	go func() {
		// The plugin's own end of the pipe closes with the process.
		_, _ = p.stdout.ReadString(0)
		close(gone)
	}()
	select {
	case <-gone:
	case <-time.After(10 * time.Second):
		t.Fatalf("the plugin outlives its host\n%s", p.stderr)
	}
	if _, err := os.Stat(p.dir); !os.IsNotExist(err) {
		t.Errorf("the socket's folder is still there: %v", err)
	}
}

// TestServeLogsJSON: a host makes log records of its lines.
func TestServeLogsJSON(t *testing.T) {
	t.Parallel()
	p := startProcess(t, nil)
	p.dial(t)
	_ = p.stdin.Close()
	p.ends(t, 5*time.Second)
	lines := strings.Split(strings.TrimSpace(p.stderr.String()), "\n")
	for _, line := range lines {
		var record map[string]any
		if err := json.Unmarshal([]byte(line), &record); err != nil || record["@level"] == nil || record["@message"] == nil {
			t.Errorf("%q is no record: %v", line, err)
		}
	}
}

// TestServeEndsBeforeItListens: a host that goes away at once finds the plugin
// anywhere in its start, and no folder of a socket stays. In one of 50 it did.
func TestServeEndsBeforeItListens(t *testing.T) {
	t.Parallel()
	for attempt := range 200 {
		p := startProcess(t, func(p *process) {
			p.set(protocol.EnvSocketDir, "")
			p.set("TMPDIR", p.dir)
		})
		<-time.After(time.Duration(attempt%40) * 500 * time.Microsecond)
		_ = p.stdin.Close()
		p.ends(t, 10*time.Second)
		if left, err := os.ReadDir(p.dir); err != nil || len(left) > 0 {
			t.Fatalf("attempt %d leaves %v (%v)", attempt, left, err)
		}
	}
}
