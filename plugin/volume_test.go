package plugin

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/volume"
	"github.com/google/go-cmp/cmp"

	"airdock.dev/airdock/protocol"
)

// fakeVolumes is an engine's volumes. It answers a create as engine 20.10 does:
// what is there comes back as it is.
type fakeVolumes struct {
	there  []*volume.Volume
	err    error
	used   []string
	asked  []string // the filters of lists
	orders []volume.CreateOptions
	gone   []string
}

func (f *fakeVolumes) find(name string) int {
	return slices.IndexFunc(f.there, func(v *volume.Volume) bool { return v.Name == name })
}

func (f *fakeVolumes) VolumeCreate(_ context.Context, options volume.CreateOptions) (volume.Volume, error) {
	f.orders = append(f.orders, options)
	if f.err != nil {
		return volume.Volume{}, f.err
	}
	n := f.find(options.Name)
	if n < 0 {
		f.there = append(f.there, &volume.Volume{Name: options.Name, Driver: "local", Options: options.DriverOpts, Labels: options.Labels})
		n = len(f.there) - 1
	}
	return *f.there[n], nil
}

func (f *fakeVolumes) VolumeInspectWithRaw(_ context.Context, name string) (volume.Volume, []byte, error) {
	n := f.find(name)
	if n < 0 {
		return volume.Volume{}, nil, errdefs.ErrNotFound.WithMessage("no such volume")
	}
	return *f.there[n], []byte(`{"Name": "` + name + `", "Younger": "than we"}`), f.err
}

func (f *fakeVolumes) VolumeList(_ context.Context, options volume.ListOptions) (volume.ListResponse, error) {
	filter, err := json.Marshal(options.Filters)
	f.asked = append(f.asked, string(filter))
	if err != nil || f.err != nil {
		return volume.ListResponse{}, f.err
	}
	return volume.ListResponse{Volumes: slices.Clone(f.there)}, nil
}

func (f *fakeVolumes) VolumeRemove(_ context.Context, name string, _ bool) error {
	switch {
	case f.err != nil:
		return f.err
	case slices.Contains(f.used, name):
		return errdefs.ErrConflict.WithMessage("volume is in use - [c0ffee]")
	case f.find(name) < 0:
		return errdefs.ErrNotFound.WithMessage("no such volume")
	}
	f.gone = append(f.gone, name)
	return nil
}

func named(name string) *protocol.Volume { return &protocol.Volume{Name: name} }

func TestVolumesAreMadeAndDescribed(t *testing.T) {
	t.Parallel()
	api := &fakeVolumes{}
	info, err := createVolume(t.Context(), api, "host", &protocol.VolumeCreateRequest{
		Volume: named("data"), Driver: "local", DriverOptions: map[string]string{"type": "tmpfs"}, Labels: map[string]string{"a": "b"},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := volume.CreateOptions{Name: "data", Driver: "local", DriverOpts: map[string]string{"type": "tmpfs"}, Labels: map[string]string{"a": "b"}}
	if diff := cmp.Diff([]volume.CreateOptions{want}, api.orders); diff != "" {
		t.Errorf("asked for (-want +got):\n%s", diff)
	}
	if info.GetName() != "data" || info.GetDriver() != "local" || info.GetDriverOptions()["type"] != "tmpfs" || info.GetLabels()["a"] != "b" {
		t.Errorf("told %v", info)
	}
	if info.GetInspect().GetFields()["Younger"].GetStringValue() != "than we" {
		t.Errorf("what the library does not know is lost: %v", info.GetInspect())
	}
}

// TestVolumesThatAreThere: only what is asked for can contradict it.
func TestVolumesThatAreThere(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		options map[string]string
		kind    protocol.ErrorKind
	}{
		"none asked for":      {nil, 0},
		"the same":            {map[string]string{"type": "nfs", "o": "password=hush"}, 0},
		"one of them":         {map[string]string{"type": "nfs"}, 0},
		"another value":       {map[string]string{"o": "password=sesame"}, protocol.ErrorKind_VOLUME_CONFLICT},
		"one that is not set": {map[string]string{"device": ""}, protocol.ErrorKind_VOLUME_CONFLICT},
	} {
		api := &fakeVolumes{there: []*volume.Volume{{Name: "data", Driver: "local", Options: map[string]string{"type": "nfs", "o": "password=hush"}}}}
		_, err := createVolume(t.Context(), api, "host", &protocol.VolumeCreateRequest{Volume: named("data"), DriverOptions: c.options})
		if kindIn(err) != c.kind || (c.kind == 0) != (err == nil) {
			t.Errorf("%s: %v, want %s", name, err, c.kind)
		}
		if err != nil && (strings.Contains(err.Error(), "hush") || strings.Contains(err.Error(), "sesame")) {
			t.Errorf("%s: the values of options are no one's business: %v", name, err)
		}
	}
}

func TestVolumesThatCannotBe(t *testing.T) {
	t.Parallel()
	create := func(api *fakeVolumes, v *protocol.Volume) error {
		_, err := createVolume(t.Context(), api, "host", &protocol.VolumeCreateRequest{Volume: v, Driver: "nosuch"})
		return err
	}
	remove := func(api *fakeVolumes, name string, force bool) error {
		_, err := removeVolume(t.Context(), api, "host", &protocol.VolumeRemoveRequest{Volume: named(name), Force: force})
		return err
	}
	inspect := func(api *fakeVolumes, name string) error {
		_, err := inspectVolume(t.Context(), api, "host", &protocol.VolumeInspectRequest{Volume: named(name)})
		return err
	}
	wantKind(t, create(&fakeVolumes{err: errdefs.ErrNotFound.WithMessage("plugin not found")}, named("x")), protocol.ErrorKind_INVALID_REQUEST, "driver nosuch")
	wantKind(t, create(&fakeVolumes{err: errdefs.ErrConflict}, named("x")), protocol.ErrorKind_VOLUME_CONFLICT, "another driver")
	wantKind(t, create(&fakeVolumes{err: errdefs.ErrInvalidArgument}, named("x")), protocol.ErrorKind_INVALID_REQUEST)
	wantKind(t, inspect(&fakeVolumes{}, "x"), protocol.ErrorKind_VOLUME_NOT_FOUND, "no volume x")
	wantKind(t, remove(&fakeVolumes{}, "x", false), protocol.ErrorKind_VOLUME_NOT_FOUND)
	wantKind(t, remove(&fakeVolumes{used: []string{"x"}}, "x", false), protocol.ErrorKind_VOLUME_IN_USE, "c0ffee")
	wantKind(t, remove(&fakeVolumes{used: []string{"x"}}, "x", true), protocol.ErrorKind_VOLUME_IN_USE)
	if err := remove(&fakeVolumes{}, "x", true); err != nil {
		t.Errorf("a volume that is gone is removed by force, and not %v", err)
	}
	for _, name := range []string{"-x", "a/b", "a b", "a:b", "../x", ".", strings.Repeat("x", 256)} {
		api := &fakeVolumes{err: errdefs.ErrInternal}
		wantKind(t, create(api, named(name)), protocol.ErrorKind_INVALID_REQUEST, "no name for a volume")
		wantKind(t, inspect(api, name), protocol.ErrorKind_INVALID_REQUEST)
		wantKind(t, remove(api, name, true), protocol.ErrorKind_INVALID_REQUEST)
	}
	wantKind(t, inspect(&fakeVolumes{}, ""), protocol.ErrorKind_INVALID_REQUEST)
}

func TestVolumesAreListed(t *testing.T) {
	t.Parallel()
	api := &fakeVolumes{there: []*volume.Volume{{Name: "b", Labels: map[string]string{"l": "m"}, CreatedAt: "0001-01-01T00:00:00Z"}, {Name: "a.1", CreatedAt: "2026-01-02T03:04:05Z"}}}
	dangling := false
	list, err := listVolumes(t.Context(), api, "host", &protocol.VolumeListRequest{
		Name: "a.", Labels: map[string]string{"l": "m", "any": ""}, Driver: "local", Dangling: &dangling,
	})
	if err != nil {
		t.Fatal(err)
	}
	want := `{"dangling":{"false":true},"driver":{"local":true},"label":{"any":true,"l=m":true},"name":{"a\\.":true}}`
	if api.asked[0] != want {
		t.Errorf("asked for %s, want %s", api.asked[0], want)
	}
	if len(list.GetVolumes()) != 2 || list.GetVolumes()[0].GetName() != "a.1" || list.GetVolumes()[1].GetInspect().GetFields()["Name"].GetStringValue() != "b" {
		t.Errorf("told %v", list)
	}
	if got := list.GetVolumes()[0].GetCreated().AsTime(); got != time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) {
		t.Errorf("created %s", got)
	}
	if unknown := list.GetVolumes()[1].GetCreated(); unknown != nil {
		t.Errorf("created %s", unknown.AsTime())
	}
	_, err = listVolumes(t.Context(), api, "host", &protocol.VolumeListRequest{Labels: map[string]string{"a=b": ""}})
	wantKind(t, err, protocol.ErrorKind_INVALID_REQUEST, "a=b")
}

func TestVolumesArePruned(t *testing.T) {
	t.Parallel()
	prune := func(api *fakeVolumes, request *protocol.VolumePruneRequest) (*protocol.VolumesRemoved, error) {
		return pruneVolumes(t.Context(), api, "host", context.WithCancel, request)
	}
	api := &fakeVolumes{there: []*volume.Volume{{Name: "c"}, {Name: "b"}, {Name: "a"}}, used: []string{"b"}}
	outcome, err := prune(api, &protocol.VolumePruneRequest{
		Labels: map[string]string{"l": "", labelPrefix + "run-id": "another"},
		Scope:  protocol.VolumeScope_VOLUME_SCOPE_DAG_RUN, Origin: map[string]string{"dag-id": "d", "run-id": "r=1"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(outcome.GetRemoved(), []string{"a", "c"}) || !slices.Equal(outcome.GetInUse(), []string{"b"}) || !slices.Equal(api.gone, outcome.GetRemoved()) {
		t.Errorf("told %v, removed %v", outcome, api.gone)
	}
	want := `{"label":{"dev.airdock.dag-id=d":true,"dev.airdock.run-id=another":true,"dev.airdock.run-id=r=1":true,"dev.airdock.volume-scope=dag_run":true,"l":true}}`
	if api.asked[0] != want {
		t.Errorf("asked for %s, want %s", api.asked[0], want)
	}
	for _, request := range []*protocol.VolumePruneRequest{
		{},
		{Labels: map[string]string{"": "x"}},
		{Scope: protocol.VolumeScope_VOLUME_SCOPE_DAG_RUN, Origin: map[string]string{"dag-id": "d"}},
		{Labels: map[string]string{"l": "m"}, Scope: 7},
	} {
		api := &fakeVolumes{err: errdefs.ErrInternal}
		_, err := prune(api, request)
		wantKind(t, err, protocol.ErrorKind_INVALID_REQUEST)
	}
}
