package engine

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"sync"
)

// archiveBuffer is how much of an archive is gathered before it is sent, in bytes.
// The transport sends what it is given at once, and the parts of a small file
// would each be a TLS record.
const archiveBuffer = 128 << 10

// PutArchive is PUT /containers/ID/archive: what write writes is a tar that is
// unpacked in the folder path of the container. An error of write itself is
// returned as it is. The client library's own method reads from a reader, through
// a pipe, which takes as long again as sending it.
func (e *Engine) PutArchive(ctx context.Context, container, path string, write func(io.Writer) error) error {
	query := url.Values{"path": {path}, "noOverwriteDirNonDir": {"true"}}
	address := e.base + "/v" + e.ClientVersion() + "/containers/" + url.PathEscape(container) + "/archive?" + query.Encode()
	body := &writtenBody{write: write, ended: make(chan struct{})}
	request, err := http.NewRequestWithContext(ctx, http.MethodPut, address, body)
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/x-tar")
	answered := e.send(request)
	if failed := body.wait(); failed != nil {
		return failed
	}
	return answered
}

// send makes a request whose answer is empty, or an error.
func (e *Engine) send(request *http.Request) error {
	response, err := e.transport.RoundTrip(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if response.StatusCode >= http.StatusBadRequest {
		return answeredError(response.StatusCode, answer)
	}
	return err
}

var errBodyClosed = errors.New("the request has ended")

// writtenBody is a request's body that is written and not read. The transport
// calls WriteTo, on a goroutine of its own.
type writtenBody struct {
	write func(io.Writer) error

	mu      sync.Mutex
	started bool
	closed  bool
	ended   chan struct{}
	failed  error
}

// Read implements io.Reader for a transport that would not write.
func (*writtenBody) Read([]byte) (int, error) {
	return 0, errors.New("an archive can only be written")
}

// WriteTo implements io.WriterTo.
func (b *writtenBody) WriteTo(w io.Writer) (int64, error) {
	b.mu.Lock()
	if b.closed || b.started {
		b.mu.Unlock()
		return 0, errBodyClosed
	}
	b.started = true
	b.mu.Unlock()
	defer close(b.ended)
	to := &wire{body: b, to: w}
	gathered := bufio.NewWriterSize(to, archiveBuffer)
	err := b.write(gathered)
	if err == nil {
		err = gathered.Flush()
	}
	if to.err == nil {
		// It is not the connection's fault.
		b.failed = err
	}
	return to.n, err
}

// Close implements io.Closer.
func (b *writtenBody) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	return nil
}

func (b *writtenBody) isClosed() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.closed
}

// wait returns when nothing is written any more, and the error of write if that
// ended the request.
func (b *writtenBody) wait() error {
	_ = b.Close()
	b.mu.Lock()
	started := b.started
	b.mu.Unlock()
	if !started {
		return nil
	}
	<-b.ended
	return b.failed
}

// wire is the way to the engine. It remembers whether it broke.
type wire struct {
	body *writtenBody
	to   io.Writer
	n    int64
	err  error
}

func (w *wire) Write(p []byte) (int, error) {
	if w.err == nil && w.body.isClosed() {
		w.err = errBodyClosed
	}
	if w.err != nil {
		return 0, w.err
	}
	n, err := w.to.Write(p)
	w.n += int64(n)
	w.err = err
	return n, err
}
