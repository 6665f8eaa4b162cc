package engine

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
)

// Attach is POST /containers/ID/attach for the container's output, as a stream
// that begins where the container is and ends with io.EOF only when the engine
// ended it. A connection that was cut ends it with io.ErrUnexpectedEOF, even
// where it looks like a proper end. ctx bounds the call and not the stream.
// Unlike the client library's own method it takes a connection that is open
// already where there is one.
func (e *Engine) Attach(ctx context.Context, container string) (io.ReadCloser, error) {
	address := e.base + "/v" + e.ClientVersion() + "/containers/" + url.PathEscape(container) + "/attach?stdout=1&stderr=1&stream=1"
	attached := &attachedStream{proven: strings.HasPrefix(e.Host, "unix://")}
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: attached.watch})
	request, err := http.NewRequestWithContext(traced, http.MethodPost, address, http.NoBody)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Connection", "Upgrade")
	request.Header.Set("Upgrade", "tcp")
	response, err := e.transport.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusSwitchingProtocols {
		defer response.Body.Close()
		answer, _ := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
		if response.StatusCode >= http.StatusBadRequest {
			return nil, answeredError(response.StatusCode, answer)
		}
		return nil, ErrNotUpgraded
	}
	attached.ReadCloser = response.Body
	return attached, nil
}

// attachedStream knows how its connection ended. TLS has a message for the end;
// crypto/tls returns io.EOF without it as well. On a Unix socket nobody but the
// engine can end the connection, and over anything else nobody knows.
type attachedStream struct {
	io.ReadCloser
	paced  *pacedConn
	proven bool
}

func (a *attachedStream) watch(got httptrace.GotConnInfo) {
	secure, ok := got.Conn.(*tls.Conn)
	if !ok {
		return
	}
	if paced, ok := secure.NetConn().(*pacedConn); ok {
		paced.paced.Store(true)
		a.paced = paced
	}
}

// Read implements io.Reader.
func (a *attachedStream) Read(p []byte) (int, error) {
	n, err := a.ReadCloser.Read(p)
	if errors.Is(err, io.EOF) && !a.proven && (a.paced == nil || a.paced.cut.Load()) {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}
