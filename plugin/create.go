package plugin

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"

	"airdock.dev/airdock/plugin/engine"
	"airdock.dev/airdock/plugin/logs"
	"airdock.dev/airdock/protocol"
)

// createAttempts is how often a create whose answer was lost is repeated.
const createAttempts = 3

type createAPI interface {
	pullAPI
	volumeMaker
	CreateContainer(ctx context.Context, name, platform string, body []byte) (container.CreateResponse, error)
	ContainerInspect(ctx context.Context, id string) (container.InspectResponse, error)
}

// created is a container that belongs to this run.
type created struct {
	id, name string
	adopted  bool
	running  bool
	// attached is nil where the output is read from the engine's log alone.
	attached *logs.Attached
}

func (c *created) detach() {
	if c.attached != nil {
		_ = c.attached.Stream.Close()
	}
}

// create makes the run's container, with its image pulled by policy. An image
// that is expected to be there is not asked for first: the create itself tells.
func (r *runner) create(ctx context.Context) (*created, error) {
	if err := r.scopeVolumes(ctx); err != nil {
		return nil, err
	}
	body, err := createBody(r.spec)
	if err != nil {
		return nil, err
	}
	ref, err := normalImage(r.spec.GetContainer().GetImage())
	if err != nil {
		return nil, err
	}
	if r.spec.GetPull() == protocol.PullPolicy_PULL_ALWAYS {
		if err := r.pull(ctx, ref); err != nil {
			return nil, err
		}
	}
	made, err := r.createOnce(ctx, body)
	if !isNoSuchImage(err) {
		return made, r.createFailure(err, ref)
	}
	if r.spec.GetPull() == protocol.PullPolicy_PULL_NEVER {
		return nil, protocol.Errorf(protocol.ErrorKind_IMAGE_NOT_FOUND,
			"the engine at %s does not have the image %s and the pull policy is never; pull or build it first", r.host, ref)
	}
	if err := r.pull(ctx, ref); err != nil {
		return nil, err
	}
	made, err = r.createOnce(ctx, body)
	return made, r.createFailure(err, ref)
}

func (r *runner) pull(ctx context.Context, ref string) error {
	auth, err := registryAuth(r.spec.GetRegistryAuth(), ref)
	if err != nil {
		return err
	}
	order := pullOrder{
		host:       r.host,
		ref:        ref,
		platform:   r.spec.GetContainer().GetPlatform(),
		auth:       auth,
		inactivity: defaultPullInactivity,
	}
	if given := r.spec.GetPullInactivityTimeout(); given != nil {
		order.inactivity = given.AsDuration()
	}
	return r.pulls.do(ctx, r.api, order, r.out)
}

// createOnce creates the container once, even when the engine's first answer
// is lost on the way: its name is then taken by our own. The call itself is not
// cancelled half way, because what it made could not be cleaned up.
func (r *runner) createOnce(ctx context.Context, body []byte) (*created, error) {
	name := nameOf(r.spec)
	var err error
	for attempt := range createAttempts {
		if attempt > 0 && !pause(ctx, time.Duration(attempt)*200*time.Millisecond) {
			return nil, context.Cause(ctx)
		}
		var response container.CreateResponse
		callCtx, cancel := r.within(context.WithoutCancel(ctx))
		response, err = r.api.CreateContainer(callCtx, name, r.spec.GetContainer().GetPlatform(), body)
		cancel()
		switch {
		case err == nil:
			for _, warning := range response.Warnings {
				r.log.Warn(warning, "container", name)
			}
			return &created{id: response.ID, name: name}, nil
		case errdefs.IsConflict(err):
			return r.adopt(ctx, name, err)
		case !engine.IsLost(err) && !errors.Is(err, context.DeadlineExceeded):
			return nil, err
		}
	}
	return nil, err
}

// adopt takes over the container that has the name if it carries this run's
// key and its output has not been delivered to the end.
func (r *runner) adopt(ctx context.Context, name string, conflict error) (*created, error) {
	callCtx, cancel := r.within(ctx)
	defer cancel()
	found, err := r.api.ContainerInspect(callCtx, name)
	if err != nil {
		return nil, conflict
	}
	if found.Config.Labels[labelKey] != r.spec.GetKey() {
		return nil, protocol.Errorf(protocol.ErrorKind_NAME_IN_USE,
			"the name %s is taken by container %.12s (%s), which is not of this run; remove it or choose another container_name",
			name, found.ID, found.State.Status)
	}
	switch found.State.Status {
	case container.StateCreated:
		return &created{id: found.ID, name: name, adopted: true}, nil
	case container.StateRunning, container.StatePaused:
		return &created{id: found.ID, name: name, adopted: true, running: true}, nil
	default:
		return nil, protocol.Errorf(protocol.ErrorKind_NAME_IN_USE,
			"this run's container %s (%.12s) exists already and is %s; remove it to run it again", name, found.ID, found.State.Status)
	}
}

func (r *runner) createFailure(err error, image string) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	switch {
	case isNoSuchImage(err):
		return protocol.Errorf(protocol.ErrorKind_IMAGE_NOT_FOUND,
			"the engine at %s does not have the image %s, which it has just pulled: %w; see whether somebody removes images there, and try again", r.host, image, err)
	case strings.Contains(text, "bind source path does not exist"):
		_, path, _ := strings.Cut(text, "bind source path does not exist: ")
		return protocol.Errorf(protocol.ErrorKind_MOUNT_SOURCE_MISSING,
			"the engine at %s has no %s to bind-mount; the path is looked up on the engine's machine, not on this one: "+
				"use a named volume, put the files into the container (input_files, --copy-in), or share that folder between both machines", r.host, path)
	case errdefs.IsConflict(err):
		return protocol.Errorf(protocol.ErrorKind_NAME_IN_USE,
			"the name %s is taken: %w; remove the container that has it or choose another container_name", nameOf(r.spec), err)
	case strings.Contains(text, "No command specified"):
		return protocol.Errorf(protocol.ErrorKind_INVALID_REQUEST, "the image %s has no command of its own and none is given; give one", image)
	}
	return engine.Failure(err, r.host, "create container")
}

// isNoSuchImage tells a missing image from other missing things, which are 404
// as well.
func isNoSuchImage(err error) bool {
	return errdefs.IsNotFound(err) && strings.Contains(strings.ToLower(err.Error()), "no such image")
}

func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
