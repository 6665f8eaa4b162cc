package plugin

import (
	"context"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"airdock.dev/airdock/protocol"
)

// refusedDial and deadDial are what a client gets of an engine that is down, and
// of a machine that is off.
var (
	refusedDial = &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
	deadDial    = &net.OpError{Op: "dial", Net: "tcp", Err: os.ErrDeadlineExceeded}
)

// TestRunEngineLostForGood: the run ends with ENGINE_LOST in a time that a
// person can wait for, whether the engine refuses connections or swallows them.
func TestRunEngineLostForGood(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		takes  time.Duration
		err    error
		within time.Duration
	}{
		"refused":          {0, refusedDial, lostAfter + 5*time.Second},
		"swallowed":        {30 * time.Second, deadDial, 2 * time.Minute},
		"resets at length": {time.Second, syscall.ECONNRESET, lostAfter + 5*time.Second},
	} {
		inBubble(t, func(t *testing.T) {
			began := time.Now()
			api := &fakeAPI{
				waits: func(ctx context.Context, call int) error {
					if call == 0 {
						return nil
					}
					pause(ctx, c.takes)
					return c.err
				},
				wait: func(ctx context.Context) (int64, error) {
					pause(ctx, time.Minute)
					return 0, io.ErrUnexpectedEOF
				},
				logs: func(context.Context) (io.ReadCloser, error) { return nil, c.err },
				stop: func(context.Context, int) error { return c.err },
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
			defer cancel()
			r, _ := newRun(t, api, nil)
			_, err := r.run(ctx)
			if failure := protocol.FromError(err); failure == nil || failure.Kind != protocol.ErrorKind_ENGINE_LOST {
				t.Fatalf("%s: got %v after %s", name, err, time.Since(began))
			}
			if took := time.Since(began) - time.Minute; took > c.within {
				t.Errorf("%s: took %s, want at most %s", name, took, c.within)
			}
			wantKind(t, err, protocol.ErrorKind_ENGINE_LOST, "tcp://docker:2376", "box", "dev.airdock.key=k1")
		})
	}
}

// TestRunEngineComesBack: an engine that is away for a while, again and again,
// costs a run nothing.
func TestRunEngineComesBack(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		began := time.Now()
		away := func() bool { return int(time.Since(began)/(10*time.Second))%2 == 1 }
		api := &fakeAPI{
			waits: func(context.Context, int) error {
				if away() {
					return refusedDial
				}
				return nil
			},
			wait: func(ctx context.Context) (int64, error) {
				for !away() {
					if time.Since(began) > 5*time.Minute {
						return 7, nil
					}
					pause(ctx, time.Second)
				}
				return 0, io.ErrUnexpectedEOF
			},
		}
		r, _ := newRun(t, api, nil)
		exit, err := r.run(t.Context())
		if err != nil || exit.GetExitCode() != 7 {
			t.Errorf("exit %+v, %v", exit, err)
		}
		if want := "create box, start c0ffee, remove c0ffee"; api.seen() != want {
			t.Errorf("%s, want %s", api.seen(), want)
		}
	})
}
