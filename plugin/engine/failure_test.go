package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"airdock.dev/airdock/protocol"
)

// hangUp closes the connection in place of an answer.
func hangUp(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err == nil {
		_ = conn.Close()
	}
}

// TestFailureOfACall has an engine that answers the ping and then fails one
// call, seen through the real client library.
func TestFailureOfACall(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		lost   bool
		kind   protocol.ErrorKind
	}{
		"connection closed": {func(w http.ResponseWriter, _ *http.Request) { hangUp(w) }, true, protocol.ErrorKind_ENGINE_LOST},
		"answer cut off": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			_, _ = io.WriteString(w, `{"Id": "a`)
			panic(http.ErrAbortHandler)
		}, true, protocol.ErrorKind_ENGINE_LOST},
		"no answer": {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, false, protocol.ErrorKind_ENGINE_TIMEOUT},
		"engine fails": {func(w http.ResponseWriter, _ *http.Request) { http.Error(w, `{"message": "no space left"}`, 500) },
			false, protocol.ErrorKind_ENGINE_ERROR},
		"request refused": {func(w http.ResponseWriter, _ *http.Request) { http.Error(w, `{"message": "bad parameter"}`, 400) },
			false, protocol.ErrorKind_INVALID_REQUEST},
		"nothing there": {func(w http.ResponseWriter, _ *http.Request) { http.Error(w, `{"message": "no such container"}`, 404) },
			false, protocol.ErrorKind_ENGINE_ERROR},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := startEngine(t, nil, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/_ping" {
					ping("1.41")(w, r)
					return
				}
				c.answer(w, r)
			})
			eng, err := connect(t, &protocol.Engine{Hosts: []string{server.address()}, Timeout: seconds(0.3)})
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := eng.Within(t.Context())
			defer cancel()
			_, err = eng.ContainerInspect(ctx, "abc")
			if IsLost(err) != c.lost {
				t.Errorf("lost is %v for %v", IsLost(err), err)
			}
			wantKind(t, Failure(err, eng.Host, "inspect container"), c.kind, "inspect container")
		})
	}
}

func TestFailureOfAnEngineThatIsGone(t *testing.T) {
	t.Parallel()
	server := startEngine(t, nil, ping("1.41"))
	var pool Pool
	spec := &protocol.Engine{Hosts: []string{server.address()}}
	eng, err := pool.Connect(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	server.CloseClientConnections()
	server.Close()
	_, err = eng.ContainerInspect(t.Context(), "abc")
	if !IsLost(err) {
		t.Errorf("not lost: %v", err)
	}
	wantKind(t, Failure(err, eng.Host, "inspect container"), protocol.ErrorKind_ENGINE_LOST, eng.Host)
	_, err = pool.Connect(t.Context(), spec)
	wantKind(t, err, protocol.ErrorKind_ENGINE_UNREACHABLE, eng.Host)
}

func TestFailureKeepsWhatIsKnown(t *testing.T) {
	t.Parallel()
	if err := Failure(nil, "tcp://docker:2376", "op"); err != nil {
		t.Errorf("no error became %v", err)
	}
	known := fmt.Errorf("pull: %w", protocol.Errorf(protocol.ErrorKind_PULL_DENIED, "denied"))
	wantKind(t, Failure(known, "tcp://docker:2376", "op"), protocol.ErrorKind_PULL_DENIED)
	cancelled := fmt.Errorf("op: %w", context.Canceled)
	if err := Failure(cancelled, "tcp://docker:2376", "op"); !errors.Is(err, context.Canceled) || protocol.FromError(err) != nil {
		t.Errorf("a cancelled call became %v", err)
	}
}

// TestConnectCancelled: a caller that gives up gets its own reason back, and
// gets it at once.
func TestConnectCancelled(t *testing.T) {
	t.Parallel()
	reason := errors.New("the user pressed a key")
	ctx, cancel := context.WithCancelCause(t.Context())
	timer := time.AfterFunc(50*time.Millisecond, func() { cancel(reason) })
	defer timer.Stop()
	began := time.Now()
	var pool Pool
	_, err := pool.Connect(ctx, &protocol.Engine{Hosts: []string{silentPort(t)}})
	if failure := protocol.FromError(err); failure != nil {
		t.Errorf("a cancelled call became %s: %v", failure.Kind, failure)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("took %s", took)
	}
}

func TestConnectSkipNameCheck(t *testing.T) {
	t.Parallel()
	p := newParties(t)
	server := startEngine(t, mutualTLS(t, p.ca, p.ca.issue(t, "server", forAnotherName)), ping("1.41"))
	spec := p.tls()
	spec.SkipNameCheck = true
	if _, err := connect(t, &protocol.Engine{Hosts: []string{server.address()}, Tls: spec}); err != nil {
		t.Errorf("the name was checked: %v", err)
	}
	spec.Ca = byValue(p.otherCA.pem)
	_, err := connect(t, &protocol.Engine{Hosts: []string{server.address()}, Tls: spec})
	wantKind(t, err, protocol.ErrorKind_TLS_CA_MISMATCH)
	old := startEngine(t, mutualTLS(t, p.ca, p.ca.issue(t, "server", expired)), ping("1.41"))
	spec.Ca = byValue(p.ca.pem)
	_, err = connect(t, &protocol.Engine{Hosts: []string{old.address()}, Tls: spec})
	wantKind(t, err, protocol.ErrorKind_TLS_SERVER_CERT_EXPIRED)
	spec.InsecureSkipVerify = true
	if _, err := connect(t, &protocol.Engine{Hosts: []string{old.address()}, Tls: spec}); err != nil {
		t.Errorf("nothing was to be verified: %v", err)
	}
}
