package plugin

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"

	"airdock.dev/airdock/protocol"
)

// TestRunPutStalls: an engine that takes nothing more is given up after the API
// timeout, and one that is slow is not.
func TestRunPutStalls(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, make([]byte, 4<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	slow := func(ctx context.Context, in io.Reader) error {
		for {
			if !pause(ctx, defaultGrace) {
				return context.Cause(ctx)
			}
			if _, err := io.CopyN(io.Discard, in, 256<<10); errors.Is(err, io.EOF) {
				return nil
			} else if err != nil {
				return err
			}
		}
	}
	inBubble(t, func(t *testing.T) {
		api := &fakeAPI{inspect: asUser(""), put: func(in io.Reader) error { return slow(t.Context(), in) }}
		r, _ := newRun(t, api, func(spec *protocol.RunRequest) { spec.Files = []*protocol.File{localFile("/a", file)} })
		if _, err := r.run(t.Context()); err != nil {
			t.Errorf("a slow engine: %v", err)
		}
	})
	inBubble(t, func(t *testing.T) {
		api := &fakeAPI{inspect: asUser(""), put: func(in io.Reader) error {
			_, _ = io.CopyN(io.Discard, in, 256<<10)
			<-t.Context().Done()
			return nil
		}}
		r, _ := newRun(t, api, func(spec *protocol.RunRequest) { spec.Files = []*protocol.File{localFile("/a", file)} })
		_, err := r.run(t.Context())
		wantKind(t, err, protocol.ErrorKind_ENGINE_TIMEOUT, "moved")
	})
}

// halfFetched is a container with one output of which half arrives.
func halfFetched(t *testing.T) *fakeAPI {
	whole := tarOf(t, "./", "./a", "./b")
	api := boxes(t)
	api.get = func(string) (io.ReadCloser, container.PathStat, error) {
		reader, writer := io.Pipe()
		go func() { _, _ = writer.Write(whole[:2048]) }()
		return reader, container.PathStat{}, nil
	}
	return api
}

// TestRunOutputsStall: an engine that sends nothing more is given up after the API
// timeout, and the stage is gone.
func TestRunOutputsStall(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	inBubble(t, func(t *testing.T) {
		r, _ := newRun(t, halfFetched(t), func(spec *protocol.RunRequest) {
			spec.Outputs = []*protocol.OutputSpec{{Path: "/out", Target: folder + "/new"}}
		})
		began := time.Now()
		_, err := r.run(t.Context())
		wantKind(t, err, protocol.ErrorKind_ENGINE_TIMEOUT, "/out")
		if took := time.Since(began); took < r.timeout || took > 2*r.timeout {
			t.Errorf("it took %s", took)
		}
	})
	if left := below(t, folder); len(left) != 0 {
		t.Errorf("left are %v", left)
	}
}

// TestRunOutputsStop: a stop ends a copy at once, and nothing of it stays.
func TestRunOutputsStop(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for name, early := range map[string]bool{"while it is under way": false, "before the container's end": true} {
		inBubble(t, func(t *testing.T) {
			api := halfFetched(t)
			r, _ := newRun(t, api, func(spec *protocol.RunRequest) {
				spec.Outputs = []*protocol.OutputSpec{{Path: "/out", Target: folder + "/new"}}
				spec.Remove = protocol.RemovePolicy_REMOVE_SUCCESS
			})
			if early {
				r.control.order(nil, nil)
			}
			time.AfterFunc(time.Second, func() { r.control.order(nil, nil) })
			began := time.Now()
			_, err := r.run(t.Context())
			wantKind(t, err, protocol.ErrorKind_STOPPED, "outputs")
			if took := time.Since(began); took > time.Second {
				t.Errorf("%s: it took %s", name, took)
			}
			if !strings.HasSuffix(api.seen(), "remove c0ffee") {
				t.Errorf("%s: %s", name, api.seen())
			}
		})
	}
	if left := below(t, folder); len(left) != 0 {
		t.Errorf("left are %v", left)
	}
}

// TestRunOutputsHostLost: the policy for a lost host decides over the container.
func TestRunOutputsHostLost(t *testing.T) {
	t.Parallel()
	for policy, kept := range map[protocol.HostLostPolicy]bool{protocol.HostLostPolicy_HOST_LOST_STOP: false, protocol.HostLostPolicy_HOST_LOST_KEEP: true} {
		folder := t.TempDir()
		inBubble(t, func(t *testing.T) {
			api := halfFetched(t)
			r, _ := newRun(t, api, func(spec *protocol.RunRequest) {
				spec.Outputs = []*protocol.OutputSpec{{Path: "/out", Target: folder + "/new"}}
				spec.OnHostLost = policy
			})
			ctx, cancel := context.WithCancelCause(t.Context())
			time.AfterFunc(time.Second, func() { cancel(errHostLost) })
			if _, err := r.run(ctx); !errors.Is(err, errHostLost) {
				t.Errorf("%s: %v", policy, err)
			}
			if strings.Contains(api.seen(), "remove") == kept {
				t.Errorf("%s: %s", policy, api.seen())
			}
		})
		if left := below(t, folder); len(left) != 0 {
			t.Errorf("%s: left are %v", policy, left)
		}
	}
}
