package plugin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/containerd/errdefs"

	"airdock.dev/airdock/protocol"
)

// endsWith is a container that ends with a code after a while.
func endsWith(code int64, after time.Duration) func(context.Context) (int64, error) {
	return func(ctx context.Context) (int64, error) {
		if !pause(ctx, after) {
			return 0, ctx.Err()
		}
		return code, nil
	}
}

// stoppable is a container that runs until it is stopped, and then takes its
// time to end. It ends at the latest when it is killed.
type stoppable struct {
	needs time.Duration
	once  sync.Once
	ended chan struct{}
}

func newStoppable(needs time.Duration) *stoppable {
	return &stoppable{needs: needs, ended: make(chan struct{})}
}

func (s *stoppable) stop(ctx context.Context, seconds int) error {
	grace := time.NewTimer(min(s.needs, time.Duration(seconds)*time.Second))
	defer grace.Stop()
	select {
	case <-grace.C:
	case <-s.ended:
	case <-ctx.Done():
		return ctx.Err()
	}
	s.once.Do(func() { close(s.ended) })
	return nil
}

func (s *stoppable) wait(ctx context.Context) (int64, error) {
	select {
	case <-s.ended:
		return 143, nil
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

func TestRunEvents(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		api := &fakeAPI{logs: func(context.Context) (io.ReadCloser, error) { return frames("one\n", "two\n"), nil }}
		r, host := newRun(t, api, func(spec *protocol.RunRequest) { spec.Pull = protocol.PullPolicy_PULL_ALWAYS })
		exit, err := r.run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if want := "PullProgress, Started, one\ntwo"; host.kinds() != want {
			t.Errorf("events %q, want %q", host.kinds(), want)
		}
		if exit.GetExitCode() != 0 || !exit.GetRemoved() || exit.GetContainerId() != "c0ffee" || exit.GetStopped() {
			t.Errorf("exit %+v", exit)
		}
		started := host.all[1].GetStarted()
		if started.GetName() != "box" || started.GetHost() != "tcp://docker:2376" || started.GetAdopted() {
			t.Errorf("started %+v", started)
		}
	})
}

// TestRunRemovePolicy has what becomes of the container of every policy and
// every way to end.
func TestRunRemovePolicy(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		policy  protocol.RemovePolicy
		code    int64
		stopped bool
		removed bool
	}{
		{protocol.RemovePolicy_REMOVE_NEVER, 0, false, false},
		{protocol.RemovePolicy_REMOVE_NEVER, 1, false, false},
		{protocol.RemovePolicy_REMOVE_NEVER, 143, true, false},
		{protocol.RemovePolicy_REMOVE_SUCCESS, 0, false, true},
		{protocol.RemovePolicy_REMOVE_SUCCESS, 1, false, false},
		{protocol.RemovePolicy_REMOVE_SUCCESS, 143, true, true},
		{protocol.RemovePolicy_REMOVE_FORCE, 0, false, true},
		{protocol.RemovePolicy_REMOVE_FORCE, 1, false, true},
		{protocol.RemovePolicy_REMOVE_FORCE, 143, true, true},
	} {
		name := fmt.Sprintf("%s, code %d, stopped %v", c.policy, c.code, c.stopped)
		inBubble(t, func(t *testing.T) {
			api := &fakeAPI{wait: endsWith(c.code, time.Minute)}
			r, _ := newRun(t, api, func(spec *protocol.RunRequest) { spec.Remove = c.policy })
			if c.stopped {
				time.AfterFunc(30*time.Second, func() { r.control.order(nil, nil) })
			}
			exit, err := r.run(t.Context())
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if exit.GetRemoved() != c.removed || int64(exit.GetExitCode()) != c.code || exit.GetStopped() != c.stopped {
				t.Errorf("%s: exit %+v", name, exit)
			}
			if gone := api.seen()[len(api.seen())-len("remove c0ffee"):] == "remove c0ffee"; gone != c.removed {
				t.Errorf("%s: %s", name, api.seen())
			}
		})
	}
}

// TestRunStopOrderDecidesOnRemoval: what Stop says counts more than the policy.
func TestRunStopOrderDecidesOnRemoval(t *testing.T) {
	t.Parallel()
	for _, remove := range []bool{true, false} {
		inBubble(t, func(t *testing.T) {
			box := newStoppable(time.Second)
			api := &fakeAPI{wait: box.wait, stop: box.stop}
			r, _ := newRun(t, api, func(spec *protocol.RunRequest) {
				spec.Remove = protocol.RemovePolicy_REMOVE_NEVER
				if !remove {
					spec.Remove = protocol.RemovePolicy_REMOVE_FORCE
				}
			})
			time.AfterFunc(time.Second, func() { r.control.order(nil, &remove) })
			exit, err := r.run(t.Context())
			if err != nil || exit.GetRemoved() != remove {
				t.Errorf("asked to remove: %v; exit %+v, %v", remove, exit, err)
			}
		})
	}
}

// TestRunStartRefused: nothing stays, the kind says why, and no event claims a
// start.
func TestRunStartRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		message string
		kind    protocol.ErrorKind
	}{
		"no such command": {`OCI runtime create failed: exec: "nope": executable file not found in $PATH: unknown`, protocol.ErrorKind_COMMAND_NOT_FOUND},
		"no such path":    {`OCI runtime create failed: exec: "/nope": stat /nope: no such file or directory: unknown`, protocol.ErrorKind_COMMAND_NOT_FOUND},
		"crun's words":    {"crun: executable file `nope` not found in $PATH: No such file or directory: OCI runtime attempted to invoke a command that was not found", protocol.ErrorKind_COMMAND_NOT_FOUND},
		"not executable":  {`OCI runtime create failed: exec: "/etc/passwd": permission denied: unknown`, protocol.ErrorKind_COMMAND_NOT_EXECUTABLE},
		"wrong platform":  {`OCI runtime create failed: exec /bin/x: exec format error`, protocol.ErrorKind_COMMAND_NOT_EXECUTABLE},
		"no network":      {`network nowhere not found`, protocol.ErrorKind_NETWORK_NOT_FOUND},
		"no such user":    {`unable to find user nobody-here: no matching entries in passwd file`, protocol.ErrorKind_INVALID_REQUEST},
		"no memory":       {`OCI runtime create failed: cannot allocate memory`, protocol.ErrorKind_ENGINE_ERROR},
		"no mount source": {`error while creating mount source path '/x': mkdir /x: no such file or directory`, protocol.ErrorKind_ENGINE_ERROR},
	} {
		inBubble(t, func(t *testing.T) {
			class := errdefs.ErrInvalidArgument.WithMessage(c.message)
			switch c.kind { // of engine 20.10
			case protocol.ErrorKind_NETWORK_NOT_FOUND:
				class = errdefs.ErrNotFound.WithMessage(c.message)
			case protocol.ErrorKind_ENGINE_ERROR, protocol.ErrorKind_INVALID_REQUEST:
				class = errdefs.ErrInternal.WithMessage(c.message)
			}
			api := &fakeAPI{start: func() error { return class }}
			r, host := newRun(t, api, func(spec *protocol.RunRequest) { spec.Remove = protocol.RemovePolicy_REMOVE_NEVER })
			_, err := r.run(t.Context())
			if failure := protocol.FromError(err); failure == nil || failure.Kind != c.kind {
				t.Errorf("%s: got %v, want %s", name, err, c.kind)
			}
			if want := "create box, start c0ffee, remove c0ffee"; api.seen() != want || host.kinds() != "" {
				t.Errorf("%s: %s and events %q, want %s", name, api.seen(), host.kinds(), want)
			}
		})
	}
}

// TestRunHostLost: the policy decides, within 10 s and whatever grace the run
// has asked for.
func TestRunHostLost(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		policy protocol.HostLostPolicy
		remove protocol.RemovePolicy
		grace  time.Duration
		calls  string
	}{
		"stop":               {protocol.HostLostPolicy_HOST_LOST_STOP, protocol.RemovePolicy_REMOVE_FORCE, 3 * time.Second, "create box, start c0ffee, stop c0ffee in 3 s, remove c0ffee"},
		"stop, on success":   {protocol.HostLostPolicy_HOST_LOST_STOP, protocol.RemovePolicy_REMOVE_SUCCESS, 3 * time.Second, "create box, start c0ffee, stop c0ffee in 3 s, remove c0ffee"},
		"stop, never remove": {protocol.HostLostPolicy_HOST_LOST_STOP, protocol.RemovePolicy_REMOVE_NEVER, 3 * time.Second, "create box, start c0ffee, stop c0ffee in 3 s"},
		"stop, long grace":   {protocol.HostLostPolicy_HOST_LOST_STOP, protocol.RemovePolicy_REMOVE_FORCE, time.Hour, "create box, start c0ffee, stop c0ffee in 4 s, remove c0ffee"},
		"stop, no grace":     {protocol.HostLostPolicy_HOST_LOST_STOP, protocol.RemovePolicy_REMOVE_FORCE, 0, "create box, start c0ffee, stop c0ffee in 0 s, remove c0ffee"},
		"keep":               {protocol.HostLostPolicy_HOST_LOST_KEEP, protocol.RemovePolicy_REMOVE_FORCE, 3 * time.Second, "create box, start c0ffee"},
	} {
		inBubble(t, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			box := newStoppable(time.Hour)
			api := &fakeAPI{wait: box.wait, stop: box.stop}
			r, _ := newRun(t, api, func(spec *protocol.RunRequest) { spec.OnHostLost, spec.Remove = c.policy, c.remove })
			r.control.grace = c.grace
			lost := time.Now().Add(time.Minute)
			time.AfterFunc(time.Minute, func() { cancel(errHostLost) })
			if _, err := r.run(ctx); !errors.Is(err, errHostLost) {
				t.Errorf("%s: got %v", name, err)
			}
			if took := time.Since(lost); took > 10*time.Second {
				t.Errorf("%s: settling took %s", name, took)
			}
			if api.seen() != c.calls {
				t.Errorf("%s: %s, want %s", name, api.seen(), c.calls)
			}
		})
	}
}

// TestRunRemovedBySomeoneElse: there is nothing left to stop or remove.
func TestRunRemovedBySomeoneElse(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		api := &fakeAPI{wait: func(ctx context.Context) (int64, error) {
			pause(ctx, time.Minute)
			return 0, errdefs.ErrNotFound.WithMessage("no such container")
		}}
		r, _ := newRun(t, api, nil)
		_, err := r.run(t.Context())
		wantKind(t, err, protocol.ErrorKind_CONTAINER_GONE, "c0ffee")
		if want := "create box, start c0ffee"; api.seen() != want {
			t.Errorf("%s, want %s", api.seen(), want)
		}
	})
}

// TestRunHostRefusesOutput: a host that went away in the middle of the output.
func TestRunHostRefusesOutput(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		box := newStoppable(0)
		api := &fakeAPI{wait: box.wait, stop: box.stop, logs: func(context.Context) (io.ReadCloser, error) { return frames("one\n"), nil }}
		r, host := newRun(t, api, nil)
		r.out = func(event *protocol.Event) error {
			_ = host.take(event)
			if event.GetOutput() != nil {
				return syscall.EPIPE
			}
			return nil
		}
		if _, err := r.run(t.Context()); !errors.Is(err, syscall.EPIPE) {
			t.Errorf("got %v", err)
		}
		if want := "create box, start c0ffee, stop c0ffee in 3 s, remove c0ffee"; api.seen() != want {
			t.Errorf("%s, want %s", api.seen(), want)
		}
	})
}
