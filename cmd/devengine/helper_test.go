//go:build devengine

package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/client"
	"github.com/docker/docker/pkg/stdcopy"
	"github.com/docker/go-connections/nat"

	"airdock.dev/airdock/cmd/devengine/internal/engine"
	"airdock.dev/airdock/cmd/devengine/internal/folder"
	"airdock.dev/airdock/cmd/devengine/internal/wait"
)

const (
	// asProgram in the environment makes the test binary devengine itself.
	asProgram = "DEVENGINE_TEST_AS_PROGRAM"
	// cacheFolder in the environment is where all tests keep base images.
	cacheFolder = "DEVENGINE_TEST_CACHE"
)

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	os.Exit(runTests(m))
}

func runTests(m *testing.M) int {
	cache, err := os.MkdirTemp("", "devengine-test-")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(cache) }()
	if err := os.Setenv(cacheFolder, cache); err != nil {
		panic(err)
	}
	return m.Run()
}

// place is one engine's folder in a test.
type place struct {
	t    *testing.T
	dir  string
	id   string
	env  []string // more environment, for the outer engine of dind
	args []string // flags of every up
}

// newPlace names a folder that does not exist yet, with ports that are free,
// and takes its engine down after the test whatever happens.
func newPlace(t *testing.T) *place {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "engine")
	path, id, err := folder.Locate(dir)
	if err != nil {
		t.Fatal(err)
	}
	p := &place{t: t, dir: path, id: id, args: []string{
		"--port", freePort(t), "--registry-port", freePort(t), "--cache", os.Getenv(cacheFolder),
	}}
	t.Cleanup(func() { p.run("down") })
	return p
}

func freePort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)
}

// result is how a run of devengine ended.
type result struct {
	stdout, stderr string
	code           int
	took           time.Duration
}

// run runs devengine as a user does, in an environment that names no engine
// but the place's own.
func (p *place) run(verb string, args ...string) result {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	program, err := os.Executable()
	if err != nil {
		p.t.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, program, append([]string{verb, "--dir", p.dir}, args...)...)
	cmd.Env = append(withoutDocker(os.Environ()), asProgram+"=1")
	cmd.Env = append(cmd.Env, p.env...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	begin := time.Now()
	err = cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		p.t.Errorf("run devengine %s: %v", verb, err)
	}
	return result{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode(), time.Since(begin)}
}

func withoutDocker(env []string) []string {
	var kept []string
	for _, entry := range env {
		if !strings.HasPrefix(entry, "DOCKER_") {
			kept = append(kept, entry)
		}
	}
	return kept
}

// must runs devengine and fails the test when it fails.
func (p *place) must(verb string, args ...string) result {
	p.t.Helper()
	got := p.run(verb, args...)
	if got.code != 0 {
		p.t.Fatalf("devengine %s: exit code %d\n%s", verb, got.code, got.stderr)
	}
	p.t.Logf("devengine %s took %s\n%s", verb, got.took.Round(time.Millisecond), got.stderr)
	return got
}

func (p *place) up(args ...string) result {
	p.t.Helper()
	return p.must("up", append(p.args, args...)...)
}

// state reads the engine's state.
func (p *place) state() *folder.State {
	p.t.Helper()
	_, state, err := folder.Peek(p.dir)
	if err != nil || state == nil {
		p.t.Fatalf("state of %s: %v, %v", p.dir, state, err)
	}
	return state
}

// api is a client of the engine, with the files that a user would use.
func (p *place) api() *client.Client {
	p.t.Helper()
	api, err := engine.Connect(engine.Address(p.state().Port), filepath.Join(p.dir, "certs", "client"))
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = api.Close() })
	return api
}

// create pulls an image where it is missing and creates a container of it.
func create(t *testing.T, api *client.Client, image string, host *container.HostConfig, command ...string) string {
	t.Helper()
	there, err := engine.HasImage(t.Context(), api, image)
	if err != nil {
		t.Fatal(err)
	}
	if !there {
		if err := engine.Pull(t.Context(), api, image, time.Minute); err != nil {
			t.Fatal(err)
		}
	}
	config := &container.Config{Image: image, Cmd: command, ExposedPorts: nat.PortSet{}}
	if host != nil {
		for port := range host.PortBindings {
			config.ExposedPorts[port] = struct{}{}
		}
	}
	created, err := api.ContainerCreate(t.Context(), config, host, nil, nil, "")
	if err != nil {
		t.Fatal(err)
	}
	return created.ID
}

// start starts a container that goes on running.
func start(t *testing.T, api *client.Client, image string, command ...string) string {
	t.Helper()
	id := create(t, api, image, nil, command...)
	if err := api.ContainerStart(t.Context(), id, container.StartOptions{}); err != nil {
		t.Fatal(err)
	}
	return id
}

// output runs a container to its end and returns what it printed.
func output(t *testing.T, api *client.Client, image string, command ...string) string {
	t.Helper()
	id := start(t, api, image, command...)
	ended, failed := api.ContainerWait(t.Context(), id, container.WaitConditionNotRunning)
	var code int64
	select {
	case exit := <-ended:
		code = exit.StatusCode
	case err := <-failed:
		t.Fatal(err)
	}
	logs, err := api.ContainerLogs(t.Context(), id, container.LogsOptions{ShowStdout: true, ShowStderr: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = logs.Close() }()
	var text bytes.Buffer
	if _, err := stdcopy.StdCopy(&text, &text, logs); err != nil && !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	if code != 0 {
		t.Fatalf("%s %v: exit code %d\n%s", image, command, code, text.String())
	}
	return text.String()
}

// eventually waits for a condition that is about to hold.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if wait.Until(ctx, 20*time.Millisecond, func() (bool, error) { return holds(), nil }) != nil {
		t.Fatalf("not within 10 s: %s", what)
	}
}
