package engine

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/containerd/errdefs"

	"airdock.dev/airdock/protocol"
)

// attachable answers a ping, and an attach with output and then end.
func attachable(t *testing.T, end func(net.Conn)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/attach") {
			ping("1.41")(w, r)
			return
		}
		if r.Method != http.MethodPost || r.Header.Get("Upgrade") != "tcp" {
			t.Errorf("%s with %v", r.Method, r.Header)
		}
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = io.WriteString(conn, "HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\noutput")
		end(conn)
	}
}

// TestAttachKnowsItsEnd: only an engine that ends the stream itself gives io.EOF.
func TestAttachKnowsItsEnd(t *testing.T) {
	t.Parallel()
	p := newParties(t)
	properly := func(conn net.Conn) { _ = conn.Close() }
	cut := func(conn net.Conn) { _ = conn.(*tls.Conn).NetConn().Close() }
	for name, c := range map[string]struct {
		tls  bool
		end  func(net.Conn)
		want error
	}{
		"TLS, ended by the engine": {true, properly, io.EOF},
		"TLS, cut":                 {true, cut, io.ErrUnexpectedEOF},
		"no TLS, nobody knows":     {false, properly, io.ErrUnexpectedEOF},
	} {
		var config *tls.Config
		spec := &protocol.Engine{}
		if c.tls {
			config, spec.Tls = mutualTLS(t, p.ca, p.server), p.tls()
		}
		spec.Hosts = []string{startEngine(t, config, attachable(t, c.end)).address()}
		eng, err := connect(t, spec)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		stream, err := eng.Attach(ctx, "c0ffee")
		cancel() // it bounds the call alone
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		defer stream.Close()
		var output []byte
		for err == nil {
			piece := make([]byte, 4)
			var n int
			n, err = stream.Read(piece)
			output = append(output, piece[:n]...)
		}
		if err != c.want || string(output) != "output" {
			t.Errorf("%s: %q, then %v", name, output, err)
		}
	}
}

// TestAttachRefused: the engine's error has its class, and a proxy that takes no
// upgrade is told from it.
func TestAttachRefused(t *testing.T) {
	t.Parallel()
	for status, right := range map[int]func(error) bool{
		http.StatusNotFound:  errdefs.IsNotFound,
		http.StatusForbidden: errdefs.IsPermissionDenied,
		http.StatusOK:        func(err error) bool { return errors.Is(err, ErrNotUpgraded) },
	} {
		server := startEngine(t, nil, func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/attach") {
				w.WriteHeader(status)
				_, _ = io.WriteString(w, `{"message":"no"}`)
				return
			}
			ping("1.41")(w, r)
		})
		eng, err := connect(t, &protocol.Engine{Hosts: []string{server.address()}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := eng.Attach(t.Context(), "c0ffee"); err == nil || !right(err) {
			t.Errorf("%d: got %v", status, err)
		}
	}
}
