package plugin

import (
	"context"
	"encoding/json"
	"errors"
	"testing"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/volume"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/structpb"

	"airdock.dev/airdock/protocol"
)

func (f *fakeAPI) VolumeCreate(_ context.Context, options volume.CreateOptions) (volume.Volume, error) {
	f.note("volume %s", options.Name)
	if f.volume == nil {
		return volume.Volume{Name: options.Name, Options: options.DriverOpts}, nil
	}
	return f.volume(options)
}

// mountOf is a mount as a host sends it.
func mountOf(t *testing.T, members map[string]any) *structpb.Struct {
	t.Helper()
	m, err := structpb.NewStruct(members)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// withVolumes is a run with mounts of every kind, of the DAG etl.
func withVolumes(t *testing.T, spec *protocol.RunRequest) {
	spec.Origin = map[string]string{"dag-id": "etl", "run-id": "r1", "task-id": "t"}
	spec.Container.Mounts = []*structpb.Struct{
		mountOf(t, map[string]any{"Type": "volume", "Source": "data", "Target": "/data", "ReadOnly": true}),
		// The engine reads members in any case, as Go does.
		mountOf(t, map[string]any{"type": "volume", "source": "scratch", "target": "/scratch", "volumeoptions": map[string]any{
			"NoCopy": true, "Labels": map[string]any{"team": "blue", labelVolume: "mine"},
			"DriverConfig": map[string]any{"Name": "local", "Options": map[string]any{"type": "tmpfs"}},
		}}),
		mountOf(t, map[string]any{"Type": "volume", "Target": "/anonymous"}),
		mountOf(t, map[string]any{"Type": "bind", "Source": "/srv", "Target": "/srv"}),
		mountOf(t, map[string]any{"Type": "tmpfs", "Target": "/tmp", "TmpfsOptions": map[string]any{"SizeBytes": 1 << 20}}),
	}
}

func TestRunMakesTheVolumesOfItsDAGRun(t *testing.T) {
	t.Parallel()
	data, scratch := scopedName("etl", "r1", "data"), scopedName("etl", "r1", "scratch")
	var orders []volume.CreateOptions
	var mounts []map[string]any
	api := &fakeAPI{
		volume: func(options volume.CreateOptions) (volume.Volume, error) {
			orders = append(orders, options)
			return volume.Volume{Name: options.Name, Options: options.DriverOpts}, nil
		},
		create: func(_ int, body []byte) (container.CreateResponse, error) {
			var asked struct {
				HostConfig struct{ Mounts []map[string]any }
			}
			if err := json.Unmarshal(body, &asked); err != nil {
				t.Error(err)
			}
			mounts = asked.HostConfig.Mounts
			return container.CreateResponse{ID: "c0ffee"}, nil
		},
	}
	r, _ := newRun(t, api, func(spec *protocol.RunRequest) {
		withVolumes(t, spec)
		spec.VolumeScope = protocol.VolumeScope_VOLUME_SCOPE_DAG_RUN
	})
	if _, err := r.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if want := "volume " + data + ", volume " + scratch + ", create box, start c0ffee, remove c0ffee"; api.seen() != want {
		t.Errorf("%s, want %s", api.seen(), want)
	}
	labels := func(name string) map[string]string {
		return map[string]string{labelVolumeScope: "dag_run", labelVolume: name, labelPrefix + "dag-id": "etl", labelPrefix + "run-id": "r1"}
	}
	ofScratch := labels("scratch")
	ofScratch["team"] = "blue"
	if diff := cmp.Diff([]volume.CreateOptions{
		{Name: data, Labels: labels("data")},
		{Name: scratch, Driver: "local", DriverOpts: map[string]string{"type": "tmpfs"}, Labels: ofScratch},
	}, orders); diff != "" {
		t.Errorf("volumes (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]map[string]any{
		{"Type": "volume", "Source": data, "Target": "/data", "ReadOnly": true},
		{"Type": "volume", "Source": scratch, "Target": "/scratch", "VolumeOptions": map[string]any{
			"NoCopy": true, "Labels": map[string]any{"team": "blue", labelVolume: "mine"},
			"DriverConfig": map[string]any{"Name": "local", "Options": map[string]any{"type": "tmpfs"}},
		}},
		{"Type": "volume", "Target": "/anonymous"},
		{"Type": "bind", "Source": "/srv", "Target": "/srv"},
		{"Type": "tmpfs", "Target": "/tmp", "TmpfsOptions": map[string]any{"SizeBytes": 1048576.0}},
	}, mounts); diff != "" {
		t.Errorf("mounts (-want +got):\n%s", diff)
	}
}

func TestRunWithoutAScopeMakesNoVolume(t *testing.T) {
	t.Parallel()
	api := &fakeAPI{}
	r, _ := newRun(t, api, func(spec *protocol.RunRequest) { withVolumes(t, spec) })
	if _, err := r.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if want := "create box, start c0ffee, remove c0ffee"; api.seen() != want {
		t.Errorf("%s, want %s", api.seen(), want)
	}
}

// TestRunWhoseVolumesCannotBe creates no container, and pulls nothing for it.
func TestRunWhoseVolumesCannotBe(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*protocol.RunRequest)
		volume func(volume.CreateOptions) (volume.Volume, error)
		kind   protocol.ErrorKind
	}{
		"no run-id": {change: func(spec *protocol.RunRequest) { delete(spec.Origin, "run-id") }, kind: protocol.ErrorKind_INVALID_REQUEST},
		"no run-id and no mount": {change: func(spec *protocol.RunRequest) {
			spec.Origin, spec.Container.Mounts = nil, nil
		}, kind: protocol.ErrorKind_INVALID_REQUEST},
		"a name that is none": {change: func(spec *protocol.RunRequest) {
			spec.Container.Mounts[0].Fields["Source"] = structpb.NewStringValue("a/b")
		}, kind: protocol.ErrorKind_INVALID_REQUEST},
		"other options": {
			volume: func(options volume.CreateOptions) (volume.Volume, error) {
				return volume.Volume{Name: options.Name}, nil
			},
			kind: protocol.ErrorKind_VOLUME_CONFLICT,
		},
		"the engine fails": {
			volume: func(volume.CreateOptions) (volume.Volume, error) { return volume.Volume{}, errors.New("broken") },
			kind:   protocol.ErrorKind_ENGINE_ERROR,
		},
	} {
		api := &fakeAPI{volume: c.volume, create: func(int, []byte) (container.CreateResponse, error) {
			t.Errorf("%s: a container is created", name)
			return container.CreateResponse{}, nil
		}}
		r, _ := newRun(t, api, func(spec *protocol.RunRequest) {
			withVolumes(t, spec)
			spec.VolumeScope, spec.Pull = protocol.VolumeScope_VOLUME_SCOPE_DAG_RUN, protocol.PullPolicy_PULL_ALWAYS
			if c.change != nil {
				c.change(spec)
			}
		})
		_, err := r.run(t.Context())
		wantKind(t, err, c.kind)
	}
}
