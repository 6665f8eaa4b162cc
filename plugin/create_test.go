package plugin

import (
	"context"
	"errors"
	"io"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"

	"airdock.dev/airdock/protocol"
)

var (
	noSuchImage = errdefs.ErrNotFound.WithMessage("No such image: bash:latest")
	nameTaken   = errdefs.ErrConflict.WithMessage(`Conflict. The container name "/box" is already in use`)
)

// inBubble runs the test on a clock of its own.
func inBubble(t *testing.T, test func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, test)
}

// TestRunPullPolicy has each policy with an image that the engine has, and with
// one that it lacks.
func TestRunPullPolicy(t *testing.T) {
	t.Parallel()
	has := func(int, []byte) (container.CreateResponse, error) {
		return container.CreateResponse{ID: "c0ffee"}, nil
	}
	lacks := func(call int, _ []byte) (container.CreateResponse, error) {
		if call == 0 {
			return container.CreateResponse{}, noSuchImage
		}
		return container.CreateResponse{ID: "c0ffee"}, nil
	}
	for name, c := range map[string]struct {
		policy protocol.PullPolicy
		create func(int, []byte) (container.CreateResponse, error)
		calls  string
		fails  bool
	}{
		"missing, there":     {protocol.PullPolicy_PULL_MISSING, has, "create box, start c0ffee, remove c0ffee", false},
		"missing, not there": {protocol.PullPolicy_PULL_MISSING, lacks, "create box, pull bash:latest, create box, start c0ffee, remove c0ffee", false},
		"always, there":      {protocol.PullPolicy_PULL_ALWAYS, has, "pull bash:latest, create box, start c0ffee, remove c0ffee", false},
		"never, there":       {protocol.PullPolicy_PULL_NEVER, has, "create box, start c0ffee, remove c0ffee", false},
		"never, not there":   {protocol.PullPolicy_PULL_NEVER, lacks, "create box", true},
	} {
		inBubble(t, func(t *testing.T) {
			api := &fakeAPI{create: c.create}
			r, _ := newRun(t, api, func(spec *protocol.RunRequest) { spec.Pull = c.policy })
			_, err := r.run(t.Context())
			if c.fails {
				wantKind(t, err, protocol.ErrorKind_IMAGE_NOT_FOUND, "never", "bash:latest")
			} else if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if got := api.seen(); got != c.calls {
				t.Errorf("%s: %s, want %s", name, got, c.calls)
			}
		})
	}
}

// TestRunImageStillMissing: a pull that claims success without bringing the
// image is no endless loop.
func TestRunImageStillMissing(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		api := &fakeAPI{create: func(int, []byte) (container.CreateResponse, error) { return container.CreateResponse{}, noSuchImage }}
		r, _ := newRun(t, api, nil)
		_, err := r.run(t.Context())
		wantKind(t, err, protocol.ErrorKind_IMAGE_NOT_FOUND)
		if want := "create box, pull bash:latest, create box"; api.seen() != want {
			t.Errorf("%s, want %s", api.seen(), want)
		}
	})
}

// TestRunCreateAnswerLost: the engine made the container and its answer did not
// arrive. The run takes over what it finds under its name, once.
func TestRunCreateAnswerLost(t *testing.T) {
	t.Parallel()
	for name, lost := range map[string]error{
		"reset":   syscall.ECONNRESET,
		"cut":     io.ErrUnexpectedEOF,
		"timeout": context.DeadlineExceeded,
	} {
		inBubble(t, func(t *testing.T) {
			api := &fakeAPI{
				create: func(call int, _ []byte) (container.CreateResponse, error) {
					if call == 0 {
						return container.CreateResponse{}, lost
					}
					return container.CreateResponse{}, nameTaken
				},
				inspect: func(string) (container.InspectResponse, error) { return found("k1", container.StateCreated), nil },
			}
			r, host := newRun(t, api, nil)
			if _, err := r.run(t.Context()); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if want := "create box, create box, start c0ffee, remove c0ffee"; api.seen() != want {
				t.Errorf("%s: %s, want %s", name, api.seen(), want)
			}
			if started := host.all[0].GetStarted(); !started.GetAdopted() || started.GetContainerId() != "c0ffee" {
				t.Errorf("%s: started %+v", name, started)
			}
		})
	}
}

// found is a container under the run's name.
func found(key string, status container.ContainerState) container.InspectResponse {
	return container.InspectResponse{
		ContainerJSONBase: &container.ContainerJSONBase{ID: "c0ffee", State: &container.State{Status: status}},
		Config:            &container.Config{Labels: map[string]string{labelKey: key}},
	}
}

// TestRunNameTaken: whose the container is and what it does decides.
func TestRunNameTaken(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		key     string
		status  container.ContainerState
		calls   string
		refused bool
	}{
		"ours, created":     {"k1", container.StateCreated, "create box, start c0ffee, remove c0ffee", false},
		"ours, running":     {"k1", container.StateRunning, "create box, remove c0ffee", false},
		"ours, exited":      {"k1", container.StateExited, "create box", true},
		"ours, removing":    {"k1", container.StateRemoving, "create box", true},
		"another, running":  {"k2", container.StateRunning, "create box", true},
		"another, exited":   {"k2", container.StateExited, "create box", true},
		"nobody's, created": {"", container.StateCreated, "create box", true},
	} {
		inBubble(t, func(t *testing.T) {
			api := &fakeAPI{
				create:  func(int, []byte) (container.CreateResponse, error) { return container.CreateResponse{}, nameTaken },
				inspect: func(string) (container.InspectResponse, error) { return found(c.key, c.status), nil },
			}
			r, _ := newRun(t, api, nil)
			_, err := r.run(t.Context())
			if c.refused {
				wantKind(t, err, protocol.ErrorKind_NAME_IN_USE, "box")
			} else if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if api.seen() != c.calls {
				t.Errorf("%s: %s, want %s", name, api.seen(), c.calls)
			}
		})
	}
}

// TestRunCreateFails: nothing was made, so nothing is started or removed.
func TestRunCreateFails(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err   error
		kind  protocol.ErrorKind
		calls string
	}{
		"bind source": {errdefs.ErrInvalidArgument.WithMessage("invalid mount config for type \"bind\": bind source path does not exist: /nowhere"),
			protocol.ErrorKind_MOUNT_SOURCE_MISSING, "create box"},
		"no command":  {errdefs.ErrInvalidArgument.WithMessage("No command specified"), protocol.ErrorKind_INVALID_REQUEST, "create box"},
		"refused":     {errdefs.ErrInvalidArgument.WithMessage("invalid IPC mode"), protocol.ErrorKind_INVALID_REQUEST, "create box"},
		"disk full":   {errdefs.ErrInternal.WithMessage("no space left on device"), protocol.ErrorKind_ENGINE_ERROR, "create box"},
		"lost thrice": {syscall.ECONNREFUSED, protocol.ErrorKind_ENGINE_LOST, "create box, create box, create box"},
		"slow thrice": {context.DeadlineExceeded, protocol.ErrorKind_ENGINE_TIMEOUT, "create box, create box, create box"},
	} {
		inBubble(t, func(t *testing.T) {
			err := c.err
			if errors.Is(err, syscall.ECONNREFUSED) {
				err = &netError{err}
			}
			api := &fakeAPI{create: func(int, []byte) (container.CreateResponse, error) { return container.CreateResponse{}, err }}
			r, host := newRun(t, api, nil)
			_, got := r.run(t.Context())
			wantKind(t, got, c.kind)
			if api.seen() != c.calls || host.kinds() != "" {
				t.Errorf("%s: %s and events %s, want %s", name, api.seen(), host.kinds(), c.calls)
			}
		})
	}
}

// netError has the shape of a dial that was refused.
type netError struct{ error }

func (n *netError) Unwrap() error { return errors.Join(io.EOF, n.error) }

// TestRunCancelledBeforeItStarts: the container exists by then and must not
// stay, whatever the remove policy is.
func TestRunCancelledBeforeItStarts(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		defer cancel(nil)
		api := &fakeAPI{create: func(int, []byte) (container.CreateResponse, error) {
			cancel(errStopped)
			return container.CreateResponse{ID: "c0ffee"}, nil
		}}
		r, host := newRun(t, api, func(spec *protocol.RunRequest) { spec.Remove = protocol.RemovePolicy_REMOVE_NEVER })
		if _, err := r.run(ctx); !errors.Is(err, errStopped) {
			t.Errorf("got %v", err)
		}
		if want := "create box, remove c0ffee"; api.seen() != want || host.kinds() != "" {
			t.Errorf("%s and events %q, want %s and none", api.seen(), host.kinds(), want)
		}
	})
}

// TestRunLosesItsHostBeforeItAdopts: a container that runs already is settled as
// one that runs, by the policy for a lost host.
func TestRunLosesItsHostBeforeItAdopts(t *testing.T) {
	t.Parallel()
	for policy, calls := range map[protocol.HostLostPolicy]string{
		protocol.HostLostPolicy_HOST_LOST_STOP: "create box, stop c0ffee in 3 s, remove c0ffee",
		protocol.HostLostPolicy_HOST_LOST_KEEP: "create box",
	} {
		inBubble(t, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			api := &fakeAPI{
				create: func(int, []byte) (container.CreateResponse, error) { return container.CreateResponse{}, nameTaken },
				inspect: func(string) (container.InspectResponse, error) {
					cancel(errHostLost)
					return found("k1", container.StateRunning), nil
				},
			}
			r, _ := newRun(t, api, func(spec *protocol.RunRequest) { spec.OnHostLost = policy })
			if _, err := r.run(ctx); !errors.Is(err, errHostLost) {
				t.Errorf("%s: got %v", policy, err)
			}
			if api.seen() != calls {
				t.Errorf("%s: %s, want %s", policy, api.seen(), calls)
			}
		})
	}
}
