package narrate

import (
	"testing"
	"time"

	"airdock.dev/airdock/protocol"
)

func TestPull(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		teller := newTeller(&protocol.RunRequest{})
		for second := range 25 {
			teller.tell(t, pulls(&protocol.PullProgress{
				Layers: 2, LayersDone: int32(second / 20), Bytes: int64(second) * 1e6, BytesTotal: 30e6,
			}))
			passes(time.Second)
		}
		teller.tell(t, pulls(&protocol.PullProgress{Done: true, Status: "Status: Downloaded newer image for bash"}), exits())
		teller.wants(t,
			"::group::Pulling image bash",
			"0 of 2 layers, 0 bytes of 30.0 MB",
			"0 of 2 layers, 10.0 MB of 30.0 MB",
			"1 of 2 layers, 20.0 MB of 30.0 MB",
			"Status: Downloaded newer image for bash",
			"::endgroup::",
			"*protocol.Event_Exit",
		)
	})
}

func TestPullIsOver(t *testing.T) {
	t.Parallel()
	const group, end = "::group::Pulling image bash", "::endgroup::"
	begun := pulls(&protocol.PullProgress{Status: "Pulling from library/bash"})
	for name, c := range map[string]struct {
		events []*protocol.Event
		want   []string
	}{
		"with an error": {[]*protocol.Event{begun}, []string{group, "Pulling from library/bash", end}},
		"at once":       {[]*protocol.Event{pulls(&protocol.PullProgress{Done: true})}, []string{group, "Pulled bash", end}},
		"of no bytes": {
			[]*protocol.Event{pulls(&protocol.PullProgress{Layers: 3, LayersDone: 3})},
			[]string{group, "3 of 3 layers", end},
		},
		"when the container runs": {
			[]*protocol.Event{pulls(&protocol.PullProgress{}), {Event: &protocol.Event_Started{Started: &protocol.Started{}}}},
			[]string{group, "Asking the registry", end, "Container  () of image  runs on "},
		},
		"before it began": {nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			teller := newTeller(&protocol.RunRequest{})
			teller.tell(t, c.events...)
			teller.Fail(protocol.Errorf(protocol.ErrorKind_PULL_DENIED, "no"))
			teller.Fail(protocol.Errorf(protocol.ErrorKind_PULL_DENIED, "no"))
			teller.wants(t, c.want...)
		})
	}
}

// TestPushes: each name that is pushed has its fold, after those of a build.
func TestPushes(t *testing.T) {
	t.Parallel()
	teller := newTeller(&protocol.BuildRequest{})
	teller.tell(t, starts(1), finishes(1),
		pushes("r/a", &protocol.PushProgress{Layers: 1, Bytes: 5, BytesTotal: 10}),
		pushes("r/a", &protocol.PushProgress{Done: true}),
		pushes("r/b", &protocol.PushProgress{Done: true}))
	teller.wants(t,
		"::group::step 1", "done in 1.0 s", "::endgroup::",
		"::group::Pushing image r/a", "0 of 1 layers, 5 bytes of 10 bytes", "Pushed r/a", "::endgroup::",
		"::group::Pushing image r/b", "Pushed r/b", "::endgroup::",
	)
}

// TestTransfer has a line in each interval that a transfer takes, and none for one
// that is done before.
func TestTransfer(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		progress *protocol.TransferProgress
		want     string
	}{
		"to the engine":   {&protocol.TransferProgress{Path: "/a", Files: 2, Bytes: 10}, "Copying /a: 2 files, 10 bytes"},
		"to this machine": {&protocol.TransferProgress{Path: "/a", Fetch: true, Bytes: 1e6}, "Fetching /a: 0 files, 1.0 MB"},
		"of known size": {
			&protocol.TransferProgress{Path: "/a", Files: 1, FilesTotal: 3, Bytes: 1e6, BytesTotal: 2e6},
			"Copying /a: 1 of 3 files, 1.0 MB of 2.0 MB",
		},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				teller := newTeller(&protocol.VolumePutRequest{})
				teller.tell(t, moves(c.progress))
				passes(9 * time.Second)
				teller.tell(t, moves(c.progress))
				passes(time.Second)
				teller.tell(t, moves(c.progress), moves(c.progress))
				passes(11 * time.Second)
				done := &protocol.TransferProgress{Path: "/a", Done: true}
				teller.tell(t, moves(done), moves(c.progress), moves(done))
				teller.wants(t, c.want)
			})
		})
	}
}
