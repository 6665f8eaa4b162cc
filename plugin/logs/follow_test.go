package logs

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"

	"airdock.dev/airdock/protocol"
)

// paced is the body of a followed log: each step waits on the engine's clock
// and then delivers its bytes. It ends as its last step says, or never.
type paced struct {
	ctx   context.Context
	steps []step
	rest  []byte
}

type step struct {
	after time.Duration
	bytes []byte
	err   error
}

func (p *paced) Read(to []byte) (int, error) {
	for len(p.rest) == 0 {
		if len(p.steps) == 0 {
			<-p.ctx.Done()
			return 0, p.ctx.Err()
		}
		next := p.steps[0]
		p.steps = p.steps[1:]
		if !wait(p.ctx, next.after) {
			return 0, p.ctx.Err()
		}
		if next.err != nil {
			return 0, next.err
		}
		p.rest = next.bytes
	}
	n := copy(to, p.rest)
	p.rest = p.rest[n:]
	return n, nil
}

func (p *paced) Close() error { return nil }

func line(at time.Duration, text string) []byte { return encode(false, message{stdout, at, text}) }

// inBubble runs the test on a clock of its own.
func inBubble(t *testing.T, test func(t *testing.T)) {
	t.Parallel()
	synctest.Test(t, test)
}

// TestFollowThroughASilence: a container that prints nothing for 20 minutes is
// neither given up nor asked again, and its next line shows at once.
func TestFollowThroughASilence(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		ended, host := make(chan struct{}), &received{}
		began := time.Now()
		var shown time.Duration
		log := []message{{stdout, 0, "before\n"}, {stdout, 20 * time.Minute, "after\n"}}
		api := &fakeAPI{logs: func(ctx context.Context, call int, options container.LogsOptions) (io.ReadCloser, error) {
			if call > 0 {
				return whole(encode(false, since(t, options, log)...)), nil
			}
			return &paced{ctx: ctx, steps: []step{
				{0, encode(false, log[0]), nil}, {20 * time.Minute, encode(false, log[1]), nil}, {time.Second, nil, io.EOF},
			}}, nil
		}}
		time.AfterFunc(20*time.Minute+time.Second, func() { close(ended) })
		f := follower(api, host, ended)
		f.Send = func(o *protocol.Output) error {
			shown = time.Since(began)
			return host.send(o)
		}
		if err := f.Follow(t.Context()); err != nil {
			t.Fatal(err)
		}
		if len(api.calls) != 2 || !api.calls[0].Follow || api.calls[1].Follow {
			t.Errorf("the log was asked for %d times, want once for all and once for what came last", len(api.calls))
		}
		if got := host.of(stdout); got != "before\nafter\n" {
			t.Errorf("got %q", got)
		}
		if late := shown - 20*time.Minute; late > 50*time.Millisecond {
			t.Errorf("the line after the silence showed %s late", late)
		}
	})
}

// TestFollowShowsALineAtOnce: a line that comes alone is not held back, and
// lines close together travel together.
func TestFollowShowsALineAtOnce(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		ended, host := make(chan struct{}), &received{}
		steps := []step{{time.Second, line(time.Second, "alone\n"), nil}}
		for n := range 1000 {
			steps = append(steps, step{10 * time.Microsecond, line(time.Second+time.Duration(n)*time.Microsecond, "flood\n"), nil})
		}
		steps = append(steps, step{time.Second, nil, io.EOF})
		api := &fakeAPI{logs: func(ctx context.Context, call int, _ container.LogsOptions) (io.ReadCloser, error) {
			if call > 0 {
				return whole(nil), nil
			}
			return &paced{ctx: ctx, steps: steps}, nil
		}}
		began := time.Now()
		var first time.Duration
		f := follower(api, host, ended)
		f.Send = func(o *protocol.Output) error {
			if first == 0 {
				first = time.Since(began)
			}
			return host.send(o)
		}
		time.AfterFunc(2*time.Second, func() { close(ended) })
		if err := f.Follow(t.Context()); err != nil {
			t.Fatal(err)
		}
		if first != time.Second {
			t.Errorf("a line of %s showed at %s", time.Second, first)
		}
		if got := strings.Count(host.of(stdout), "flood\n"); got != 1000 || host.count() > 20 {
			t.Errorf("%d lines arrived in %d pieces, want 1000 in a few", got, host.count())
		}
	})
}

// TestFollowStuckAfterTheExit: the engine forgets to end the stream of a
// container that has ended. What it still has is read without following.
func TestFollowStuckAfterTheExit(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		ended, host := make(chan struct{}), &received{}
		log := []message{{stdout, 0, "one\n"}, {stdout, time.Second, "two\n"}, {stdout, 2 * time.Second, "never delivered live\n"}}
		api := &fakeAPI{logs: func(ctx context.Context, call int, options container.LogsOptions) (io.ReadCloser, error) {
			if call == 0 {
				return &paced{ctx: ctx, steps: []step{{0, encode(false, log[:2]...), nil}}}, nil
			}
			return whole(encode(false, since(t, options, log)...)), nil
		}}
		time.AfterFunc(10*time.Second, func() { close(ended) })
		began := time.Now()
		if err := follower(api, host, ended).Follow(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got, want := host.of(stdout), textOf(log, stdout); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if took := time.Since(began); took > 10*time.Second+2*drainTimeout {
			t.Errorf("took %s", took)
		}
		if len(api.calls) != 2 || api.calls[1].Follow {
			t.Errorf("calls %+v, want a second one that does not follow", api.calls)
		}
	})
}

// TestFollowStreamEndsBeforeTheLastMessage: engine 20.10 ends a followed stream
// now and then without a last message that has no line end, and has it when it
// is asked again.
func TestFollowStreamEndsBeforeTheLastMessage(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		ended, host := make(chan struct{}), &received{}
		log := []message{{stdout, 0, "one\n"}, {stdout, time.Second, "last, without an end"}}
		api := &fakeAPI{logs: func(ctx context.Context, _ int, options container.LogsOptions) (io.ReadCloser, error) {
			if options.Follow {
				return &paced{ctx: ctx, steps: []step{{0, encode(false, log[0]), nil}, {time.Second, nil, io.EOF}}}, nil
			}
			return whole(encode(false, since(t, options, log)...)), nil
		}}
		time.AfterFunc(time.Second+time.Millisecond, func() { close(ended) })
		if err := follower(api, host, ended).Follow(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got, want := host.of(stdout), textOf(log, stdout); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

// TestFollowSlowHostIsNotStuck: a host that takes its time after the container
// ended still gets everything of the first stream.
func TestFollowSlowHostIsNotStuck(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		text := strings.Repeat(strings.Repeat("x", 1000)+"\n", 2000)
		body := encode(false, printed(stdout, text)...)
		api := &fakeAPI{logs: func(ctx context.Context, _ int, options container.LogsOptions) (io.ReadCloser, error) {
			if !options.Follow {
				return whole(encode(false, since(t, options, printed(stdout, text))...)), nil
			}
			return &paced{ctx: ctx, steps: []step{{0, body, nil}, {0, nil, io.EOF}}}, nil
		}}
		host, ended := &received{}, make(chan struct{})
		time.AfterFunc(time.Second, func() { close(ended) })
		f := follower(api, host, ended)
		f.Send = func(o *protocol.Output) error {
			wait(t.Context(), 2*time.Second)
			return host.send(o)
		}
		if err := f.Follow(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := host.of(stdout); got != text || len(api.calls) != 2 {
			t.Errorf("%d of %d bytes in %d calls", len(got), len(text), len(api.calls))
		}
	})
}

// TestFollowStreamEndsWhileItRuns: an engine that ends the stream although the
// container runs is asked again, without haste, until the container ends.
func TestFollowStreamEndsWhileItRuns(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		ended, host, began := make(chan struct{}), &received{}, time.Now()
		api := &fakeAPI{logs: func(_ context.Context, _ int, options container.LogsOptions) (io.ReadCloser, error) {
			var log []message
			for at := time.Duration(0); at <= time.Since(began); at += time.Minute {
				log = append(log, message{stdout, at, at.String() + "\n"})
			}
			return whole(encode(false, since(t, options, log)...)), nil
		}}
		time.AfterFunc(10*time.Minute+30*time.Second, func() { close(ended) })
		if err := follower(api, host, ended).Follow(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := strings.Count(host.of(stdout), "\n"); got != 11 {
			t.Errorf("%d lines of 11", got)
		}
		if len(api.calls) > 400 {
			t.Errorf("asked %d times in ten minutes", len(api.calls))
		}
	})
}

func TestFollowUnreadableDriver(t *testing.T) {
	t.Parallel()
	for name, err := range map[string]error{
		"engines from 22.06": errdefs.ErrNotImplemented.WithMessage("configured logging driver does not support reading"),
		"engines before":     errdefs.ErrInternal.WithMessage("configured logging driver does not support reading"),
	} {
		api := &fakeAPI{logs: func(context.Context, int, container.LogsOptions) (io.ReadCloser, error) { return nil, err }}
		if got := follower(api, &received{}, make(chan struct{})).Follow(t.Context()); !errors.Is(got, ErrUnreadable) {
			t.Errorf("%s: got %v", name, got)
		}
		if len(api.calls) != 1 {
			t.Errorf("%s: asked %d times", name, len(api.calls))
		}
	}
}

func TestFollowContainerGone(t *testing.T) {
	t.Parallel()
	api := &fakeAPI{logs: func(context.Context, int, container.LogsOptions) (io.ReadCloser, error) {
		return nil, errdefs.ErrNotFound.WithMessage("no such container")
	}}
	if err := follower(api, &received{}, make(chan struct{})).Follow(t.Context()); !errdefs.IsNotFound(err) {
		t.Errorf("got %v", err)
	}
}
