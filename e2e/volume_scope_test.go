package e2e

import (
	"slices"
	"strings"
	"testing"

	"github.com/docker/docker/api/types/volume"
	"google.golang.org/protobuf/types/known/structpb"

	"airdock.dev/airdock/protocol"
)

// inRun runs a script with a volume of a DAG run at /data, and returns what it
// printed.
func (s *story) inRun(key, run, script string) string {
	s.Helper()
	mount, err := structpb.NewStruct(map[string]any{
		"Type": "volume", "Source": "data", "Target": "/data",
		"VolumeOptions": map[string]any{"Labels": map[string]any{testLabel: s.id}},
	})
	if err != nil {
		s.Fatal(err)
	}
	got := s.callTo(s.runCall(key, []string{"bash", "-c", script}, func(r *protocol.RunRequest) {
		r.Origin = s.origin(run)
		r.VolumeScope = protocol.VolumeScope_VOLUME_SCOPE_DAG_RUN
		r.Container.Mounts = []*structpb.Struct{mount}
	}))
	if got.code != 0 {
		s.Fatalf("code %d, %s", got.code, got.stdout)
	}
	var text strings.Builder
	for _, event := range got.events {
		text.WriteString(event.GetOutput().GetText())
	}
	return text.String()
}

func (s *story) origin(run string) map[string]string {
	return map[string]string{"dag-id": s.id, "run-id": run, "task-id": "t"}
}

func TestVolumeScope(t *testing.T) {
	s := tell(t, "tasks of one DAG run share a volume that no other run sees")
	const here, elsewhere = "manual__2026-01-02T03:04:05+00:00", "manual__2026-01-03T03:04:05+00:00"
	s.inRun("write", here, "echo kept > /data/file")
	made := s.volumes()
	s.step("the volume says whose it is", func() {
		if len(made) != 1 || !strings.HasPrefix(made[0].Name, "airdock-") {
			s.Fatalf("%d volumes", len(made))
		}
		for name, want := range map[string]string{"volume-scope": "dag_run", "volume": "data", "dag-id": s.id, "run-id": here} {
			if got := made[0].Labels["dev.airdock."+name]; got != want {
				s.Errorf("%s is %q, want %q", name, got, want)
			}
		}
	})
	s.step("the next task of the run finds the data", func() {
		if got := s.inRun("read", here, "cat /data/file"); got != "kept\n" {
			s.Errorf("got %q", got)
		}
	})
	s.step("another run does not", func() {
		if got := s.inRun("elsewhere", elsewhere, "ls -A /data"); got != "" {
			s.Errorf("got %q", got)
		}
	})
	s.step("both are listed by their DAG, and inspected by the name that tasks know", func() {
		listed := strings.Fields(s.airdock("volume", "ls", "-q", "--filter", "label=dev.airdock.dag-id="+s.id).stdout)
		if len(listed) != 2 || !slices.Contains(listed, made[0].Name) {
			s.Errorf("listed %v", listed)
		}
		named := &protocol.Volume{Name: "data", Scope: protocol.VolumeScope_VOLUME_SCOPE_DAG_RUN, Origin: s.origin(here)}
		for what, call := range map[string]*protocol.Call{
			"inspect": {Operation: &protocol.Call_VolumeInspect{VolumeInspect: &protocol.VolumeInspectRequest{Volume: named}}},
			"create":  {Operation: &protocol.Call_VolumeCreate{VolumeCreate: &protocol.VolumeCreateRequest{Volume: named}}},
		} {
			if got := s.callTo(call).last().GetVolumeInfo(); got.GetName() != made[0].Name {
				s.Errorf("%s: %v", what, got)
			}
		}
	})
	s.step("a prune of the one run leaves the other's", func() {
		prune := &protocol.VolumePruneRequest{Scope: protocol.VolumeScope_VOLUME_SCOPE_DAG_RUN, Origin: s.origin(here)}
		got := s.callTo(&protocol.Call{Operation: &protocol.Call_VolumePrune{VolumePrune: prune}}).last().GetVolumesRemoved()
		if !slices.Equal(got.GetRemoved(), []string{made[0].Name}) || len(got.GetInUse()) != 0 {
			s.Errorf("got %v", got)
		}
		left := s.volumes()
		if len(left) != 1 || slices.ContainsFunc(left, func(v *volume.Volume) bool { return v.Name == made[0].Name }) {
			s.Errorf("%d volumes are left", len(left))
		}
	})
}

func TestVolumeScopeNeedsItsRun(t *testing.T) {
	s := tell(t, "a scope without a run is refused, and nothing is made or pulled")
	got := s.callTo(s.runCall("k", []string{"no-such-image-anywhere", "true"}, func(r *protocol.RunRequest) {
		r.VolumeScope = protocol.VolumeScope_VOLUME_SCOPE_DAG_RUN
	}))
	if failure := got.last().GetError(); failure.GetKind() != protocol.ErrorKind_INVALID_REQUEST || !strings.Contains(failure.GetMessage(), "dag-id") {
		s.Errorf("got %s", got.stdout)
	}
	s.nothingIsLeft(0)
}
