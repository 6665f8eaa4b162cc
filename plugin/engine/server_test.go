package engine

import (
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	"airdock.dev/airdock/protocol"
)

// fakeEngine answers GET /_ping as an engine does, and counts its connections.
type fakeEngine struct {
	*httptest.Server
	connections atomic.Int32
	// lastClient is the serial number of the last client certificate.
	lastClient atomic.Value
}

// ping answers as an engine of that API version.
func ping(version string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Api-Version", version)
		w.Header().Set("Ostype", "linux")
		_, _ = io.WriteString(w, "OK")
	}
}

// startEngine serves on 127.0.0.1, with TLS when config is not nil.
func startEngine(t *testing.T, config *tls.Config, answer http.HandlerFunc) *fakeEngine {
	t.Helper()
	f := &fakeEngine{}
	f.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.TLS != nil && len(r.TLS.PeerCertificates) > 0 {
			f.lastClient.Store(r.TLS.PeerCertificates[0].SerialNumber.String())
		}
		answer(w, r)
	}))
	t.Cleanup(f.Close)
	f.Config.ErrorLog = log.New(io.Discard, "", 0)
	f.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			f.connections.Add(1)
		}
	}
	if config == nil {
		f.Start()
		return f
	}
	f.TLS = config
	f.StartTLS()
	return f
}

// address is the server's, as DOCKER_HOST spells it.
func (f *fakeEngine) address() string { return "tcp://" + f.Listener.Addr().String() }

// mutualTLS is how an engine with --tlsverify is set up.
func mutualTLS(t *testing.T, ca *authority, server pair) *tls.Config {
	t.Helper()
	return &tls.Config{
		Certificates: []tls.Certificate{server.certificate(t)},
		ClientAuth:   tls.RequireAndVerifyClientCert,
		ClientCAs:    ca.pool(),
	}
}

// connect asks a pool of its own for the engine.
func connect(t *testing.T, spec *protocol.Engine) (*Engine, error) {
	t.Helper()
	var pool Pool
	return pool.Connect(t.Context(), spec)
}

// wantKind checks the kind of a failure and that its text is a sentence for a
// person: it names the address or file where one is at fault, and no secret.
func wantKind(t *testing.T, err error, kind protocol.ErrorKind, mentions ...string) {
	t.Helper()
	failure := protocol.FromError(err)
	if failure == nil {
		t.Fatalf("got %v, want kind %s", err, kind)
	}
	if failure.Kind != kind {
		t.Fatalf("got %s (%v), want %s", failure.Kind, failure, kind)
	}
	for _, word := range mentions {
		if !strings.Contains(failure.Message, word) {
			t.Errorf("%q does not mention %q", failure.Message, word)
		}
	}
	if strings.Contains(failure.Message, "PRIVATE KEY") || strings.Contains(failure.Message, "BEGIN CERTIFICATE") {
		t.Errorf("key material is in the message %q", failure.Message)
	}
	if strings.Contains(failure.Message, "\n") {
		t.Errorf("the message has several lines: %q", failure.Message)
	}
}

func seconds(s float64) *durationpb.Duration {
	return durationpb.New(time.Duration(s * float64(time.Second)))
}

// closedPort is an address of 127.0.0.1 where nothing listens.
func closedPort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return "tcp://" + listener.Addr().String()
}

// silentPort takes connections, as the kernel does for a listener that nobody
// serves, and never answers.
func silentPort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	return "tcp://" + listener.Addr().String()
}
