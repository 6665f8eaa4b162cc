package plugin

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/events"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/docker/api/types/volume"
	"github.com/hashicorp/go-hclog"

	"airdock.dev/airdock/protocol"
)

// fakeAPI is an engine. A call that has no function here does what an engine
// does whose container c0ffee ends at once with code 0.
type fakeAPI struct {
	pull    func(ctx context.Context, ref string) (io.ReadCloser, error)
	create  func(call int, body []byte) (container.CreateResponse, error)
	inspect func(id string) (container.InspectResponse, error)
	start   func() error
	stop    func(ctx context.Context, seconds int) error
	remove  func() error
	// waits is the answer to the request to wait, wait the body that follows it.
	waits   func(ctx context.Context, call int) error
	wait    func(ctx context.Context) (int64, error)
	logs    func(ctx context.Context) (io.ReadCloser, error)
	attach  func() (io.ReadCloser, error)
	stats   func() (io.ReadCloser, error)
	events  func(ctx context.Context, options events.ListOptions) []events.Message
	connect func(network string) error
	put     func(content io.Reader) error
	get     func(path string) (io.ReadCloser, container.PathStat, error)
	stat    func(path string) (container.PathStat, error)
	volume  func(options volume.CreateOptions) (volume.Volume, error)

	mu    sync.Mutex
	calls []string
	made  int
	asked int
}

var _ runAPI = (*fakeAPI)(nil)

// note remembers a call that changes something on the engine, or may.
func (f *fakeAPI) note(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, fmt.Sprintf(format, args...))
}

func (f *fakeAPI) seen() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return strings.Join(f.calls, ", ")
}

func (f *fakeAPI) ImagePull(ctx context.Context, ref string, _ image.PullOptions) (io.ReadCloser, error) {
	f.note("pull %s", ref)
	if f.pull == nil {
		return pullStream(`{"status":"Status: Downloaded"}`), nil
	}
	return f.pull(ctx, ref)
}

func (f *fakeAPI) CreateContainer(_ context.Context, name, _ string, body []byte) (container.CreateResponse, error) {
	f.note("create %s", name)
	f.mu.Lock()
	call := f.made
	f.made++
	f.mu.Unlock()
	if f.create == nil {
		return container.CreateResponse{ID: "c0ffee"}, nil
	}
	return f.create(call, body)
}

func (f *fakeAPI) ContainerInspect(_ context.Context, id string) (container.InspectResponse, error) {
	if f.inspect == nil {
		return container.InspectResponse{}, errdefs.ErrNotFound.WithMessage("no such container")
	}
	return f.inspect(id)
}

func (f *fakeAPI) ContainerStart(_ context.Context, id string, _ container.StartOptions) error {
	f.note("start %s", id)
	if f.start == nil {
		return nil
	}
	return f.start()
}

func (f *fakeAPI) ContainerStop(ctx context.Context, id string, options container.StopOptions) error {
	f.note("stop %s in %d s", id, *options.Timeout)
	if f.stop == nil {
		return nil
	}
	return f.stop(ctx, *options.Timeout)
}

func (f *fakeAPI) ContainerRemove(_ context.Context, id string, options container.RemoveOptions) error {
	if !options.Force || !options.RemoveVolumes {
		f.note("remove %s without its volumes, or not when it runs", id)
	}
	f.note("remove %s", id)
	if f.remove == nil {
		return nil
	}
	return f.remove()
}

func (f *fakeAPI) ContainerWait(ctx context.Context, _ string, _ container.WaitCondition) (<-chan container.WaitResponse, <-chan error) {
	results, failures := make(chan container.WaitResponse), make(chan error, 1)
	f.mu.Lock()
	call := f.asked
	f.asked++
	f.mu.Unlock()
	if f.waits != nil {
		// The library sends the request before it returns.
		if err := f.waits(ctx, call); err != nil {
			failures <- err
			return results, failures
		}
	}
	go func() {
		code, err := int64(0), error(nil)
		if f.wait != nil {
			code, err = f.wait(ctx)
		}
		if err != nil {
			failures <- err
			return
		}
		select {
		case results <- container.WaitResponse{StatusCode: code}:
		case <-ctx.Done():
		}
	}()
	return results, failures
}

func (f *fakeAPI) Attach(context.Context, string) (io.ReadCloser, error) {
	if f.attach == nil {
		return nil, errdefs.ErrPermissionDenied.WithMessage("a proxy forbids it")
	}
	return f.attach()
}

func (f *fakeAPI) ContainerLogs(ctx context.Context, _ string, _ container.LogsOptions) (io.ReadCloser, error) {
	if f.logs == nil {
		return io.NopCloser(bytes.NewReader(nil)), nil
	}
	return f.logs(ctx)
}

func (f *fakeAPI) ContainerStats(context.Context, string, bool) (container.StatsResponseReader, error) {
	if f.stats == nil {
		return container.StatsResponseReader{}, errdefs.ErrNotFound.WithMessage("no such container")
	}
	body, err := f.stats()
	return container.StatsResponseReader{Body: body}, err
}

// Events ends when its time is over, or else when it is not asked any more.
func (f *fakeAPI) Events(ctx context.Context, options events.ListOptions) (<-chan events.Message, <-chan error) {
	messages, failures := make(chan events.Message), make(chan error, 1)
	go func() {
		if f.events != nil {
			for _, message := range f.events(ctx, options) {
				select {
				case messages <- message:
				case <-ctx.Done():
				}
			}
		}
		if options.Until == "" {
			<-ctx.Done()
		}
		failures <- io.EOF
	}()
	return messages, failures
}

func (f *fakeAPI) NetworkConnect(_ context.Context, name, id string, _ *network.EndpointSettings) error {
	f.note("connect %s to %s", id, name)
	if f.connect == nil {
		return nil
	}
	return f.connect(name)
}

// pullStream is the body of a pull: one JSON object after the other.
func pullStream(messages ...string) io.ReadCloser {
	return io.NopCloser(strings.NewReader(strings.Join(messages, "\r\n")))
}

// frames is the body of a log: lines of stdout in the engine's framing.
func frames(lines ...string) io.ReadCloser {
	var body bytes.Buffer
	for n, line := range lines {
		text := time.Unix(int64(n), 0).UTC().Format("2006-01-02T15:04:05.000000000Z07:00") + " " + line
		body.Write([]byte{1, 0, 0, 0, 0, 0, byte(len(text) >> 8), byte(len(text))})
		body.WriteString(text)
	}
	return io.NopCloser(&body)
}

// received is a host that keeps what it gets.
type received struct {
	mu     sync.Mutex
	all    []*protocol.Event
	refuse error
}

func (e *received) take(event *protocol.Event) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.all = append(e.all, event)
	return e.refuse
}

// kinds is the order in which events came, output joined.
func (e *received) kinds() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	var kinds []string
	for _, event := range e.all {
		switch one := event.GetEvent().(type) {
		case *protocol.Event_Output:
			kinds = append(kinds, strings.TrimSuffix(one.Output.GetText(), "\n"))
		default:
			kinds = append(kinds, strings.TrimPrefix(fmt.Sprintf("%T", one), "*protocol.Event_"))
		}
	}
	return strings.Join(kinds, ", ")
}

// newRun is a run of the image bash under the key k1, whose container is named
// after the test.
func newRun(t *testing.T, api *fakeAPI, change func(*protocol.RunRequest)) (*runner, *received) {
	t.Helper()
	spec := &protocol.RunRequest{Key: "k1", Container: &protocol.Container{Image: "bash", Name: "box"}, Remove: protocol.RemovePolicy_REMOVE_FORCE}
	if change != nil {
		change(spec)
	}
	host := &received{}
	return &runner{
		api:     api,
		host:    "tcp://docker:2376",
		timeout: 10 * time.Second,
		spec:    spec,
		control: &control{grace: defaultGrace, done: make(chan struct{})},
		pulls:   &pulls{},
		ooms:    &oomWatch{api: api},
		out:     host.take,
		log:     hclog.NewNullLogger(),
	}, host
}

func wantKind(t *testing.T, err error, kind protocol.ErrorKind, mentions ...string) {
	t.Helper()
	failure := protocol.FromError(err)
	if failure == nil || failure.Kind != kind {
		t.Fatalf("got %v, want kind %s", err, kind)
	}
	for _, word := range mentions {
		if !strings.Contains(failure.Message, word) {
			t.Errorf("%q does not mention %q", failure.Message, word)
		}
	}
}
