package plugin

import (
	"context"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"

	"airdock.dev/airdock/protocol"
)

const (
	// lostAfter is how long an engine may be out of reach before a run that it
	// has is given up. An engine that is restarted is back within half of it.
	lostAfter      = 15 * time.Second
	maxWaitBackoff = 2 * time.Second
)

// wait returns the exit code. A connection that breaks while the container runs
// is made again; an engine that was restarted in between tells how the
// container ended.
func (r *runner) wait(ctx context.Context, id string) (int64, error) {
	var brokenSince time.Time
	backoff := 100 * time.Millisecond
	for {
		code, held, err := r.waitOnce(ctx, id)
		switch {
		case err == nil:
			return code, nil
		case ctx.Err() != nil:
			return 0, context.Cause(ctx)
		case errdefs.IsNotFound(err):
			return 0, protocol.Errorf(protocol.ErrorKind_CONTAINER_GONE,
				"container %.12s was removed by someone else while the run followed it", id)
		}
		if brokenSince.IsZero() || held > maxWaitBackoff {
			brokenSince, backoff = time.Now(), 100*time.Millisecond
			r.log.Warn("the connection to the engine broke, trying again", "container", id, "error", err)
		}
		if time.Since(brokenSince) > lostAfter {
			return 0, protocol.Errorf(protocol.ErrorKind_ENGINE_LOST,
				"the engine at %s went out of reach while container %s ran there, which may still be running: %w; find it by its label %s=%s",
				r.host, nameOf(r.spec), err, labelKey, r.spec.GetKey())
		}
		if !pause(ctx, backoff) {
			return 0, context.Cause(ctx)
		}
		backoff = min(2*backoff, maxWaitBackoff)
	}
}

// waitOnce also returns how long the connection held: a dial that takes long to
// fail is no sign of an engine that is back.
func (r *runner) waitOnce(ctx context.Context, id string) (code int64, held time.Duration, err error) {
	// The library's goroutine delivers to a channel without a buffer; it ends
	// when this context does.
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	results, failures := r.api.ContainerWait(ctx, id, container.WaitConditionNotRunning)
	answered := time.Now()
	select {
	case result := <-results:
		return result.StatusCode, time.Since(answered), nil
	case err := <-failures:
		return 0, time.Since(answered), err
	}
}
