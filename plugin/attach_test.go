package plugin

import (
	"context"
	"errors"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/docker/docker/api/types/container"

	"airdock.dev/airdock/protocol"
)

func TestKeptLog(t *testing.T) {
	t.Parallel()
	const mb = 1 << 20
	for name, c := range map[string]struct {
		driver  string
		options map[string]string
		kept    int64
		known   bool
	}{
		"json-file keeps all":        {"json-file", nil, math.MaxInt64, true},
		"json-file, told to":         {"json-file", map[string]string{"max-size": "-1"}, math.MaxInt64, true},
		"json-file that rotates":     {"json-file", map[string]string{"max-size": "10m", "max-file": "3"}, 15 * mb, true},
		"one file that begins anew":  {"json-file", map[string]string{"max-size": "10m"}, 5 * mb, true},
		"compressed":                 {"json-file", map[string]string{"max-size": "10m", "max-file": "2", "compress": "true"}, 10 * mb, true},
		"local rotates by itself":    {"local", nil, 50 * mb, true},
		"local with a size":          {"local", map[string]string{"max-size": "2m"}, 5 * mb, true},
		"no log":                     {"none", nil, 0, true},
		"blocking is the default":    {"json-file", map[string]string{"mode": "blocking"}, math.MaxInt64, true},
		"messages are dropped":       {"json-file", map[string]string{"mode": "non-blocking"}, 0, false},
		"labels in each message":     {"json-file", map[string]string{"max-size": "10m", "labels": "a,b"}, 0, true},
		"labels, all is kept":        {"json-file", map[string]string{"labels": "a,b"}, math.MaxInt64, true},
		"cuts lines in its own ways": {"awslogs", nil, 0, false},
	} {
		kept, known := keptLog(container.LogConfig{Type: c.driver, Config: c.options})
		if kept != c.kept || known != c.known {
			t.Errorf("%s: %d, %v; want %d, %v", name, kept, known, c.kept, c.known)
		}
	}
}

// stream is an attached container's output that knows whether it was closed.
type stream struct {
	io.Reader
	closed bool
}

func (s *stream) Close() error { s.closed = true; return nil }

func loggedBy(driver string) func(string) (container.InspectResponse, error) {
	return func(string) (container.InspectResponse, error) {
		return container.InspectResponse{ContainerJSONBase: &container.ContainerJSONBase{
			HostConfig: &container.HostConfig{LogConfig: container.LogConfig{Type: driver}},
		}}, nil
	}
}

// TestRunAttaches: the output comes from the container itself where the log could
// stand in for it, and the stream is closed however the run ends.
func TestRunAttaches(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		driver string
		change func(*fakeAPI)
		want   string
	}{
		"attached":              {"json-file", nil, "Started, attached"},
		"a log of another kind": {"journald", nil, "Started, logged"},
		"no details": {"json-file", func(f *fakeAPI) {
			f.inspect = func(string) (container.InspectResponse, error) {
				return container.InspectResponse{}, errors.New("no")
			}
		}, "Started, logged"},
		"refused start": {"json-file", func(f *fakeAPI) { f.start = func() error { return errors.New("no") } }, ""},
	} {
		inBubble(t, func(t *testing.T) {
			one := &stream{Reader: strings.NewReader("\x01\x00\x00\x00\x00\x00\x00\x09attached\n")}
			api := &fakeAPI{
				attach:  func() (io.ReadCloser, error) { return one, nil },
				inspect: loggedBy(c.driver),
				logs:    func(context.Context) (io.ReadCloser, error) { return frames("logged\n"), nil },
			}
			if c.change != nil {
				c.change(api)
			}
			r, host := newRun(t, api, nil)
			_, err := r.run(t.Context())
			if got := host.kinds(); got != c.want || (err == nil) != (c.want != "") {
				t.Errorf("%s: %s, %v; want %s", name, got, err, c.want)
			}
			if !one.closed {
				t.Errorf("%s: the stream is open", name)
			}
		})
	}
}

// TestRunStoppedWhileAttaching: a run that is stopped before its container runs
// does not start it.
func TestRunStoppedWhileAttaching(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		one := &stream{Reader: strings.NewReader("")}
		api := &fakeAPI{inspect: loggedBy("json-file"), attach: func() (io.ReadCloser, error) {
			cancel(errHostLost)
			return one, nil
		}}
		r, _ := newRun(t, api, func(spec *protocol.RunRequest) { spec.OnHostLost = protocol.HostLostPolicy_HOST_LOST_STOP })
		if _, err := r.run(ctx); !errors.Is(err, errHostLost) {
			t.Errorf("got %v", err)
		}
		if got := api.seen(); strings.Contains(got, "start") || !strings.HasSuffix(got, "remove c0ffee") || !one.closed {
			t.Errorf("%s; closed: %v", got, one.closed)
		}
	})
}
