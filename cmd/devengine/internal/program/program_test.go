package program

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
)

func TestFind(t *testing.T) {
	t.Setenv("PATH", "/nowhere")
	if path, err := Find("ldconfig"); err != nil || !strings.HasSuffix(path, "/sbin/ldconfig") {
		t.Errorf("a program of the administrator: %s, %v", path, err)
	}
	if path, err := Find("no-such-program"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no program: %s, %v", path, err)
	}
}

func TestRun(t *testing.T) {
	if out, err := Run(t.Context(), "sh", "-c", "echo out"); err != nil || out != "out\n" {
		t.Errorf("printed %q, %v", out, err)
	}
	_, err := Run(t.Context(), "sh", "-c", "echo why >&2; exit 3")
	if err == nil || !strings.Contains(err.Error(), "exit status 3: why") {
		t.Errorf("a failed program: %v", err)
	}
}

func TestEnsureNothing(t *testing.T) {
	say := func(format string, _ ...any) { t.Errorf("said: %s", format) }
	if err := Ensure(t.Context(), say, Package{Name: "dash", Program: "sh"}); err != nil {
		t.Error(err)
	}
}

// TestEnsureCannot names the packages where nothing can install them.
func TestEnsureCannot(t *testing.T) {
	t.Setenv("PATH", "/nowhere")
	err := Ensure(t.Context(), t.Logf,
		Package{Name: "docker.io", Program: "no-such-program"},
		Package{Name: "iproute2", Program: "no-other-program"},
		Package{Name: "libc-bin", Program: "ldconfig"})
	if err == nil || !strings.Contains(err.Error(), "apt-get install docker.io iproute2)") {
		t.Errorf("without apt-get: %v", err)
	}
}
