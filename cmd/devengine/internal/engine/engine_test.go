package engine

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/docker/docker/client"
)

// fake is an engine whose pulls answer with pull.
func fake(t *testing.T, pull http.HandlerFunc) *client.Client {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/_ping"):
			w.Header().Set("Api-Version", "1.41")
		case strings.HasSuffix(r.URL.Path, "/images/create"):
			pull(w, r)
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(server.Close)
	api, err := client.NewClientWithOpts(client.WithHost("tcp://"+server.Listener.Addr().String()), client.WithAPIVersionNegotiation())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = api.Close() })
	return api
}

// says streams lines and then, where it is to hang, nothing more.
func says(hang bool, lines ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		for _, line := range lines {
			_, _ = fmt.Fprintln(w, line)
		}
		_ = http.NewResponseController(w).Flush()
		if hang {
			<-r.Context().Done()
		}
	}
}

func TestCanPull(t *testing.T) {
	const begun, refused = `{"status":"Downloading"}`, `{"errorDetail":{"message":"no such host"},"error":"no such host"}`
	tests := []struct {
		name string
		pull http.HandlerFunc
		want bool
	}{
		{"done", says(false, `{"status":"Pulling"}`, begun, `{"status":"Pull complete"}`), true},
		{"an error inside the stream", says(false, `{"status":"Pulling"}`, refused), false},
		{"an error after the first layer", says(false, begun, refused), false},
		{"slow", says(true, begun), true},
		{"stuck", says(true, `{"status":"Pulling"}`), false},
		{"refused", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := CanPull(t.Context(), fake(t, test.pull), "bash", 300*time.Millisecond); got != test.want {
				t.Errorf("can pull: %v, want %v", got, test.want)
			}
		})
	}
}

func TestPull(t *testing.T) {
	stuck := fake(t, says(true, `{"status":"Pulling"}`))
	if err := Pull(t.Context(), stuck, "bash", 50*time.Millisecond); err == nil || !strings.Contains(err.Error(), "nothing came within 50ms") {
		t.Errorf("a pull that does not begin: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	slow := fake(t, says(true, `{"status":"Downloading"}`))
	if err := Pull(ctx, slow, "bash", 50*time.Millisecond); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a pull that has begun ended with %v, not with its context", err)
	}
}

func TestWaitPing(t *testing.T) {
	api, err := Connect("tcp://127.0.0.1:1", "")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = api.Close() }()
	dead := errors.New("it has ended")
	if err := WaitPing(t.Context(), api, time.Minute, func() error { return dead }); !errors.Is(err, dead) {
		t.Errorf("an engine that ends: %v", err)
	}
	if err := WaitPing(t.Context(), api, 100*time.Millisecond, nil); err == nil || !strings.Contains(err.Error(), "does not answer a ping within 100ms") {
		t.Errorf("an engine that does not answer: %v", err)
	}
	if err := WaitPing(t.Context(), fake(t, says(false)), time.Minute, nil); err != nil {
		t.Errorf("an engine that answers: %v", err)
	}
}
