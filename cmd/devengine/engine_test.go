//go:build devengine

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/go-connections/nat"
	"github.com/google/go-cmp/cmp"

	"airdock.dev/airdock/cmd/devengine/internal/certificate"
	"airdock.dev/airdock/cmd/devengine/internal/engine"
)

// TestLife is the life of a native engine: up, used, up again, killed,
// repaired, down.
func TestLife(t *testing.T) {
	p := newPlace(t)
	first := p.up("--mode", "native")
	api := p.api()
	if err := engine.Ping(t.Context(), api); err != nil {
		t.Fatal(err)
	}
	if listing := output(t, api, "bash", "ls", "-al", "/"); !strings.Contains(listing, "tmp") {
		t.Errorf("ls -al / printed:\n%s", listing)
	}
	again := p.up()
	if diff := cmp.Diff(first.stdout, again.stdout); diff != "" {
		t.Errorf("the second up printed another environment (-first +second):\n%s", diff)
	}
	if again.took > 3*time.Second {
		t.Errorf("the second up took %s", again.took)
	}
	if diff := cmp.Diff(first.stdout, p.must("env").stdout); diff != "" {
		t.Errorf("env prints another environment than up (-up +env):\n%s", diff)
	}
	id := start(t, api, "bash", "sleep", "1000")

	killed := p.state().Native.Dockerd
	p.kill(killed.PID)
	if got := p.run("status"); got.code != 3 || !strings.Contains(got.stdout, "not running") {
		t.Errorf("status of a killed engine: exit code %d\n%s", got.code, got.stdout)
	}
	if repaired := p.up(); repaired.stdout != first.stdout {
		t.Errorf("the repaired engine has another environment:\n%s", repaired.stdout)
	}
	if p.state().Native.Dockerd == killed {
		t.Error("the killed dockerd was not started again")
	}
	if got := output(t, api, "bash", "echo", "back"); got != "back\n" {
		t.Errorf("after the repair a container printed %q", got)
	}
	if _, err := api.ContainerInspect(t.Context(), id); err != nil {
		t.Errorf("the repair lost a container: %v", err)
	}
	p.must("status")

	start(t, api, "bash", "sleep", "1000")
	made, err := api.NetworkCreate(t.Context(), "devengine-test", network.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	p.must("down")
	p.gone(t)
	noLink(t, "br-"+made.ID[:12])
	p.must("down")
	if got := p.run("env"); got.code != 1 || got.stdout != "" {
		t.Errorf("env without an engine: exit code %d, printed %q", got.code, got.stdout)
	}
}

// kill ends a process of the engine in the way nobody can prepare for.
func (p *place) kill(pid int) {
	p.t.Helper()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		p.t.Fatal(err)
	}
	eventually(p.t, "the killed process is gone", func() bool {
		return errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) || isZombie(pid)
	})
}

func isZombie(pid int) bool {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err == nil && bytes.Contains(stat, []byte(") Z "))
}

func noLink(t *testing.T, name string) {
	t.Helper()
	if _, err := net.InterfaceByName(name); err == nil {
		t.Errorf("link %s is left", name)
	}
}

// TestDownAfterCrash kills every daemon while containers run.
func TestDownAfterCrash(t *testing.T) {
	p := newPlace(t)
	p.up("--mode", "native")
	api := p.api()
	made, err := api.NetworkCreate(t.Context(), "devengine-test", network.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	// One that would not end at a SIGTERM either, and one with a port proxy.
	start(t, api, "bash", "-c", `trap "" TERM; while true; do sleep 1; done`)
	id := create(t, api, "busybox", &container.HostConfig{
		PortBindings: nat.PortMap{"80/tcp": {{HostIP: "127.0.0.1"}}},
		NetworkMode:  container.NetworkMode(made.ID),
	}, "httpd", "-f", "-p", "80")
	if err := api.ContainerStart(t.Context(), id, container.StartOptions{}); err != nil {
		t.Fatal(err)
	}
	native := p.state().Native
	for _, daemon := range []int{native.Dockerd.PID, native.Containerd.PID, native.Registry.PID} {
		p.kill(daemon)
	}
	p.must("down")
	p.gone(t)
	noLink(t, "br-"+made.ID[:12])
	if left, _ := filepath.Glob("/run/containerd/s/*"); len(left) > 0 {
		t.Logf("sockets of shims, of other engines perhaps: %v", left)
	}
}

// TestSweptFolder removes the folder's files under a running engine, as
// cleaning a work tree does.
func TestSweptFolder(t *testing.T) {
	p := newPlace(t)
	p.up("--mode", "native")
	start(t, p.api(), "bash", "sleep", "1000")
	made, err := p.api().NetworkCreate(t.Context(), "devengine-test", network.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	_ = os.RemoveAll(p.dir) // what is mounted cannot be removed
	if _, err := os.Stat(filepath.Join(p.dir, "state.json")); err == nil {
		t.Fatal("the state is still there")
	}
	p.up("--mode", "native")
	noLink(t, "br-"+made.ID[:12])
	if got := output(t, p.api(), "bash", "echo", "back"); got != "back\n" {
		t.Errorf("a container printed %q", got)
	}
	if err := os.WriteFile(filepath.Join(p.dir, "state.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := p.run("up"); got.code != 1 || !strings.Contains(got.stderr, "devengine down") {
		t.Errorf("up with a damaged state: exit code %d\n%s", got.code, got.stderr)
	}
	p.must("down")
	p.dirRemains(t)
	p.gone(t)
}

// dirRemains: a damaged state cannot tell that the folder was made by
// devengine. It stays, empty.
func (p *place) dirRemains(t *testing.T) {
	t.Helper()
	if err := os.Remove(p.dir); err != nil {
		t.Errorf("the folder is not empty or gone: %v", err)
	}
}

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
	other.args = []string{"--cache", shared.cache}
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
