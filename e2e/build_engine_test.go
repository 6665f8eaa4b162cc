package e2e_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/client"
	"google.golang.org/protobuf/encoding/protojson"

	"airdock.dev/airdock/protocol"
)

// buildEngine is the engine of the environment. Where it is switched on and does
// not answer, the test fails.
func buildEngine(t *testing.T) *client.Client {
	t.Helper()
	api, err := client.NewClientWithOpts(client.FromEnv, client.WithAPIVersionNegotiation())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = api.Close() })
	if _, err := api.Ping(t.Context()); err != nil {
		t.Fatalf("the engine does not answer: %v", err)
	}
	return api
}

// imageName is a name for an image of this test, which goes with the test.
func imageName(t *testing.T, api *client.Client, part string) string {
	t.Helper()
	clean := regexp.MustCompile(`[^a-z0-9]+`)
	name := strings.Trim(clean.ReplaceAllString(strings.ToLower("airdock-"+t.Name()+"-"+part), "-"), "-")
	removeImage(t, api, name)
	t.Cleanup(func() { removeImage(t, api, name) })
	return name
}

func removeImage(t *testing.T, api *client.Client, name string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), time.Minute)
	defer cancel()
	_, _ = api.ImageRemove(ctx, name, image.RemoveOptions{Force: true, PruneChildren: true})
}

// ran is how a program ended.
type ran struct {
	stdout, stderr string
	code           int
}

// airdock runs the command that is on the PATH.
func airdock(t *testing.T, in string, args ...string) ran {
	t.Helper()
	return finish(t, airdockCommand(t, in, args...))
}

func airdockCommand(t *testing.T, in string, args ...string) *exec.Cmd {
	t.Helper()
	command := exec.CommandContext(t.Context(), "airdock", args...)
	command.Stdin = strings.NewReader(in)
	command.WaitDelay = 20 * time.Second
	return command
}

func finish(t *testing.T, command *exec.Cmd) ran {
	t.Helper()
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	err := command.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return ran{stdout.String(), stderr.String(), command.ProcessState.ExitCode()}
}

// called is the outcome of `airdock call`.
type called struct {
	events []*protocol.Event
	final  *protocol.Event
	text   string
}

func (c called) kind() protocol.ErrorKind {
	if c.final.GetError() == nil {
		return -1
	}
	return c.final.GetError().GetKind()
}

// call makes one call of the protocol.
func call(t *testing.T, request *protocol.Call, flags ...string) called {
	t.Helper()
	text, err := protojson.Marshal(request)
	if err != nil {
		t.Fatal(err)
	}
	return readCalled(t, airdock(t, string(text), append(flags, "call")...))
}

func readCalled(t *testing.T, result ran) called {
	t.Helper()
	answer := called{text: result.stdout + result.stderr}
	for line := range strings.Lines(result.stdout) {
		event := &protocol.Event{}
		if err := protojson.Unmarshal([]byte(line), event); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		answer.events = append(answer.events, event)
		answer.final = event
	}
	if answer.final == nil {
		t.Fatalf("no event; stderr: %s", result.stderr)
	}
	return answer
}

func build(t *testing.T, request *protocol.BuildRequest, flags ...string) called {
	t.Helper()
	return call(t, &protocol.Call{Operation: &protocol.Call_Build{Build: request}}, flags...)
}

func folder(path string) *protocol.BuildRequest_Folder {
	return &protocol.BuildRequest_Folder{Folder: path}
}

func inline(text string) *protocol.BuildRequest_DockerfileInline {
	return &protocol.BuildRequest_DockerfileInline{DockerfileInline: text}
}

// files writes a folder: names to contents, a name that ends in / is a folder.
func files(t *testing.T, contents map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range contents {
		path := filepath.Join(root, name)
		parent := filepath.Dir(path)
		if strings.HasSuffix(name, "/") {
			parent = path
		}
		if err := os.MkdirAll(parent, 0o755); err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, "/") {
			continue
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// eventually waits for a state, with a deadline.
func eventually(t *testing.T, within time.Duration, what string, holds func() bool) {
	t.Helper()
	deadline := time.After(within)
	for tick := time.NewTicker(20 * time.Millisecond); !holds(); {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("not within %s: %s", within, what)
		}
	}
}

// engineProxy stands between airdock and the engine, counts what goes to the
// engine, TLS and all, and can cut the connections.
type engineProxy struct {
	net.Listener
	up    atomic.Int64
	mu    sync.Mutex
	conns []net.Conn
}

func newEngineProxy(t *testing.T) (*engineProxy, []string) {
	t.Helper()
	target, err := url.Parse(os.Getenv("DOCKER_HOST"))
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &engineProxy{Listener: listener}
	t.Cleanup(func() {
		_ = listener.Close()
		p.cut()
	})
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go p.pass(conn, target.Host)
		}
	}()
	return p, []string{"--host", "tcp://" + listener.Addr().String(), "--tlsservername", target.Hostname()}
}

func (p *engineProxy) pass(from net.Conn, target string) {
	to, err := net.Dial("tcp", target)
	if err != nil {
		_ = from.Close()
		return
	}
	p.mu.Lock()
	p.conns = append(p.conns, from, to)
	p.mu.Unlock()
	go func() {
		_, _ = io.Copy(from, to)
		_ = from.Close()
	}()
	_, _ = io.Copy(io.MultiWriter(to, (*upCounter)(&p.up)), from)
	_ = to.Close()
}

func (p *engineProxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, conn := range p.conns {
		_ = conn.Close()
	}
}

type upCounter atomic.Int64

func (c *upCounter) Write(p []byte) (int, error) {
	(*atomic.Int64)(c).Add(int64(len(p)))
	return len(p), nil
}

func asJSON(t *testing.T, value any) string {
	t.Helper()
	text, err := json.MarshalIndent(value, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
