package plugin

import (
	"context"
	"errors"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"

	"airdock.dev/airdock/protocol"
)

const (
	// defaultGrace and lostGrace are the time between TERM and KILL: by default,
	// and at most when the host is lost and everything must be over in 10 s.
	defaultGrace = 3 * time.Second
	lostGrace    = 4 * time.Second
	// settleTimeout bounds what is left to do for a host that is lost.
	settleTimeout = 9 * time.Second
	// removalInterval is how often a removal by someone else is looked at.
	removalInterval = 50 * time.Millisecond
)

type settleAPI interface {
	ContainerInspect(ctx context.Context, id string) (container.InspectResponse, error)
	ContainerStop(ctx context.Context, id string, options container.StopOptions) error
	ContainerRemove(ctx context.Context, id string, options container.RemoveOptions) error
}

// discard removes a container that never ran. Whatever the remove policy is,
// there is nothing in it to look at.
func (r *runner) discard(ctx context.Context, made *created) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTimeout)
	defer cancel()
	if err := removeContainer(ctx, r.api, made.id); err != nil {
		r.log.Warn("a container that never ran could not be removed", "container", made.name, "error", err)
	}
}

// abandon settles a container that may still run when nobody follows it any
// more, by the policy for a lost host.
func (r *runner) abandon(ctx context.Context, made *created, reason error) {
	var failure *protocol.Failure
	if errors.As(reason, &failure) && failure.Kind == protocol.ErrorKind_CONTAINER_GONE {
		return
	}
	if r.spec.GetOnHostLost() == protocol.HostLostPolicy_HOST_LOST_KEEP && !r.control.wasStopped() {
		r.log.Info("the host is gone and its container is kept", "container", made.name)
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTimeout)
	defer cancel()
	if err := stopContainer(ctx, r.api, made.id, min(r.control.grace, lostGrace)); err != nil {
		r.log.Warn("a container could not be stopped and may still be running", "container", made.name, "error", err)
		return
	}
	if !r.control.removes(r.spec.GetRemove() != protocol.RemovePolicy_REMOVE_NEVER) {
		return
	}
	if err := removeContainer(ctx, r.api, made.id); err != nil {
		r.log.Warn("a stopped container could not be removed", "container", made.name, "error", err)
	}
}

// removeAfter applies the remove policy to a container that ended by itself or
// was stopped, and says whether it is gone.
func (r *runner) removeAfter(ctx context.Context, made *created, exit *protocol.Exit, failed error) bool {
	remove := false
	switch r.spec.GetRemove() {
	case protocol.RemovePolicy_REMOVE_FORCE:
		remove = true
	case protocol.RemovePolicy_REMOVE_SUCCESS:
		remove = (exit.GetExitCode() == 0 && failed == nil) || exit.GetStopped()
	}
	if exit.GetStopped() {
		remove = r.control.removes(remove)
	}
	if !remove {
		return false
	}
	ctx, cancel := r.within(context.WithoutCancel(ctx))
	defer cancel()
	if err := removeContainer(ctx, r.api, made.id); err != nil {
		r.log.Warn("the container could not be removed", "container", made.name, "error", err)
		return false
	}
	return true
}

// stopContainer returns when the container does not run any more. One that is
// gone, or never ran, is stopped.
func stopContainer(ctx context.Context, api settleAPI, id string, grace time.Duration) error {
	seconds := wholeSeconds(grace)
	err := api.ContainerStop(ctx, id, container.StopOptions{Timeout: &seconds})
	if errdefs.IsNotFound(err) || errdefs.IsNotModified(err) {
		return nil
	}
	return err
}

// wholeSeconds rounds up, as the engine counts in seconds and a short grace must
// not become none.
func wholeSeconds(d time.Duration) int {
	return int((d + time.Second - 1) / time.Second)
}

// removeContainer removes a container with its anonymous volumes and returns when
// it is gone, whoever removes it.
func removeContainer(ctx context.Context, api settleAPI, id string) error {
	err := api.ContainerRemove(ctx, id, container.RemoveOptions{Force: true, RemoveVolumes: true})
	// The engine refuses a second removal while the first one is under way.
	for errdefs.IsConflict(err) && pause(ctx, removalInterval) {
		if _, gone := api.ContainerInspect(ctx, id); gone != nil {
			err = gone
		}
	}
	if errdefs.IsNotFound(err) {
		return nil
	}
	return err
}
