package logs

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/hashicorp/go-hclog"

	"airdock.dev/airdock/protocol"
)

const (
	// drainTimeout is how long the log stream of a container that has ended may
	// stay silent before it is taken for stuck and read anew without following.
	drainTimeout = 5 * time.Second
	// giveUpAfter is how long the engine may be out of reach.
	giveUpAfter = 15 * time.Second
	maxBackoff  = 2 * time.Second
)

var (
	// ErrUnreadable says that the container's log driver cannot be read back.
	ErrUnreadable = errors.New("log driver cannot be read")
	// ErrHost says that the host does not take the output any more.
	ErrHost = errors.New("host does not take the output")
)

// API is the engine call that a Follower needs.
type API interface {
	ContainerLogs(ctx context.Context, container string, options container.LogsOptions) (io.ReadCloser, error)
}

// Follower delivers the output of one container, from its beginning to its end,
// without loss or repetition however often the connection breaks. It reads what
// the container writes while it is attached to it, and after that the engine's log.
type Follower struct {
	API       API
	Container string
	TTY       bool
	Mode      protocol.OutputMode
	// Attached is nil where all of the output is read from the engine's log.
	Attached *Attached
	Send     func(*protocol.Output) error
	// Ended is closed when the container has ended; it may be closed already.
	Ended <-chan struct{}
	Log   hclog.Logger
}

// Follow returns when the container has ended and its last output is sent, when
// ctx ends, or when the engine stays out of reach.
func (f *Follower) Follow(ctx context.Context) error {
	out := &output{mode: f.Mode, placed: true, send: func(o *protocol.Output) error {
		if err := f.Send(o); err != nil {
			return errors.Join(ErrHost, err)
		}
		return nil
	}}
	if f.Attached != nil {
		err := f.readAttached(ctx, out)
		if err == nil {
			return out.finish()
		}
		if err, final := sent(ctx, out, err); final {
			return err
		}
		f.Log.Debug("no longer attached, reading the log", "container", f.Container, "error", err)
		out.placed = out.logged() <= f.Attached.Kept
	}
	return f.followLog(ctx, out)
}

// followLog reads the engine's log, from where out is.
func (f *Follower) followLog(ctx context.Context, out *output) error {
	var brokenSince time.Time
	backoff := 50 * time.Millisecond
	for {
		before := out.position
		ended := f.hasEnded()
		err, final := sent(ctx, out, f.readOnce(ctx, out, !ended))
		switch {
		case final:
			return err
		case err == nil && ended:
			return out.finish()
		case err == nil && f.endsWithin(ctx, maxBackoff):
			// Engine 20.10 now and then ends a followed stream before the last
			// message of a container whose output has no line end.
			continue
		case errdefs.IsNotFound(err) || errors.Is(err, ErrUnreadable):
			return err
		}
		if out.position != before || brokenSince.IsZero() {
			brokenSince, backoff = time.Now(), 50*time.Millisecond
		}
		if err != nil && time.Since(brokenSince) > giveUpAfter {
			return err
		}
		f.Log.Debug("log stream broke, resuming", "container", f.Container, "error", err)
		if !wait(ctx, backoff) {
			return context.Cause(ctx)
		}
		backoff = min(2*backoff, maxBackoff)
	}
}

// sent sends what came before a stream ended with err: it does not wait for the
// engine's return. It returns why the stream ended, and whether nothing can go on.
func sent(ctx context.Context, out *output, err error) (why error, final bool) {
	if flushed := out.flush(); flushed != nil && !errors.Is(err, ErrHost) {
		err = flushed
	}
	if ctx.Err() != nil {
		return context.Cause(ctx), true
	}
	return err, errors.Is(err, ErrHost)
}

// readOnce reads one log stream to its end; nil means that it ended cleanly.
func (f *Follower) readOnce(ctx context.Context, out *output, follow bool) error {
	if !out.placed {
		if err := f.place(ctx, out); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	options := container.LogsOptions{ShowStdout: true, ShowStderr: true, Timestamps: true, Follow: follow}
	if since := out.position.resume(); !since.IsZero() {
		options.Since = since.Format(time.RFC3339Nano)
	}
	body, err := f.API.ContainerLogs(ctx, f.Container, options)
	if err != nil {
		return unreadable(err)
	}
	defer body.Close()
	watched := &watchedReader{in: body}
	if follow {
		go f.cancelWhenStuck(ctx, cancel, watched)
	}
	if err := newSource(watched, ctx.Done()).read(f.TTY, out); !errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	return nil
}

// cancelWhenStuck ends a followed stream that the engine forgets to close after
// the container has ended.
func (f *Follower) cancelWhenStuck(ctx context.Context, cancel context.CancelFunc, watched *watchedReader) {
	select {
	case <-ctx.Done():
		return
	case <-f.Ended:
	}
	for wait(ctx, drainTimeout/5) {
		if watched.silentFor() > drainTimeout {
			cancel()
			return
		}
	}
}

func (f *Follower) hasEnded() bool {
	select {
	case <-f.Ended:
		return true
	default:
		return false
	}
}

// endsWithin gives the exit, which travels on another connection, the time to
// arrive after the log stream ended.
func (f *Follower) endsWithin(ctx context.Context, limit time.Duration) bool {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-f.Ended:
		return true
	case <-ctx.Done():
	case <-timer.C:
	}
	return false
}

// unreadable names the answer of an engine whose driver has no reader: 501 from
// 22.06 on, 500 with this text before.
func unreadable(err error) error {
	if errdefs.IsNotImplemented(err) {
		return errors.Join(ErrUnreadable, err)
	}
	if errdefs.IsInternal(err) && strings.Contains(err.Error(), "does not support reading") {
		return errors.Join(ErrUnreadable, err)
	}
	return err
}

func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
