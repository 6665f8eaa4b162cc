package e2e

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/volume"
	"github.com/google/go-cmp/cmp"

	"airdock.dev/airdock/protocol"
)

// volumeNamed makes a volume that goes with the scenario.
func (s *story) volumeNamed(part string) string {
	s.Helper()
	name := "airdock-" + strings.ReplaceAll(s.Name(), "/", "-") + "-" + part
	ctx, cancel := s.context()
	defer cancel()
	if _, err := engineAPI().VolumeCreate(ctx, volume.CreateOptions{Name: name}); err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() {
		ctx, cancel := s.context()
		defer cancel()
		if err := engineAPI().VolumeRemove(ctx, name, true); err != nil {
			s.Errorf("remove the volume: %v", err)
		}
	})
	return name
}

func (s *story) putCall(name, local string) *protocol.Call {
	return &protocol.Call{Operation: &protocol.Call_VolumePut{VolumePut: &protocol.VolumePutRequest{
		Key: s.key("put"), Volume: &protocol.Volume{Name: name}, Source: &protocol.VolumePutRequest_LocalPath{LocalPath: local},
	}}}
}

func (s *story) getCall(name, path, target string, change func(*protocol.OutputSpec)) *protocol.Call {
	spec := &protocol.OutputSpec{Path: path, Target: target}
	if change != nil {
		change(spec)
	}
	return &protocol.Call{Operation: &protocol.Call_VolumeGet{VolumeGet: &protocol.VolumeGetRequest{
		Key: s.key("get"), Volume: &protocol.Volume{Name: name}, Output: spec,
	}}}
}

// noHelperIsLeft: the containers of put and get carry the call's key.
func (s *story) noHelperIsLeft(within time.Duration) {
	s.Helper()
	s.eventually(within, "no helper is left", func() bool {
		ctx, cancel := s.context()
		defer cancel()
		for _, part := range []string{"put", "get"} {
			found, err := engineAPI().ContainerList(ctx, container.ListOptions{
				All: true, Filters: filters.NewArgs(filters.Arg("label", "dev.airdock.key="+s.key(part))),
			})
			if err != nil || len(found) > 0 {
				return false
			}
		}
		return true
	})
	s.noProcessIsLeft(within)
}

func TestVolumeTakesALargeTreeAndGivesItBack(t *testing.T) {
	s := tell(t, "10,000 files, one of everything and a sparse file of 2 GB go into a volume and come back")
	folder, back := motley(t), filepath.Join(t.TempDir(), "back")
	for n := range 10_000 {
		sub := filepath.Join(folder, "many", strconv.Itoa(n/500))
		_ = os.MkdirAll(sub, 0o755)
		if err := os.WriteFile(filepath.Join(sub, strconv.Itoa(n)), bytes.Repeat([]byte{byte(n)}, n%2000), 0o644); err != nil {
			s.Fatal(err)
		}
	}
	sparse := filepath.Join(folder, "sparse")
	if err := os.WriteFile(sparse, []byte("data"), 0o600); err != nil {
		s.Fatal(err)
	}
	if err := os.Truncate(sparse, 2<<30); err != nil {
		s.Fatal(err)
	}
	name := s.volumeNamed("v")
	for what, most := range map[string]int64{
		"put": s.watched(s.putCall(name, folder)),
		"get": s.watched(s.getCall(name, "/", back, nil)),
	} {
		s.Logf("the plugin of the %s used %d MB at most", what, most>>20)
		if most == 0 || most > 64<<20 {
			s.Errorf("the plugin of the %s used %d bytes", what, most)
		}
	}
	if diff := cmp.Diff(describe(t, folder)[1:], describe(t, back)[1:]); diff != "" {
		s.Errorf("-went +came:\n%.2000s", diff)
	}
	var stored syscall.Stat_t
	if err := syscall.Stat(filepath.Join(back, "sparse"), &stored); err != nil || stored.Blocks*512 > 1<<20 {
		s.Errorf("the sparse file takes %d bytes of this disk (%v)", stored.Blocks*512, err)
	}
	s.noHelperIsLeft(0)
}

func TestVolumeGivesBackPartsOfIt(t *testing.T) {
	s := tell(t, "a folder, a file and what fits a pattern come out of a volume; what is not there is said")
	folder, back := t.TempDir(), t.TempDir()
	for name, text := range map[string]string{"a/b.txt": "1", "a/c.log": "2", "a/d/e.txt": "3", "z": "4"} {
		_ = os.MkdirAll(filepath.Dir(filepath.Join(folder, name)), 0o755)
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644); err != nil {
			s.Fatal(err)
		}
	}
	name := s.volumeNamed("v")
	if got := s.callTo(s.putCall(name, folder)); got.code != 0 {
		s.Fatal(got.stdout)
	}
	optional := func(spec *protocol.OutputSpec) { spec.Optional = true }
	tests := []struct {
		path, target string
		change       func(*protocol.OutputSpec)
		files        int64
		failure      string
	}{
		{path: "a", target: "/folder", files: 3},
		{path: "/a/b.txt", target: "/file", files: 1},
		{path: "z", target: "/in/", files: 1},
		{path: "a/**/*.txt", target: "/fits", files: 2},
		{path: "none", target: "/none", change: optional},
		{path: "none", target: "/none", failure: "FILE_NOT_FOUND"},
		{path: "../etc/passwd", target: "/none", failure: "FILE_NOT_FOUND"},
		{path: "z", target: "/folder", failure: "PATH_CONFLICT"},
		{path: "a", target: "/capped", change: func(spec *protocol.OutputSpec) { spec.MaxBytes = 600 }, failure: "TRANSFER_TOO_LARGE"},
	}
	for _, test := range tests {
		got := s.callTo(s.getCall(name, test.path, back+test.target, test.change))
		final := got.last()
		if kind := final.GetError().GetKind().String(); test.failure != "" && (final.GetError() == nil || kind != test.failure) {
			s.Errorf("%s to %s: %s", test.path, test.target, got.stdout)
		}
		if fetched := final.GetVolumeFetched(); test.failure == "" && (fetched.GetFiles() != test.files || fetched.GetFound() != (test.files > 0)) {
			s.Errorf("%s to %s: %s", test.path, test.target, got.stdout)
		}
	}
	for at, want := range map[string]string{"folder/d/e.txt": "3", "file": "1", "in/z": "4", "fits/b.txt": "1", "fits/d/e.txt": "3"} {
		if text, err := os.ReadFile(filepath.Join(back, at)); err != nil || string(text) != want {
			s.Errorf("%s: %q, %v", at, text, err)
		}
	}
	left, err := os.ReadDir(back)
	if err != nil || len(left) != 4 {
		s.Errorf("the target has %v (%v)", left, err)
	}
	s.noHelperIsLeft(0)
}

func TestVolumeGetThatIsKilledLeavesNothing(t *testing.T) {
	s := tell(t, "whoever is killed in mid-get, no file has its name and no container is left")
	name := s.volumeNamed("v")
	if got := s.airdock("run", "--rm", "--mount", "type=volume,source="+name+",target=/v", "busybox", "sh", "-c", "echo first >/v/a; truncate -s 15G /v/zeros"); got.code != 0 {
		s.Fatal(got.stderr)
	}
	kill := map[string]func(p *process){
		"a signal":        func(p *process) { p.signal(syscall.SIGTERM) },
		"the host killed": func(p *process) { p.signal(syscall.SIGKILL) },
		"the plugin killed": func(*process) {
			for _, plugin := range s.plugins() {
				id, _ := strconv.Atoi(plugin)
				_ = syscall.Kill(id, syscall.SIGKILL)
			}
		},
	}
	for way, end := range kill {
		s.step(way, func() {
			target := filepath.Join(t.TempDir(), "target")
			p := s.startCall(s.getCall(name, "/", target, nil))
			s.eventually(30*time.Second, "the file arrives", func() bool {
				arriving, _ := filepath.Glob(filepath.Dir(target) + "/.airdock-*/*/zeros")
				return len(arriving) > 0
			})
			end(p)
			p.ends(20 * time.Second)
			if _, err := os.Lstat(target); err == nil {
				s.Error("the target is there")
			}
			s.noHelperIsLeft(15 * time.Second)
		})
	}
}
