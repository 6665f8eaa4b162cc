package plugin

import (
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"airdock.dev/airdock/protocol"
)

// TestProfile: a plugin that was told to leaves two profiles, which hold nothing
// of its environment, and are readable by their owner alone.
func TestProfile(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	p := startProcess(t, func(p *process) { p.set(protocol.EnvProfile, folder) })
	p.dial(t)
	_ = p.stdin.Close()
	p.ends(t, 10*time.Second)
	if p.ProcessState.ExitCode() != 0 {
		t.Fatalf("code %d, %s", p.ProcessState.ExitCode(), p.stderr)
	}
	for kind, must := range map[string]string{"cpu": "nanoseconds", "heap": "inuse_space"} {
		name := filepath.Join(folder, fmt.Sprintf("airdock-plugin-%d.%s.pprof", p.Process.Pid, kind))
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %o", kind, info.Mode().Perm())
		}
		text := unzipped(t, name)
		if !strings.Contains(text, must) {
			t.Errorf("the %s profile does not hold %q", kind, must)
		}
		if strings.Contains(text, testToken) || strings.Contains(text, p.dir) {
			t.Errorf("the %s profile holds a value of the environment", kind)
		}
	}
}

func unzipped(t *testing.T, name string) string {
	t.Helper()
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	reader, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(reader)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestProfileRefused: a folder that cannot be written is told at the start, not
// after an hour of work.
func TestProfileRefused(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "nope")
	p := startProcess(t, func(p *process) { p.set(protocol.EnvProfile, folder) })
	p.ends(t, 10*time.Second)
	for _, must := range []string{folder, protocol.EnvProfile, "unset it"} {
		if p.ProcessState.ExitCode() != 1 || !strings.Contains(p.stderr.String(), must) {
			t.Errorf("code %d, without %q: %s", p.ProcessState.ExitCode(), must, p.stderr)
		}
	}
	if rest, _ := p.stdout.ReadString(0); rest != "" {
		t.Errorf("it printed %q", rest)
	}
}
