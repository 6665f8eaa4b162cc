package e2e

import (
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/durationpb"

	"airdock.dev/airdock/protocol"
)

// proxy is the way to the engine, which a test can cut or close.
type proxy struct {
	net.Listener
	mu    sync.Mutex
	conns map[net.Conn]bool
	cuts  int
}

// newProxy listens on an address of this machine.
func (s *story) newProxy(address string) *proxy {
	s.Helper()
	target, err := url.Parse(os.Getenv("DOCKER_HOST"))
	if err != nil || target.Host == "" {
		s.Fatalf("DOCKER_HOST=%s is no TCP address", os.Getenv("DOCKER_HOST"))
	}
	listener, err := net.Listen("tcp", address+":0")
	if err != nil {
		s.Fatal(err)
	}
	p := &proxy{Listener: listener, conns: map[net.Conn]bool{}}
	s.Cleanup(p.close)
	go func() {
		for {
			from, err := listener.Accept()
			if err != nil {
				return
			}
			to, err := net.Dial("tcp", target.Host)
			if err != nil {
				_ = from.Close()
				continue
			}
			p.keep(from, to)
			go p.pass(from, to)
			go p.pass(to, from)
		}
	}()
	return p
}

func (p *proxy) flag() string { return "tcp://" + p.Addr().String() }

func (p *proxy) keep(conns ...net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, conn := range conns {
		p.conns[conn] = true
	}
}

func (p *proxy) pass(from, to net.Conn) {
	_, _ = io.Copy(to, from)
	_ = from.Close()
	_ = to.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, from)
	delete(p.conns, to)
}

// cut breaks every connection, with a reset in every second cut.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cuts++
	for conn := range p.conns {
		if tcp, ok := conn.(*net.TCPConn); ok && p.cuts%2 == 0 {
			_ = tcp.SetLinger(0)
		}
		_ = conn.Close()
	}
}

func (p *proxy) close() {
	_ = p.Close()
	p.cut()
}

// TestCutLogStreamLosesNothing cuts the way to the engine ten times while a
// container prints to both streams.
func TestCutLogStreamLosesNothing(t *testing.T) {
	const lines = 400
	script := fmt.Sprintf(`i=1; while [ $i -le %d ]; do echo "out $i"; echo "err $i" >&2; sleep 0.01; i=$((i+1)); done; exit 5`, lines)
	for _, name := range []string{"run", "call", "run with a terminal"} {
		t.Run(name, func(t *testing.T) {
			s := tell(t, "a log stream that is cut ten times loses no line and repeats none")
			way := s.newProxy("127.0.0.1")
			var p *process
			switch name {
			case "run":
				p = s.startCommand(s.command("--host", way.flag(), "run", "--rm", "--label", testLabel+"="+s.id, "bash", "-c", script))
			case "call":
				p = s.startCall(s.runCall("cut", []string{"bash", "-c", script}, nil), "--host", way.flag())
			default:
				p = s.startCommand(s.command("--host", way.flag(), "run", "--rm", "-t", "--label", testLabel+"="+s.id, "bash", "-c", script))
			}
			p.prints("out 1")
			stopped := make(chan struct{})
			go func() {
				defer close(stopped)
				tick := time.NewTicker(350 * time.Millisecond)
				defer tick.Stop()
				for range 10 {
					<-tick.C
					way.cut()
				}
			}()
			got := p.ends(60 * time.Second)
			<-stopped
			if got.code != 5 {
				s.Errorf("code %d, stderr %.2000s", got.code, got.stderr)
			}
			s.wantEachOnce(outputOf(got.stdout)+got.stderr, lines)
			s.nothingIsLeft(time.Second)
		})
	}
}

// TestCutWithoutALog cuts the way to a container whose log cannot be read.
func TestCutWithoutALog(t *testing.T) {
	s := tell(t, "a container without a log runs on when its connection is cut, and what is missing is said")
	way := s.newProxy("127.0.0.1")
	p := s.startCommand(s.command("--host", way.flag(), "run", "--rm", "--log-driver", "none", "--label", testLabel+"="+s.id,
		"bash", "-c", "echo before; sleep 2; echo after; exit 5"))
	p.prints("before")
	way.cut()
	got := p.ends(60 * time.Second)
	if got.code != 5 || strings.Contains(got.stdout, "after") || !strings.Contains(got.stderr, "log driver") {
		s.Errorf("code %d, stdout %q, stderr %q", got.code, got.stdout, got.stderr)
	}
	s.nothingIsLeft(time.Second)
}

// outputOf is the output in a text, be that the text itself or the events of a
// call.
func outputOf(text string) string {
	var output strings.Builder
	for line := range strings.Lines(text) {
		event := &protocol.Event{}
		if protojson.Unmarshal([]byte(line), event) != nil {
			output.WriteString(line)
		}
		output.WriteString(event.GetOutput().GetText())
	}
	return output.String()
}

// wantEachOnce looks for the numbered lines of both streams.
func (s *story) wantEachOnce(text string, lines int) {
	s.Helper()
	counts := map[string]int{}
	for line := range strings.Lines(text) {
		counts[strings.TrimRight(line, "\r\n")]++
	}
	var wrong []string
	for n := 1; n <= lines; n++ {
		for _, line := range []string{fmt.Sprintf("out %d", n), fmt.Sprintf("err %d", n)} {
			if counts[line] != 1 {
				wrong = append(wrong, fmt.Sprintf("%q %d times", line, counts[line]))
			}
		}
	}
	if len(wrong) > 0 {
		s.Errorf("%d lines are lost or repeated: %v …", len(wrong), wrong[:min(10, len(wrong))])
	}
}

// TestLostEngineEndsTheRun closes the way for good.
func TestLostEngineEndsTheRun(t *testing.T) {
	s := tell(t, "an engine that is gone for good ends the run with ENGINE_LOST")
	way := s.newProxy("127.0.0.1")
	p := s.startCall(s.runCall("lost", []string{"bash", "-c", "echo ready; sleep 300"}, nil), "--host", way.flag())
	p.prints("ready")
	way.close()
	got := p.ends(60 * time.Second)
	if got.code != 125 || !strings.Contains(got.stdout, `"kind":"ENGINE_LOST"`) {
		s.Errorf("code %d, stdout %s", got.code, got.stdout)
	}
	if !strings.Contains(got.stdout, "dev.airdock.key="+s.key("lost")) {
		s.Errorf("it does not say how to find the container: %s", got.stdout)
	}
	s.noProcessIsLeft(5 * time.Second)
	s.step("the container is found and stopped by its key once the way is there again", func() {
		stopped := s.callTo(&protocol.Call{Operation: &protocol.Call_Stop{Stop: &protocol.StopRequest{Key: s.key("lost"), Grace: durationpb.New(0)}}})
		if len(stopped.last().GetStopped().GetContainers()) != 1 {
			s.Errorf("stopped %s", stopped.stdout)
		}
	})
	s.nothingIsLeft(0)
}
