package logs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/docker/docker/api/types/container"

	"airdock.dev/airdock/protocol"
)

// endless is a container that never stops printing.
type endless struct {
	ctx  context.Context
	line []byte
	rest []byte
}

func (e *endless) Read(to []byte) (int, error) {
	if e.ctx.Err() != nil {
		return 0, e.ctx.Err()
	}
	if len(e.rest) == 0 {
		e.rest = e.line
	}
	n := copy(to, e.rest)
	e.rest = e.rest[n:]
	return n, nil
}

func (e *endless) Close() error { return nil }

func printsForEver(ctx context.Context, _ int, _ container.LogsOptions) (io.ReadCloser, error) {
	return &endless{ctx: ctx, line: line(0, strings.Repeat("x", 100)+"\n")}, nil
}

func TestFollowHostRefuses(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		gone := errors.New("connection to the host is closed")
		host := &received{refuse: gone}
		err := follower(&fakeAPI{logs: printsForEver}, host, make(chan struct{})).Follow(t.Context())
		if !errors.Is(err, ErrHost) || !errors.Is(err, gone) {
			t.Errorf("got %v, want %v", err, gone)
		}
		if host.count() != 1 {
			t.Errorf("the host was asked %d times", host.count())
		}
	})
}

// TestFollowCancelledInAFlood: a run that ends for another reason while the
// container prints without end, to a host that is slow and one that has stopped
// taking anything until its call ends.
func TestFollowCancelledInAFlood(t *testing.T) {
	t.Parallel()
	for name, busy := range map[string]time.Duration{"fast host": 0, "slow host": 100 * time.Millisecond, "stuck host": time.Hour} {
		for range 20 {
			synctest.Test(t, func(t *testing.T) {
				reason := errors.New("the engine is lost")
				ctx, cancel := context.WithCancelCause(t.Context())
				defer cancel(nil)
				sent := 0
				f := follower(&fakeAPI{logs: printsForEver}, &received{}, make(chan struct{}))
				f.Send = func(*protocol.Output) error {
					if sent++; sent == 10 {
						time.AfterFunc(busy/2, func() { cancel(reason) })
					}
					if busy > 0 {
						wait(ctx, busy)
					}
					return nil
				}
				if err := f.Follow(ctx); !errors.Is(err, reason) {
					t.Errorf("%s: got %v, want %v", name, err, reason)
				}
			})
		}
	}
}

// TestFollowSlowHostHoldsTheEngineBack: what is read ahead is bounded.
func TestFollowSlowHostHoldsTheEngineBack(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		read := 0
		api := &fakeAPI{logs: func(ctx context.Context, _ int, _ container.LogsOptions) (io.ReadCloser, error) {
			return &counted{in: &endless{ctx: ctx, line: line(0, strings.Repeat("x", 100)+"\n")}, bytes: &read}, nil
		}}
		f := follower(api, &received{}, make(chan struct{}))
		f.Send = func(*protocol.Output) error {
			wait(ctx, time.Hour)
			return nil
		}
		done := make(chan error, 1)
		go func() { done <- f.Follow(ctx) }()
		wait(ctx, time.Minute)
		if synctest.Wait(); read > 1<<20 {
			t.Errorf("%d bytes were read for a host that takes nothing", read)
		}
		cancel()
		<-done
	})
}

type counted struct {
	in    io.Reader
	bytes *int
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.in.Read(p)
	*c.bytes += n
	return n, err
}

func (c *counted) Close() error { return nil }

// TestFollowProgressBar: the state of a line that is redrawn shows while it is
// redrawn, once a second, and its last state when it ends.
func TestFollowProgressBar(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		ended, host := make(chan struct{}), &received{}
		var steps []step
		for percent := 0; percent < 100; percent++ {
			// The engine has 16 KiB of the bar every 100 ms.
			bar := strings.Repeat(fmt.Sprintf("\r## %02d%%", percent), partialSize/7)
			steps = append(steps, step{100 * time.Millisecond, line(time.Duration(percent), bar), nil})
		}
		steps = append(steps, step{0, line(time.Second, "\rdone\nnext\n"), nil}, step{time.Second, nil, io.EOF})
		api := &fakeAPI{logs: func(ctx context.Context, call int, _ container.LogsOptions) (io.ReadCloser, error) {
			if call > 0 {
				return whole(nil), nil
			}
			return &paced{ctx: ctx, steps: steps}, nil
		}}
		time.AfterFunc(12*time.Second, func() { close(ended) })
		if err := follower(api, host, ended).Follow(t.Context()); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSuffix(host.of(stdout), "\n"), "\n")
		if n := len(lines); n < 8 || n > 16 {
			t.Errorf("a bar of ten seconds made %d lines: %q", n, lines)
		}
		if last := lines[len(lines)-2:]; last[0] != "done" || last[1] != "next" {
			t.Errorf("the last lines are %q", last)
		}
		for _, shown := range lines[:len(lines)-2] {
			if strings.Contains(shown, "\r") || len(shown) > 10 {
				t.Errorf("a state shows as %q", shown)
			}
		}
	})
}

// TestFollowProgressBarOfManyUpdates folds 100,000 updates into few lines.
func TestFollowProgressBarOfManyUpdates(t *testing.T) {
	t.Parallel()
	var bar strings.Builder
	for range 100_000 {
		bar.WriteString("downloading, please wait\r")
	}
	bar.WriteString("finished\n")
	host := deliver(t, true, protocol.OutputMode_OUTPUT_LINES, encode(true, printed(stdout, bar.String())...))
	lines := strings.Split(strings.TrimSuffix(host.of(stdout), "\n"), "\n")
	if lines[len(lines)-1] != "finished" || len(lines) > 5 {
		t.Errorf("%d lines, the last one %q", len(lines), lines[len(lines)-1])
	}
}

// TestFollowLineWithoutAnEnd reads 200 MB without a newline, with and without a
// TTY, in pieces of a bounded size.
func TestFollowLineWithoutAnEnd(t *testing.T) {
	t.Parallel()
	const size = 200 << 20
	chunk := strings.Repeat("0123456789abcdef", partialSize/16)
	for _, tty := range []bool{false, true} {
		one := encode(tty, message{stdout, 0, chunk})
		body := &endless{ctx: t.Context(), line: one}
		api := &fakeAPI{logs: func(context.Context, int, container.LogsOptions) (io.ReadCloser, error) {
			return io.NopCloser(io.LimitReader(body, int64(len(one)*size/partialSize))), nil
		}}
		got, largest, ends := 0, 0, 0
		f := follower(api, nil, closed())
		f.TTY = tty
		f.Send = func(o *protocol.Output) error {
			got, largest, ends = got+len(o.GetText()), max(largest, len(o.GetText())), ends+strings.Count(o.GetText(), "\n")
			return nil
		}
		if err := f.Follow(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got != size+1 || ends != 1 || largest > 2*batchSize {
			t.Errorf("tty %v: %d bytes in pieces of up to %d with %d line ends, want %d, %d and 1", tty, got, largest, ends, size+1, 2*batchSize)
		}
	}
}
