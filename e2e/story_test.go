package e2e

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/volume"
)

// testLabel marks what a scenario makes, so that it can be found and removed.
const testLabel = "airdock-test"

// story is one scenario: an intent, its steps as sentences, and what can be
// observed after them.
type story struct {
	*testing.T
	// id is the value of testLabel on everything that the scenario makes.
	id string
	// temp is the TMPDIR of its commands: nothing may be left there.
	temp string
}

// tell begins a scenario. It runs beside the others; what it leaves is removed
// before and after.
func tell(t *testing.T, intent string) *story {
	t.Helper()
	t.Parallel()
	t.Log(intent)
	name := regexp.MustCompile(`[^a-z0-9]+`).ReplaceAllString(strings.ToLower(t.Name()), "-")
	s := &story{T: t, id: strings.Trim(name, "-")}
	s.Cleanup(s.removeAll)
	s.removeAll()
	// The path of a socket below is bounded by 108 bytes; t.TempDir is too long.
	temp, err := os.MkdirTemp("", "ad")
	s.Cleanup(func() { _ = os.RemoveAll(temp) })
	if err != nil {
		s.Fatal(err)
	}
	s.temp = temp
	return s
}

// step tells what happens next and does it.
func (s *story) step(sentence string, do func()) {
	s.Helper()
	s.Log("- " + sentence)
	do()
}

// context is for the test's own calls to the engine, after its end as well.
func (s *story) context() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(s.Context()), 30*time.Second)
}

// containers are the scenario's, in any state.
func (s *story) containers() []container.Summary {
	s.Helper()
	ctx, cancel := s.context()
	defer cancel()
	found, err := engineAPI().ContainerList(ctx, container.ListOptions{
		All: true, Filters: filters.NewArgs(filters.Arg("label", testLabel+"="+s.id)),
	})
	if err != nil {
		s.Fatal(err)
	}
	return found
}

// running says whether the scenario has a container that runs.
func (s *story) running() bool {
	return slices.ContainsFunc(s.containers(), func(c container.Summary) bool { return c.State == container.StateRunning })
}

func (s *story) volumes() []*volume.Volume {
	s.Helper()
	ctx, cancel := s.context()
	defer cancel()
	found, err := engineAPI().VolumeList(ctx, volume.ListOptions{Filters: filters.NewArgs(filters.Arg("label", testLabel+"="+s.id))})
	if err != nil {
		s.Fatal(err)
	}
	return found.Volumes
}

func (s *story) removeAll() {
	ctx, cancel := s.context()
	defer cancel()
	for _, c := range s.containers() {
		_ = engineAPI().ContainerRemove(ctx, c.ID, container.RemoveOptions{Force: true, RemoveVolumes: true})
	}
	for _, v := range s.volumes() {
		_ = engineAPI().VolumeRemove(ctx, v.Name, true)
	}
}

// eventually waits for a state, and fails when it does not come in time.
func (s *story) eventually(within time.Duration, what string, holds func() bool) {
	s.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	late := time.After(within)
	for !holds() {
		select {
		case <-tick.C:
		case <-late:
			s.Fatalf("not within %s: %s", within, what)
		}
	}
}

// nothingIsLeft: no container, no volume, no plugin process, no socket folder.
func (s *story) nothingIsLeft(within time.Duration) {
	s.Helper()
	s.eventually(within, "no container is left", func() bool { return len(s.containers()) == 0 })
	if left := s.volumes(); len(left) != 0 {
		s.Errorf("%d volumes are left", len(left))
	}
	s.noProcessIsLeft(within)
}

func (s *story) noProcessIsLeft(within time.Duration) {
	s.Helper()
	s.eventually(within, "no plugin process is left", func() bool { return len(s.plugins()) == 0 })
	s.eventually(within, "no socket folder is left", func() bool {
		entries, err := os.ReadDir(s.temp)
		return err == nil && len(entries) == 0
	})
}

// plugins are the processes of the plugin that the scenario's commands started,
// and that are alive, whoever their parent is by now.
func (s *story) plugins() []string {
	var found []string
	processes, _ := filepath.Glob("/proc/[0-9]*")
	for _, process := range processes {
		program, err := os.Readlink(process + "/exe")
		if err != nil || filepath.Base(program) != "airdock-plugin" {
			continue
		}
		environment, _ := os.ReadFile(process + "/environ")
		if slices.Contains(strings.Split(string(environment), "\x00"), "TMPDIR="+s.temp) {
			found = append(found, filepath.Base(process))
		}
	}
	return found
}
