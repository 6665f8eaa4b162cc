package plugin

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"

	"airdock.dev/airdock/protocol"
)

// daemon is an engine that speaks HTTP and has one container, which prints a
// line and then runs until it is stopped. What changes something is noted.
type daemon struct {
	*httptest.Server
	mu      sync.Mutex
	calls   []string
	ended   chan struct{}
	running sync.Once
	// keys are the labels of containers that no run of this plugin follows.
	keys map[string]string
}

func startDaemon(t *testing.T) *daemon {
	t.Helper()
	d := &daemon{ended: make(chan struct{}), keys: map[string]string{}}
	mux := http.NewServeMux()
	for pattern, answer := range map[string]http.HandlerFunc{
		"GET /_ping":                        d.ping,
		"GET /v1.41/version":                object(`{"Version": "20.10.24", "ApiVersion": "1.41", "MinAPIVersion": "1.12", "Os": "linux", "Arch": "amd64", "KernelVersion": "6.1"}`),
		"GET /v1.41/info":                   object(`{"Name": "box", "Driver": "overlay2", "Swarm": {"LocalNodeState": "active", "ControlAvailable": true}}`),
		"POST /v1.41/images/create":         object(""),
		"POST /v1.41/containers/create":     d.noted("create", `{"Id": "c0ffee"}`),
		"POST /v1.41/volumes/create":        object(`{"Name": "v", "Driver": "local"}`),
		"GET /v1.41/volumes/v":              object(`{"Name": "v", "Driver": "local"}`),
		"POST /v1.41/containers/{id}/start": d.noted("start", ""),
		"POST /v1.41/containers/{id}/stop":  d.stop,
		"DELETE /v1.41/containers/{id}":     d.noted("remove", ""),
		"POST /v1.41/containers/{id}/wait":  d.wait,
		"GET /v1.41/containers/{id}/logs":   d.logs,
		"GET /v1.41/containers/{id}/json":   object(`{"Id": "c0ffee", "State": {"Status": "exited"}, "Config": {}}`),
		"GET /v1.41/containers/json":        d.list,
		"GET /v1.41/events":                 func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"GET /v1.41/containers/{id}/stats":  func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
	} {
		mux.HandleFunc(pattern, answer)
	}
	d.Server = httptest.NewServer(mux)
	t.Cleanup(func() {
		d.CloseClientConnections()
		d.Close()
	})
	return d
}

func object(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, text)
	}
}

func (d *daemon) engine() *protocol.Engine {
	return &protocol.Engine{Hosts: []string{strings.Replace(d.URL, "http://", "tcp://", 1)}}
}

func (d *daemon) note(call string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.calls = append(d.calls, call)
}

func (d *daemon) seen() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return strings.Join(d.calls, ", ")
}

func (d *daemon) ping(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Api-Version", "1.41")
	w.Header().Set("Builder-Version", "2")
	_, _ = io.WriteString(w, "OK")
}

func (d *daemon) noted(call, answer string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		d.note(call)
		object(answer)(w, r)
	}
}

func (d *daemon) stop(w http.ResponseWriter, r *http.Request) {
	d.note("stop in " + r.URL.Query().Get("t"))
	d.running.Do(func() { close(d.ended) })
	w.WriteHeader(http.StatusNoContent)
}

// wait answers at once, as an engine does, and has the code later.
func (d *daemon) wait(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusOK)
	_ = http.NewResponseController(w).Flush()
	select {
	case <-d.ended:
		_, _ = io.WriteString(w, `{"StatusCode": 143}`)
	case <-r.Context().Done():
	}
}

func (d *daemon) logs(w http.ResponseWriter, r *http.Request) {
	if r.URL.Query().Get("since") == "" {
		_, _ = io.Copy(w, frames("hello\n"))
		_ = http.NewResponseController(w).Flush()
	}
	select {
	case <-d.ended:
	case <-r.Context().Done():
	}
}

func (d *daemon) list(w http.ResponseWriter, r *http.Request) {
	var asked struct {
		Label map[string]bool `json:"label"`
	}
	_ = json.Unmarshal([]byte(r.URL.Query().Get("filters")), &asked)
	found := []map[string]string{}
	for id, key := range d.keys {
		if asked.Label[labelKey+"="+key] {
			found = append(found, map[string]string{"Id": id})
		}
	}
	_ = json.NewEncoder(w).Encode(found)
}

// serveInProcess is the plugin's service behind a real socket, without a
// process. The host is lost when lose is called.
func serveInProcess(t *testing.T) (client protocol.AirdockClient, lose func()) {
	t.Helper()
	life, cancel := context.WithCancelCause(context.WithoutCancel(t.Context()))
	wire, _ := goplugin.TestPluginGRPCConn(t, false, goplugin.PluginSet{
		protocol.PluginName: &protocol.Plugin{Service: &server{life: life, log: hclog.NewNullLogger()}},
	})
	t.Cleanup(func() {
		cancel(errHostLost)
		_ = wire.Close()
	})
	raw, err := wire.Dispense(protocol.PluginName)
	if err != nil {
		t.Fatal(err)
	}
	return raw.(protocol.AirdockClient), func() { cancel(errHostLost) }
}

// eventually waits for a state, and fails after ten seconds without it.
func eventually(t *testing.T, what string, state func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	late := time.After(10 * time.Second)
	for !state() {
		select {
		case <-tick.C:
		case <-late:
			t.Fatal(fmt.Sprint("in vain waited for: ", what))
		}
	}
}
