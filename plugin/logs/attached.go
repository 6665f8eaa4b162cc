package logs

import (
	"context"
	"errors"
	"io"
	"math"
	"time"

	"airdock.dev/airdock/protocol"
)

// exitGrace is how long a busy engine may take to tell of the exit of a container
// after it has ended its output.
const exitGrace = 10 * time.Second

// Attached is the output of a container that was attached to before it started:
// POST /containers/ID/attach.
type Attached struct {
	// Stream ends with io.EOF only when the engine itself ended it, and with another
	// error when the connection did.
	Stream io.ReadCloser
	// Kept is how large the engine's log may become, in bytes, for its beginning to be
	// there still, so that its messages can be counted; math.MaxInt64: it is always
	// there.
	Kept int64
}

// readAttached delivers what the container writes, until it ends; nil means that
// all of it has come. After any error but the host's the log has the rest.
func (f *Follower) readAttached(ctx context.Context, out *output) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = f.Attached.Stream.Close() })
	defer stop()
	watched := &watchedReader{in: f.Attached.Stream}
	go f.cancelWhenStuck(ctx, cancel, watched)

	in := newAttachedSource(watched, ctx.Done(), f.holdBack(), func() { _ = f.Attached.Stream.Close() })
	next := in.frame
	if f.TTY {
		next = in.piece
	}
	for stream := range out.tallies {
		out.tallies[stream].rotates = f.Attached.Kept < math.MaxInt64
	}
	err := in.each(next, out, func(stream protocol.Output_Stream, content []byte) error {
		return out.piece(stream, time.Now(), content)
	})
	if err == io.EOF && f.endsWithin(ctx, exitGrace) {
		return nil
	}
	return err
}

// holdBack is nil where the container waits as long as its host wants: the log has
// text only, and whoever asks for bytes wants all of them.
func (f *Follower) holdBack() *holdBack {
	if f.Mode == protocol.OutputMode_OUTPUT_BYTES {
		return nil
	}
	return &holdBack{}
}

// newAttachedSource starts to read in as newSource does, and calls leave when the
// host has held the container back for too long.
func newAttachedSource(in io.Reader, stopped <-chan struct{}, limit *holdBack, leave func()) *source {
	ahead := newPump()
	ahead.heldBack = limit
	go func() {
		if errors.Is(ahead.fill(in, stopped), errHeldBack) {
			leave()
		}
	}()
	return &source{ahead: ahead}
}

// piece reads what has arrived of a container with a TTY, which has no frames.
func (s *source) piece() (protocol.Output_Stream, []byte, error) {
	if _, err := s.in.Peek(1); err != nil {
		return 0, nil, err
	}
	piece, _ := s.in.Peek(s.in.Buffered())
	_, _ = s.in.Discard(len(piece))
	return protocol.Output_STDOUT, piece, nil
}
