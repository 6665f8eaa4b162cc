package logs

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/pkg/jsonmessage"
	"github.com/hashicorp/go-hclog"

	"airdock.dev/airdock/protocol"
)

const (
	stdout = protocol.Output_STDOUT
	stderr = protocol.Output_STDERR
)

// epoch is the engine's clock when a test's container started.
var epoch = time.Date(2026, 1, 2, 3, 4, 5, 678900000, time.UTC)

// message is one entry of an engine's log, as the engine's copier makes it.
type message struct {
	stream protocol.Output_Stream
	at     time.Duration // after epoch
	text   string
}

func (m message) stamped() []byte {
	return append([]byte(epoch.Add(m.at).Format(jsonmessage.RFC3339NanoFixed)+" "), m.text...)
}

func frame(kind byte, content []byte) []byte {
	header := binary.BigEndian.AppendUint32([]byte{kind, 0, 0, 0}, uint32(len(content)))
	return append(header, content...)
}

// encode is the body of GET /containers/ID/logs?timestamps=1.
func encode(tty bool, messages ...message) []byte {
	var body []byte
	for _, m := range messages {
		if tty {
			body = append(body, m.stamped()...)
		} else {
			body = append(body, frame(byte(m.stream), m.stamped())...)
		}
	}
	return body
}

// printed makes messages of what a container writes to one stream: one a line,
// and one every 16 KiB of a longer line.
func printed(stream protocol.Output_Stream, text string) []message {
	var messages []message
	for n := 0; text != ""; n++ {
		size := strings.IndexByte(text, '\n') + 1
		if size == 0 || size > partialSize {
			size = min(len(text), partialSize)
		}
		messages = append(messages, message{stream, time.Duration(n) * time.Millisecond, text[:size]})
		text = text[size:]
	}
	return messages
}

// fakeAPI answers the calls for logs one after the other.
type fakeAPI struct {
	logs func(ctx context.Context, call int, options container.LogsOptions) (io.ReadCloser, error)

	mu    sync.Mutex
	calls []container.LogsOptions
}

func (f *fakeAPI) ContainerLogs(ctx context.Context, _ string, options container.LogsOptions) (io.ReadCloser, error) {
	f.mu.Lock()
	f.calls = append(f.calls, options)
	call := len(f.calls) - 1
	f.mu.Unlock()
	return f.logs(ctx, call, options)
}

// since is what an engine sends for that "since", which includes its own time.
func since(t *testing.T, options container.LogsOptions, messages []message) []message {
	t.Helper()
	if options.Since == "" {
		return messages
	}
	from, err := time.Parse(time.RFC3339Nano, options.Since)
	if err != nil {
		t.Errorf("the engine was asked for since=%q", options.Since)
	}
	var kept []message
	for _, m := range messages {
		if !epoch.Add(m.at).Before(from) {
			kept = append(kept, m)
		}
	}
	return kept
}

// cutReader ends with an error in place of an end.
type cutReader struct {
	in  io.Reader
	err error
}

func (c cutReader) Read(p []byte) (int, error) {
	n, err := c.in.Read(p)
	if errors.Is(err, io.EOF) {
		err = c.err
	}
	return n, err
}

func (c cutReader) Close() error { return nil }

func whole(body []byte) io.ReadCloser { return io.NopCloser(bytes.NewReader(body)) }

func broken(body []byte, err error) io.ReadCloser { return cutReader{bytes.NewReader(body), err} }

// received is what a host got.
type received struct {
	mu     sync.Mutex
	pieces []*protocol.Output
	// refuse is what the host answers a piece with.
	refuse error
}

func (r *received) send(o *protocol.Output) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	kept := &protocol.Output{Stream: o.Stream, Text: o.Text, Data: bytes.Clone(o.Data), Time: o.Time}
	r.pieces = append(r.pieces, kept)
	return r.refuse
}

func (r *received) of(stream protocol.Output_Stream) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var text strings.Builder
	for _, piece := range r.pieces {
		if piece.GetStream() == stream {
			text.WriteString(piece.GetText())
			text.Write(piece.GetData())
		}
	}
	return text.String()
}

func (r *received) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.pieces)
}

func follower(api API, host *received, ended <-chan struct{}) *Follower {
	return &Follower{API: api, Container: "c", Send: host.send, Ended: ended, Log: hclog.NewNullLogger()}
}

func closed() <-chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}

// deliver follows a container that has ended and whose log is body.
func deliver(t *testing.T, tty bool, mode protocol.OutputMode, body []byte) *received {
	t.Helper()
	api := &fakeAPI{logs: func(context.Context, int, container.LogsOptions) (io.ReadCloser, error) { return whole(body), nil }}
	host := &received{}
	f := follower(api, host, closed())
	f.TTY, f.Mode = tty, mode
	if err := f.Follow(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(api.calls) != 1 {
		t.Errorf("the log was asked for %d times", len(api.calls))
	}
	return host
}
