package narrate

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	"airdock.dev/airdock/protocol"
)

// teller is a narrator whose lines are kept, each with its level when that is not
// INFO. Events that pass are kept by their names.
type teller struct {
	*Narrator
	lines []string
}

func newTeller(request any) *teller {
	t := &teller{}
	t.Narrator = New(func(event *protocol.Event) error {
		switch e := event.GetEvent().(type) {
		case *protocol.Event_Log:
			level := ""
			if e.Log.GetLevel() != protocol.Log_INFO {
				level = e.Log.GetLevel().String() + " "
			}
			t.lines = append(t.lines, level+e.Log.GetText())
		default:
			t.lines = append(t.lines, fmt.Sprintf("%T", e))
		}
		return nil
	})
	t.Request(request)
	return t
}

func (t *teller) wants(test *testing.T, want ...string) {
	test.Helper()
	if diff := cmp.Diff(want, t.lines); diff != "" {
		test.Errorf("-want +got:\n%s", diff)
	}
}

// tell gives events to the narrator and fails the test when it does not take one.
func (t *teller) tell(test *testing.T, events ...*protocol.Event) {
	test.Helper()
	for _, event := range events {
		if err := t.Event(event); err != nil {
			test.Fatal(err)
		}
	}
}

// inBubble runs a test whose time stands still while it works.
func inBubble(t *testing.T, test func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, test)
}

func passes(d time.Duration) { <-time.After(d) }

func pulls(progress *protocol.PullProgress) *protocol.Event {
	progress.Image = "bash"
	return &protocol.Event{Event: &protocol.Event_PullProgress{PullProgress: progress}}
}

func pushes(image string, progress *protocol.PushProgress) *protocol.Event {
	progress.Image = image
	return &protocol.Event{Event: &protocol.Event_PushProgress{PushProgress: progress}}
}

func moves(progress *protocol.TransferProgress) *protocol.Event {
	return &protocol.Event{Event: &protocol.Event_TransferProgress{TransferProgress: progress}}
}

func exits() *protocol.Event {
	return &protocol.Event{Event: &protocol.Event_Exit{Exit: &protocol.Exit{}}}
}

// TestWhatPasses: a program's output, files and the outcome are not the narrator's.
func TestWhatPasses(t *testing.T) {
	t.Parallel()
	events := []*protocol.Event{
		{Event: &protocol.Event_Output{Output: &protocol.Output{Text: "a\n"}}},
		{Event: &protocol.Event_ResultFile{ResultFile: &protocol.ResultFile{Data: []byte("x")}}},
		exits(),
	}
	var got []*protocol.Event
	n := New(func(event *protocol.Event) error {
		got = append(got, event)
		return nil
	})
	n.Request(&protocol.RunRequest{})
	for _, event := range events {
		if err := n.Event(event); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(events, got, protocmp.Transform()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestHostThatTakesNothing: the verb learns that nobody listens, and the narrator
// does not go on.
func TestHostThatTakesNothing(t *testing.T) {
	t.Parallel()
	gone, sent := errors.New("gone"), 0
	n := New(func(*protocol.Event) error {
		sent++
		return gone
	})
	for range 3 {
		if err := n.Event(pulls(&protocol.PullProgress{})); !errors.Is(err, gone) {
			t.Errorf("got %v", err)
		}
	}
	n.Fail(gone)
	if sent != 1 {
		t.Errorf("it was tried %d times", sent)
	}
}

func TestRun(t *testing.T) {
	t.Parallel()
	start := &protocol.Started{Name: "box", ContainerId: "0123456789abcdef", Image: "bash", Host: "tcp://e:2376"}
	adopted := &protocol.Started{Name: "box", ContainerId: "c0ffee", Image: "bash", Host: "tcp://e:2376", Adopted: true}
	for name, c := range map[string]struct {
		event *protocol.Event
		want  string
	}{
		"started": {
			&protocol.Event{Event: &protocol.Event_Started{Started: start}},
			"Container box (0123456789ab) of image bash runs on tcp://e:2376",
		},
		"adopted": {
			&protocol.Event{Event: &protocol.Event_Started{Started: adopted}},
			"Container box (c0ffee) of image bash found, and followed, on tcp://e:2376",
		},
		"a file goes in": {
			moves(&protocol.TransferProgress{Path: "/in", Files: 1, Bytes: 99_999, Done: true}),
			"Copied 1 file (99999 bytes) to /in in the container.",
		},
		"files go in": {
			moves(&protocol.TransferProgress{Path: "/in", Files: 12, Bytes: 3_449_999, Done: true}),
			"Copied 12 files (3.4 MB) to /in in the container.",
		},
		"an output": {
			&protocol.Event{Event: &protocol.Event_OutputFetched{OutputFetched: &protocol.OutputFetched{
				Path: "/out", Target: "/t", Found: true, Bytes: 100_000,
			}}},
			"Fetched 0 files (0.1 MB) from /out to /t.",
		},
		"no output": {
			&protocol.Event{Event: &protocol.Event_OutputFetched{OutputFetched: &protocol.OutputFetched{Path: "/out"}}},
			"The container has nothing at /out: no file is fetched.",
		},
	} {
		t.Run(name, func(t *testing.T) {
			teller := newTeller(&protocol.RunRequest{})
			teller.tell(t, c.event)
			teller.wants(t, c.want)
		})
	}
}

// TestFailure: only a build's error is told, and folds are closed in any case.
func TestFailure(t *testing.T) {
	t.Parallel()
	failed := protocol.Errorf(protocol.ErrorKind_BUILD_STEP_FAILED, "RUN failed:\n  1 | RUN false\n")
	stopped := protocol.Errorf(protocol.ErrorKind_STOPPED, "the build was stopped")
	for name, c := range map[string]struct {
		request any
		err     error
		want    []string
	}{
		"build":            {&protocol.BuildRequest{}, failed, []string{"ERROR RUN failed:\n  1 | RUN false"}},
		"build, stopped":   {&protocol.BuildRequest{}, stopped, nil},
		"build, host lost": {&protocol.BuildRequest{}, errors.New("canceled"), nil},
		"run":              {&protocol.RunRequest{}, failed, nil},
		"not even a request": {
			nil, failed, nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			teller := newTeller(c.request)
			teller.tell(t, pulls(&protocol.PullProgress{}), pushes("r/a", &protocol.PushProgress{Layers: 1}), starts(1))
			teller.Fail(c.err)
			teller.wants(t, append([]string{
				"::group::Pulling image bash", "Asking the registry",
				"::group::Pushing image r/a", "0 of 1 layers",
				"::group::step 1", "::endgroup::", "::endgroup::", "::endgroup::",
			}, c.want...)...)
		})
	}
}
