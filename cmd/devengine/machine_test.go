//go:build devengine

package main

import (
	"encoding/json"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/go-connections/nat"
	"github.com/google/go-cmp/cmp"

	"airdock.dev/airdock/cmd/devengine/internal/certificate"
	"airdock.dev/airdock/cmd/devengine/internal/engine"
)

// TestTwoFolders lets one engine come and go beside another one.
func TestTwoFolders(t *testing.T) {
	first, second := newPlace(t), newPlace(t)
	var both sync.WaitGroup
	for _, p := range []*place{first, second} {
		both.Go(func() {
			if got := p.run("up", append(p.args, "--mode", "native")...); got.code != 0 {
				t.Errorf("up: exit code %d\n%s", got.code, got.stderr)
			}
		})
	}
	both.Wait()
	if t.Failed() {
		t.FailNow()
	}
	if first.state().Native.Range == second.state().Native.Range {
		t.Errorf("both engines have range %s", first.state().Native.Range)
	}
	api := first.api()
	id := start(t, api, "bash", "sleep", "1000")
	start(t, second.api(), "bash", "sleep", "1000")
	second.must("down")
	second.gone(t)
	got, err := api.ContainerInspect(t.Context(), id)
	if err != nil || !got.State.Running {
		t.Errorf("the first engine's container no longer runs: %v", err)
	}
	if got := output(t, api, "bash", "ping", "-c1", "-W2", "127.0.0.1"); !strings.Contains(got, "1 packets received") {
		t.Errorf("ping printed:\n%s", got)
	}
	first.must("down")
	first.gone(t)
}

// TestManyUps starts one engine from several processes at once.
func TestManyUps(t *testing.T) {
	p := newPlace(t)
	results := make([]result, 3)
	var all sync.WaitGroup
	for i := range results {
		all.Go(func() { results[i] = p.run("up", append(p.args, "--mode", "native")...) })
	}
	all.Wait()
	for _, got := range results {
		if got.code != 0 || got.stdout != results[0].stdout {
			t.Errorf("up: exit code %d, printed\n%s%s", got.code, got.stdout, got.stderr)
		}
	}
	p.must("down")
	p.gone(t)
}

// TestRenewal lets the certificates come near their end.
func TestRenewal(t *testing.T) {
	p := newPlace(t)
	p.up("--mode", "native")
	certs := filepath.Join(p.dir, "certs")
	if err := os.RemoveAll(certs); err != nil {
		t.Fatal(err)
	}
	names := []string{"docker", "localhost", "127.0.0.1"}
	if _, err := certificate.Ensure(certs, names, time.Now().AddDate(0, -12, 0)); err != nil {
		t.Fatal(err)
	}
	before := p.state().Native.Dockerd
	p.up()
	if p.state().Native.Dockerd == before {
		t.Error("dockerd was not started again with the new certificates")
	}
	if err := engine.Ping(t.Context(), p.api()); err != nil {
		t.Error(err)
	}
}

// TestReach checks the ways between the engine's containers, this machine and
// its registry that other tests rely on.
func TestReach(t *testing.T) {
	p := newPlace(t)
	p.up("--mode", "native")
	api := p.api()
	id := create(t, api, "busybox", &container.HostConfig{
		PortBindings: nat.PortMap{"80/tcp": {{HostIP: "127.0.0.1"}}},
	}, "sh", "-c", "echo hello > /index.html; exec httpd -f -p 80 -h /")
	if err := api.ContainerStart(t.Context(), id, container.StartOptions{}); err != nil {
		t.Fatal(err)
	}
	inspected, err := api.ContainerInspect(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	published := inspected.NetworkSettings.Ports["80/tcp"][0].HostPort
	eventually(t, "the published port answers", func() bool {
		response, err := http.Get("http://127.0.0.1:" + published + "/")
		if err != nil {
			return false
		}
		defer func() { _ = response.Body.Close() }()
		return response.StatusCode == http.StatusOK
	})
	address := inspected.NetworkSettings.Networks["bridge"].IPAddress
	if got := output(t, api, "busybox", "wget", "-q", "-O-", "http://"+address+"/"); got != "hello\n" {
		t.Errorf("from container to container: %q", got)
	}
	python := output(t, api, "python:3.11-slim", "python", "-c", "import ssl, sqlite3, ctypes, lzma, bz2; print(6*7)")
	if python != "42\n" {
		t.Errorf("python printed %q", python)
	}
	if got := output(t, api, "bash", "-c", "stat -c %a /tmp; id -un; whoami"); got != "1777\nroot\nroot\n" {
		t.Errorf("bash printed %q", got)
	}
}

// TestPorts asks for ports that are taken.
func TestPorts(t *testing.T) {
	taken, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	port := strconv.Itoa(taken.Addr().(*net.TCPAddr).Port)
	p := newPlace(t)
	got := p.run("up", "--mode", "native", "--port", port)
	if got.code != 1 || !strings.Contains(got.stderr, "port "+port+" of 127.0.0.1 is in use") {
		t.Errorf("up on a port in use: exit code %d\n%s", got.code, got.stderr)
	}
	p.must("down")
	p.gone(t)
	// The usual ports may be another engine's: then the next ones are taken.
	other := newPlace(t)
	other.args = []string{"--cache", os.Getenv(cacheFolder)}
	if usual, err := net.Listen("tcp4", "127.0.0.1:2376"); err == nil {
		defer func() { _ = usual.Close() }()
	}
	if usual, err := net.Listen("tcp4", "127.0.0.1:5000"); err == nil {
		defer func() { _ = usual.Close() }()
	}
	other.up("--mode", "native", "--seed", "never")
	state := other.state()
	if state.Port <= 2377 || state.RegistryPort <= 5000 {
		t.Errorf("ports %d and %d", state.Port, state.RegistryPort)
	}
}

// TestStatus reads what status prints for a program.
func TestStatus(t *testing.T) {
	p := newPlace(t)
	if got := p.run("status"); got.code != 3 {
		t.Errorf("status without an engine: exit code %d", got.code)
	}
	p.up("--mode", "native")
	var found report
	if err := json.Unmarshal([]byte(p.must("status", "--json").stdout), &found); err != nil {
		t.Fatal(err)
	}
	want := report{
		Folder:   p.dir,
		Running:  true,
		Mode:     "native",
		Address:  engine.Address(p.state().Port),
		CertPath: filepath.Join(p.dir, "certs", "client"),
		Version:  found.Version,
		API:      found.API,
		Registry: "127.0.0.1:" + strconv.Itoa(p.state().RegistryPort),
		Images:   found.Images,
		Upstream: found.Upstream,
		Parts:    found.Parts,
	}
	if diff := cmp.Diff(want, found); diff != "" {
		t.Errorf("status (-want +got):\n%s", diff)
	}
	if found.Version == "" || len(found.Parts) != 3 {
		t.Errorf("status: %+v", found)
	}
}

// TestUserFiles keeps what is not devengine's in a folder that it did not make.
func TestUserFiles(t *testing.T) {
	p := newPlace(t)
	own := filepath.Join(p.dir, "notes.txt")
	if err := os.MkdirAll(p.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(own, []byte("mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	p.up("--mode", "native", "--seed", "never")
	p.must("down")
	entries, err := os.ReadDir(p.dir)
	if err != nil || len(entries) != 1 || entries[0].Name() != "notes.txt" {
		t.Errorf("down left %v, %v", entries, err)
	}
}
