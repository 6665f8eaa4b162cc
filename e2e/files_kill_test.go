package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"airdock.dev/airdock/protocol"
)

// endless is a run whose output takes a minute to fetch: a sparse file, of which
// neither machine stores much.
func (s *story) endless(folder string) *process {
	s.Helper()
	p := s.startCall(s.runCall("endless", []string{"busybox", "sh", "-c", "mkdir /out; echo first >/out/a; truncate -s 15G /out/zeros"}, func(r *protocol.RunRequest) {
		r.Outputs = []*protocol.OutputSpec{{Path: "/out", Target: folder + "/target"}, {Path: "/out/a", Target: folder + "/new"}}
	}))
	s.eventually(30*time.Second, "the file arrives", func() bool {
		arriving, _ := filepath.Glob(folder + "/.airdock-*/*/zeros")
		return len(arriving)+len(s.stages(folder+"/target")) > 0
	})
	return p
}

// stages are the hidden folders in which files arrive.
func (s *story) stages(folder string) []string {
	found, _ := filepath.Glob(folder + "/.airdock-*")
	return found
}

// untouched: nothing of a copy that was broken off is at its place.
func (s *story) untouched(folder string) {
	s.Helper()
	text, err := os.ReadFile(folder + "/target/old")
	if names, _ := os.ReadDir(folder + "/target"); err != nil || string(text) != "old" || len(names)-len(s.stages(folder+"/target")) != 1 {
		s.Errorf("the target has %v, %q, %v", names, text, err)
	}
	if _, err := os.Lstat(folder + "/new"); err == nil {
		s.Error("the second output is there")
	}
}

func TestFilesStopInMidFetch(t *testing.T) {
	s := tell(t, "a stop ends a copy at once, and leaves nothing of it")
	folder := room(t)
	p := s.endless(folder)
	p.signal(syscall.SIGTERM)
	if got := p.ends(8 * time.Second); got.code != 125 || !strings.Contains(got.stdout, `"STOPPED"`) {
		s.Errorf("code %d, %.2000s%s", got.code, got.stdout, got.stderr)
	}
	s.untouched(folder)
	if left := s.stages(folder + "/target"); len(left) != 0 {
		s.Errorf("left are %v", left)
	}
	s.nothingIsLeft(5 * time.Second)
}

func TestFilesKilledHostInMidFetch(t *testing.T) {
	s := tell(t, "SIGKILL of the command in the middle of a copy leaves no half file and no container")
	folder := room(t)
	p := s.endless(folder)
	p.signal(syscall.SIGKILL)
	p.ends(time.Second)
	s.nothingIsLeft(15 * time.Second)
	s.untouched(folder)
	if left := s.stages(folder + "/target"); len(left) != 0 {
		s.Errorf("left are %v", left)
	}
}

func TestFilesKilledPluginInMidFetch(t *testing.T) {
	s := tell(t, "SIGKILL of the plugin in the middle of a copy leaves a hidden folder, which the next copy removes")
	folder := room(t)
	p := s.endless(folder)
	for _, plugin := range s.plugins() {
		if err := exec.CommandContext(s.Context(), "kill", "-9", plugin).Run(); err != nil {
			s.Fatal(err)
		}
	}
	if got := p.ends(15 * time.Second); got.code != 125 || !strings.Contains(got.stdout, "plugin") {
		s.Errorf("code %d, %.2000s%s", got.code, got.stdout, got.stderr)
	}
	s.untouched(folder)
	s.nothingIsLeft(15 * time.Second)
	left := s.stages(folder + "/target")
	if len(left) != 1 {
		s.Fatalf("left are %v", left)
	}
	s.step("a young folder may be one whose owner has not locked it yet", func() {
		old := time.Now().Add(-time.Hour)
		if err := os.Chtimes(left[0], old, old); err != nil {
			s.Fatal(err)
		}
	})
	got := s.callTo(s.runCall("next", []string{"busybox", "true"}, func(r *protocol.RunRequest) {
		r.Outputs = []*protocol.OutputSpec{{Path: "/etc/passwd", Target: folder + "/target/"}}
	}))
	if still := s.stages(folder + "/target"); got.code != 0 || len(still) != 0 {
		s.Errorf("code %d, left are %v; %s", got.code, still, got.stdout)
	}
	s.nothingIsLeft(time.Second)
}
