package plugin

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/google/go-cmp/cmp"

	"airdock.dev/airdock/protocol"
)

// stopped runs r as the server does: a stop before the container runs cancels
// the context.
func runStoppable(t *testing.T, r *runner) (*protocol.Exit, error) {
	t.Helper()
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	r.control.bind(func() { cancel(errStopped) })
	return r.run(ctx)
}

func TestStopWhileItRuns(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		box := newStoppable(time.Second)
		api := &fakeAPI{wait: box.wait, stop: box.stop}
		r, _ := newRun(t, api, nil)
		time.AfterFunc(time.Minute, func() { r.control.order(nil, nil) })
		exit, err := runStoppable(t, r)
		if err != nil {
			t.Fatal(err)
		}
		if !exit.GetStopped() || exit.GetExitCode() != 143 || !exit.GetRemoved() {
			t.Errorf("exit %+v", exit)
		}
		if want := "create box, start c0ffee, stop c0ffee in 3 s, remove c0ffee"; api.seen() != want {
			t.Errorf("%s, want %s", api.seen(), want)
		}
		if diff := cmp.Diff([]string{"c0ffee"}, r.control.containers()); diff != "" {
			t.Error(diff)
		}
	})
}

// TestStopDuringThePull: nothing was made and nothing is.
func TestStopDuringThePull(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		api := &fakeAPI{pull: func(ctx context.Context, _ string) (io.ReadCloser, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}}
		r, _ := newRun(t, api, func(spec *protocol.RunRequest) { spec.Pull = protocol.PullPolicy_PULL_ALWAYS })
		time.AfterFunc(time.Minute, func() { r.control.order(nil, nil) })
		if _, err := runStoppable(t, r); !errors.Is(err, errStopped) {
			t.Errorf("got %v", err)
		}
		if want := "pull bash:latest"; api.seen() != want {
			t.Errorf("%s, want %s", api.seen(), want)
		}
	})
}

// TestStopDuringTheStart: the start is not given up half way, and what it
// started is stopped and removed.
func TestStopDuringTheStart(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		box := newStoppable(time.Second)
		api := &fakeAPI{wait: box.wait, stop: box.stop}
		r, _ := newRun(t, api, nil)
		api.start = func() error {
			r.control.order(nil, nil)
			pause(t.Context(), time.Second)
			return nil
		}
		if _, err := runStoppable(t, r); !errors.Is(err, errStopped) {
			t.Errorf("got %v", err)
		}
		if want := "create box, start c0ffee, stop c0ffee in 3 s, remove c0ffee"; api.seen() != want {
			t.Errorf("%s, want %s", api.seen(), want)
		}
	})
}

// TestStopBeforeItIsBound: an order that comes before the run has begun to do
// anything.
func TestStopBeforeItIsBound(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		api := &fakeAPI{}
		r, _ := newRun(t, api, nil)
		r.control.order(nil, nil)
		if _, err := runStoppable(t, r); !errors.Is(err, errStopped) {
			t.Errorf("got %v", err)
		}
		if want := "create box, remove c0ffee"; api.seen() != want && api.seen() != "" {
			t.Errorf("%s, want nothing or %s", api.seen(), want)
		}
	})
}

// TestStopTwice: a second order shortens the grace of the first one.
func TestStopTwice(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		box := newStoppable(time.Hour)
		api := &fakeAPI{wait: box.wait, stop: box.stop}
		r, _ := newRun(t, api, nil)
		began, long, none := time.Now(), time.Minute, time.Duration(0)
		time.AfterFunc(time.Second, func() { r.control.order(&long, nil) })
		time.AfterFunc(2*time.Second, func() { r.control.order(&none, nil) })
		exit, err := runStoppable(t, r)
		if err != nil || !exit.GetStopped() {
			t.Fatalf("exit %+v, %v", exit, err)
		}
		if took := time.Since(began); took > 4*time.Second {
			t.Errorf("took %s", took)
		}
		if want := "create box, start c0ffee, stop c0ffee in 60 s, stop c0ffee in 0 s, remove c0ffee"; api.seen() != want {
			t.Errorf("%s, want %s", api.seen(), want)
		}
	})
}

// TestStopGrace rounds up to the engine's seconds, so that a short grace does
// not become none.
func TestStopGrace(t *testing.T) {
	t.Parallel()
	for grace, want := range map[time.Duration]string{
		0:                       "stop c0ffee in 0 s",
		time.Millisecond:        "stop c0ffee in 1 s",
		1500 * time.Millisecond: "stop c0ffee in 2 s",
		10 * time.Second:        "stop c0ffee in 10 s",
	} {
		api := &fakeAPI{}
		if err := stopContainer(t.Context(), api, "c0ffee", grace); err != nil || api.seen() != want {
			t.Errorf("%s: %s, %v; want %s", grace, api.seen(), err, want)
		}
	}
}

// TestStopAndRemoveAreIdempotent: what is gone already, or is being removed by
// someone else, is done.
func TestStopAndRemoveAreIdempotent(t *testing.T) {
	t.Parallel()
	gone := errdefs.ErrNotFound.WithMessage("no such container")
	busy := errdefs.ErrConflict.WithMessage("removal of container c0ffee is already in progress")
	still := errdefs.ErrNotModified.WithMessage("container is already stopped")
	broken := errdefs.ErrInternal.WithMessage("device or resource busy")
	for name, c := range map[string]struct {
		stop, remove        error
		stopFails, remFails bool
	}{
		"gone":            {gone, gone, false, false},
		"already stopped": {still, nil, false, false},
		"being removed":   {nil, busy, false, false},
		"broken":          {broken, broken, true, true},
	} {
		api := &fakeAPI{stop: func(context.Context, int) error { return c.stop }, remove: func() error { return c.remove }}
		if err := stopContainer(t.Context(), api, "c0ffee", 0); (err != nil) != c.stopFails {
			t.Errorf("%s: stop gives %v", name, err)
		}
		if err := removeContainer(t.Context(), api, "c0ffee"); (err != nil) != c.remFails {
			t.Errorf("%s: remove gives %v", name, err)
		}
	}
}

// listing is an engine with containers that carry a key.
type listing struct {
	*fakeAPI
	list func(options container.ListOptions) ([]container.Summary, error)
}

func (l listing) ContainerList(_ context.Context, options container.ListOptions) ([]container.Summary, error) {
	return l.list(options)
}

func TestStopByKey(t *testing.T) {
	t.Parallel()
	for _, remove := range []bool{true, false} {
		var asked container.ListOptions
		api := listing{&fakeAPI{}, func(options container.ListOptions) ([]container.Summary, error) {
			asked = options
			return []container.Summary{{ID: "one"}, {ID: "two"}}, nil
		}}
		response, err := stopByKey(t.Context(), api, "k1", 2*time.Second, remove)
		if err != nil {
			t.Fatal(err)
		}
		if !asked.All || !asked.Filters.ExactMatch("label", "dev.airdock.key=k1") {
			t.Errorf("asked for %+v", asked)
		}
		if diff := cmp.Diff([]string{"one", "two"}, response.GetContainers()); diff != "" {
			t.Error(diff)
		}
		want := "stop one in 2 s, stop two in 2 s"
		if remove {
			want = "stop one in 2 s, remove one, stop two in 2 s, remove two"
		}
		if api.seen() != want {
			t.Errorf("%s, want %s", api.seen(), want)
		}
	}
}

// TestStopByKeyGoesOn: one container that cannot be stopped keeps the others
// from nothing, and is told of.
func TestStopByKeyGoesOn(t *testing.T) {
	t.Parallel()
	failed := errdefs.ErrInternal.WithMessage("cannot kill container")
	calls := 0
	api := listing{&fakeAPI{stop: func(context.Context, int) error {
		if calls++; calls == 1 {
			return failed
		}
		return nil
	}}, func(container.ListOptions) ([]container.Summary, error) {
		return []container.Summary{{ID: "one"}, {ID: "two"}}, nil
	}}
	if _, err := stopByKey(t.Context(), api, "k1", 0, true); !errors.Is(err, failed) {
		t.Errorf("got %v", err)
	}
	if want := "stop one in 0 s, stop two in 0 s, remove two"; api.seen() != want {
		t.Errorf("%s, want %s", api.seen(), want)
	}
}
