package plugin

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"airdock.dev/airdock/protocol"
)

// envServe makes this test program the plugin process, for tests of what only a
// process of its own can show.
const envServe = "AIRDOCK_TEST_SERVE"

func TestMain(m *testing.M) {
	if os.Getenv(envServe) != "" {
		os.Exit(Serve())
	}
	os.Exit(m.Run())
}

// process is a plugin process and this test its host.
type process struct {
	*exec.Cmd
	stdin  io.WriteCloser
	stdout *bufio.Reader
	stderr *lockedBuffer
	dir    string
	exited chan struct{}
	err    error // of the exit, when exited is closed
}

type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

const testToken = "a token that nobody guesses"

// startProcess starts the plugin as the Python shim does; change may alter the
// command before.
func startProcess(t *testing.T, change func(*process)) *process {
	t.Helper()
	// A socket's path is bounded by 108 bytes, so t.TempDir is too long.
	dir, err := os.MkdirTemp("", "ad")
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err != nil {
		t.Fatal(err)
	}
	handshake := protocol.Handshake()
	p := &process{Cmd: exec.Command(os.Args[0]), stderr: &lockedBuffer{}, dir: dir, exited: make(chan struct{})}
	p.Env = []string{
		envServe + "=1",
		handshake.MagicCookieKey + "=" + handshake.MagicCookieValue,
		protocol.EnvToken + "=" + protocol.TokenInPipe,
		protocol.EnvSocketDir + "=" + dir,
		protocol.EnvLogLevel + "=debug",
	}
	p.Stderr = p.stderr
	if p.stdin, err = p.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(p.stdin, testToken+"\n"); err != nil {
		t.Fatal(err)
	}
	out, err := p.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.stdout = bufio.NewReader(out)
	if change != nil {
		change(p)
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = p.Process.Kill()
		<-p.exited
	})
	go func() {
		p.err = p.Wait()
		close(p.exited)
	}()
	return p
}

// set changes the environment of the plugin; an empty value removes the name.
func (p *process) set(name, value string) {
	kept := p.Env[:0:0]
	for _, entry := range p.Env {
		if !strings.HasPrefix(entry, name+"=") {
			kept = append(kept, entry)
		}
	}
	if value != "" {
		kept = append(kept, name+"="+value)
	}
	p.Env = kept
}

// dial reads the handshake and connects to the plugin's socket.
func (p *process) dial(t *testing.T) *grpc.ClientConn {
	t.Helper()
	line, err := p.stdout.ReadString('\n')
	if err != nil {
		t.Fatalf("no handshake: %v\n%s", err, p.stderr)
	}
	parts := strings.Split(strings.TrimSpace(line), "|")
	if len(parts) < 5 || parts[2] != "unix" || parts[4] != "grpc" || !strings.HasPrefix(parts[3], p.dir) {
		t.Fatalf("handshake %q", line)
	}
	conn, err := grpc.NewClient("unix:"+parts[3], grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// ends waits for the end of the process.
func (p *process) ends(t *testing.T, within time.Duration) {
	t.Helper()
	select {
	case <-p.exited:
	case <-time.After(within):
		t.Fatalf("the plugin still runs after %s\n%s", within, p.stderr)
	}
}
