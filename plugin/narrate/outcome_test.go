package narrate

import (
	"testing"

	"airdock.dev/airdock/protocol"
)

func TestOutcome(t *testing.T) {
	t.Parallel()
	there := &protocol.Event{Event: &protocol.Event_VolumeInfo{VolumeInfo: &protocol.VolumeInfo{Name: "v"}}}
	removed := func(removed, used []string) *protocol.Event {
		return &protocol.Event{Event: &protocol.Event_VolumesRemoved{VolumesRemoved: &protocol.VolumesRemoved{Removed: removed, InUse: used}}}
	}
	built := &protocol.BuildResult{ImageId: "sha256:1", Seconds: 1.25, StepsCached: 1, StepsBuilt: 2, ContextBytes: 123}
	tagged := &protocol.BuildResult{ImageId: "sha256:1", Tags: []string{"a", "b"}, ContextBytes: 1e5}
	filled := &protocol.VolumeFilled{Volume: "v", FilesSent: 2, BytesSent: 3, Seconds: 0.04, FilesUnchanged: 4, Deleted: 5}
	get := &protocol.VolumeGetRequest{Output: &protocol.OutputSpec{Path: "data", Target: "/out/"}}
	for name, c := range map[string]struct {
		request any
		event   *protocol.Event
		want    []string
	}{
		"build": {
			&protocol.BuildRequest{}, &protocol.Event{Event: &protocol.Event_BuildResult{BuildResult: built}},
			[]string{"Built sha256:1 in 1.2 s: 1 of 3 steps from the cache, 2 built, 123 bytes of context sent"},
		},
		"build with tags": {
			&protocol.BuildRequest{}, &protocol.Event{Event: &protocol.Event_BuildResult{BuildResult: tagged}},
			[]string{"Built sha256:1 as a, b in 0.0 s: 0 of 0 steps from the cache, 0 built, 0.1 MB of context sent"},
		},
		"create a volume":  {&protocol.VolumeCreateRequest{}, there, []string{"Volume v is there."}},
		"inspect a volume": {&protocol.VolumeInspectRequest{}, there, nil},
		"remove a volume":  {&protocol.VolumeRemoveRequest{}, removed([]string{"v"}, nil), []string{"Removed: v."}},
		"remove no volume": {&protocol.VolumePruneRequest{}, removed(nil, nil), []string{"Removed: no volume."}},
		"prune volumes": {
			&protocol.VolumePruneRequest{}, removed([]string{"v", "w"}, []string{"x", "y"}),
			[]string{"Removed: v, w.", "WARNING Containers use x, y: not removed."},
		},
		"put": {
			&protocol.VolumePutRequest{}, &protocol.Event{Event: &protocol.Event_VolumeFilled{VolumeFilled: filled}},
			[]string{"Put 2 files (3 bytes) into the volume v in 0.0 s; 4 unchanged, 5 deleted."},
		},
		"get": {
			get, &protocol.Event{Event: &protocol.Event_VolumeFetched{VolumeFetched: &protocol.VolumeFetched{
				Volume: "v", Found: true, Files: 1, Bytes: 1e9,
			}}},
			[]string{"Fetched 1 file (1000.0 MB) from the volume v to /out/."},
		},
		"get nothing": {
			get, &protocol.Event{Event: &protocol.Event_VolumeFetched{VolumeFetched: &protocol.VolumeFetched{Volume: "v"}}},
			[]string{"The volume v has nothing at data: no file is fetched."},
		},
		"another call": {&protocol.InfoRequest{}, &protocol.Event{Event: &protocol.Event_EngineInfo{}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			teller := newTeller(c.request)
			teller.tell(t, pulls(&protocol.PullProgress{}), c.event)
			before := []string{"::group::Pulling image bash", "Asking the registry", "::endgroup::"}
			last := teller.lines[len(teller.lines)-1]
			teller.wants(t, append(append(before, c.want...), last)...)
			if last[0] != '*' {
				t.Errorf("the last event is %q, and not the outcome", last)
			}
		})
	}
}
