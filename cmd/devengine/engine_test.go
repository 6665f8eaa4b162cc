//go:build devengine

package main

import (
	"bytes"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/go-connections/nat"
	"github.com/google/go-cmp/cmp"

	"airdock.dev/airdock/cmd/devengine/internal/engine"
	"airdock.dev/airdock/cmd/devengine/internal/folder"
	"airdock.dev/airdock/cmd/devengine/internal/process"
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

// TestOrphan starts over a dockerd that the state does not know, as after an up
// that was killed in between.
func TestOrphan(t *testing.T) {
	p := newPlace(t)
	first := p.up("--mode", "native", "--seed", "never")
	f, err := folder.Open(t.Context(), p.dir)
	if err != nil {
		t.Fatal(err)
	}
	state := p.state()
	orphan := state.Native.Dockerd
	state.Native.Dockerd = process.Identity{}
	err = f.Save(state)
	f.Close()
	if err != nil {
		t.Fatal(err)
	}
	if again := p.up("--seed", "never"); again.stdout != first.stdout {
		t.Errorf("environment:\n%s", again.stdout)
	}
	if orphan.Alive() {
		t.Error("the orphan still runs")
	}
	p.must("down")
	p.gone(t)
}

// TestDeadEngine keeps dockerd from starting.
func TestDeadEngine(t *testing.T) {
	p := newPlace(t)
	if err := os.MkdirAll(filepath.Join(p.dir, "key.json"), 0o755); err != nil {
		t.Fatal(err)
	}
	got := p.run("up", append(p.args, "--mode", "native", "--seed", "never")...)
	if got.code != 1 || !strings.Contains(got.stderr, "start dockerd: it has ended; the last lines of") {
		t.Errorf("exit code %d\n%s", got.code, got.stderr)
	}
	t.Log(got.stderr)
	if err := os.Remove(filepath.Join(p.dir, "key.json")); err != nil {
		t.Fatal(err)
	}
	p.up("--seed", "never")
	p.must("down")
}
