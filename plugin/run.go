package plugin

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/hashicorp/go-hclog"
	"golang.org/x/sync/errgroup"

	"airdock.dev/airdock/plugin/logs"
	"airdock.dev/airdock/protocol"
)

// runAPI is what a run needs of an engine.
type runAPI interface {
	createAPI
	prepareAPI
	observeAPI
	settleAPI
	attachAPI
	logs.API
	ContainerStart(ctx context.Context, id string, options container.StartOptions) error
	ContainerWait(ctx context.Context, id string, condition container.WaitCondition) (<-chan container.WaitResponse, <-chan error)
}

// sink takes the events of one operation. It is not safe for concurrent use,
// and an event belongs to the caller again when it returns.
type sink func(*protocol.Event) error

// runner carries one run from its image to its removal.
type runner struct {
	api     runAPI
	host    string
	timeout time.Duration
	spec    *protocol.RunRequest
	control *control
	pulls   *pulls
	ooms    *oomWatch
	out     sink
	log     hclog.Logger

	observed observed
	stderr   tail
	timedOut atomic.Bool
}

// run returns how the container ended. Its context ends when the host is lost,
// or when the run is stopped before its container runs.
func (r *runner) run(ctx context.Context) (*protocol.Exit, error) {
	made, err := r.create(ctx)
	if err != nil {
		return nil, err
	}
	if !made.running {
		err = r.prepare(ctx, made)
	}
	if err == nil {
		err = r.start(ctx, made)
	}
	switch {
	case err != nil && made.running:
		r.abandon(ctx, made, err)
		return nil, err
	case err != nil:
		r.discard(ctx, made)
		return nil, err
	}
	code, err := r.follow(ctx, made)
	if err != nil {
		r.abandon(ctx, made, err)
		return nil, err
	}
	exit := r.exitOf(ctx, made, code)
	switch {
	case r.timedOut.Load():
		err = protocol.Errorf(protocol.ErrorKind_RUN_TIMEOUT,
			"the container %s ran for longer than its run_timeout of %s and was stopped", made.name, r.spec.GetRunTimeout().AsDuration())
	case code == 0:
		err = r.bringBack(ctx, made)
	case !exit.GetStopped():
		r.bringBackFailed(ctx, made)
	}
	if err != nil && ctx.Err() != nil {
		r.abandon(ctx, made, err)
		return nil, err
	}
	if err != nil {
		exit.Stopped = r.control.wasStopped()
	}
	exit.Removed = r.removeAfter(ctx, made, exit, err)
	if err != nil {
		return nil, err
	}
	return exit, nil
}

// bringBack delivers what the container leaves behind.
func (r *runner) bringBack(ctx context.Context, made *created) error {
	if err := r.results(ctx, made); err != nil {
		return err
	}
	return r.outputs(ctx, made)
}

// bringBackFailed delivers what a container that failed left in its result files,
// such as a function's exception. How the run ended is known without them.
func (r *runner) bringBackFailed(ctx context.Context, made *created) {
	if err := r.results(ctx, made); err != nil {
		r.log.Warn("a result file of the failed container cannot be read", "container", made.name, "error", err)
	}
}

// start starts the container unless the run was stopped in the meantime. The
// call is not cancelled half way: its outcome must be known to clean up.
func (r *runner) start(ctx context.Context, made *created) error {
	if !made.running {
		made.attached = r.attach(ctx, made)
	}
	if ctx.Err() != nil {
		made.detach()
		return context.Cause(ctx)
	}
	if !made.running {
		callCtx, done := r.within(context.WithoutCancel(ctx))
		defer done()
		if err := r.api.ContainerStart(callCtx, made.id, container.StartOptions{}); err != nil {
			made.detach()
			return r.startFailure(err)
		}
	}
	r.control.running(made.id, func(grace time.Duration) { r.stop(ctx, made, grace) })
	return nil
}

// stop ends a running container; its run goes on until the last output is there.
func (r *runner) stop(ctx context.Context, made *created, grace time.Duration) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace+r.timeout)
	defer cancel()
	if err := stopContainer(ctx, r.api, made.id, grace); err != nil {
		r.log.Warn("the container could not be stopped", "container", made.name, "error", err)
	}
}

// limit stops a container that runs for too long.
func (r *runner) limit(ctx context.Context, made *created) (cancel func() bool) {
	if r.spec.GetRunTimeout() == nil {
		return func() bool { return true }
	}
	return time.AfterFunc(r.spec.GetRunTimeout().AsDuration(), func() {
		r.timedOut.Store(true)
		r.stop(ctx, made, r.control.grace)
	}).Stop
}

// follow delivers the output and waits for the exit, side by side: neither
// waits for the other, and only the wait decides how the run ended.
func (r *runner) follow(ctx context.Context, made *created) (int64, error) {
	defer made.detach()
	if err := r.out(&protocol.Event{Event: &protocol.Event_Started{Started: &protocol.Started{
		ContainerId: made.id,
		Name:        made.name,
		Image:       r.spec.GetContainer().GetImage(),
		Host:        r.host,
		Adopted:     made.adopted,
	}}}); err != nil {
		return 0, err
	}
	defer r.limit(ctx, made)()
	defer r.observe(ctx, made.id)()
	var code int64
	ended := make(chan struct{})
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		var err error
		code, err = r.wait(ctx, made.id)
		close(ended)
		return err
	})
	group.Go(func() error { return r.deliver(ctx, made, ended) })
	return code, group.Wait()
}

// deliver sends the container's output. An engine that does not deliver it is no
// reason to fail a run whose container does its work.
func (r *runner) deliver(ctx context.Context, made *created, ended <-chan struct{}) error {
	follower := &logs.Follower{
		API:       r.api,
		Container: made.id,
		TTY:       r.spec.GetContainer().GetTty(),
		Mode:      r.spec.GetOutput(),
		Attached:  made.attached,
		Ended:     ended,
		Log:       r.log,
		Send: func(o *protocol.Output) error {
			r.stderr.add(o)
			return r.out(&protocol.Event{Event: &protocol.Event_Output{Output: o}})
		},
	}
	err := follower.Follow(ctx)
	switch {
	case err == nil || ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.Is(err, logs.ErrHost):
		return err
	case errors.Is(err, logs.ErrUnreadable):
		r.log.Warn("output is missing from here on: this container's log driver cannot be read back", "container", made.name)
	default:
		r.log.Warn("output is missing from here on: the engine does not deliver the log", "container", made.name, "error", err)
	}
	return nil
}

// within bounds a call that the engine should answer at once.
func (r *runner) within(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, r.timeout)
}
