package e2e

import (
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
)

const (
	// polite ends with 3 when it is asked to; stubborn must be killed.
	polite   = "trap 'echo bye; exit 3' TERM; echo ready; while :; do sleep 0.1; done"
	stubborn = "trap '' TERM INT HUP; echo ready; while :; do sleep 0.1; done"
)

func TestSignalGivesTheContainerItsGrace(t *testing.T) {
	for name, signal := range map[string]syscall.Signal{"Ctrl-C": syscall.SIGINT, "SIGTERM": syscall.SIGTERM, "SIGHUP": syscall.SIGHUP} {
		t.Run(name, func(t *testing.T) {
			s := tell(t, name+" stops the container, whose last line and code are shown")
			p := s.start("run", "--rm", "bash", "-c", polite)
			p.prints("ready")
			p.signal(signal)
			if got := p.ends(8 * time.Second); got.code != 3 || got.stdout != "ready\nbye\n" || got.stderr != "" {
				s.Errorf("code %d, stdout %q, stderr %q", got.code, got.stdout, got.stderr)
			}
			s.nothingIsLeft(0)
		})
	}
}

func TestSignalTwiceKills(t *testing.T) {
	s := tell(t, "a second Ctrl-C kills a container that does not listen to the first")
	p := s.start("run", "--rm", "--stop-timeout", "60", "bash", "-c", stubborn)
	p.prints("ready")
	p.signal(syscall.SIGINT)
	s.step("the container goes on", func() {
		select {
		case <-p.done:
			s.Error("it ended after the first signal")
		case <-time.After(time.Second):
		}
	})
	p.signal(syscall.SIGINT)
	if got := p.ends(8 * time.Second); got.code != 137 {
		s.Errorf("code %d, stderr %q", got.code, got.stderr)
	}
	s.nothingIsLeft(0)
}

func TestSignalGraceIsBounded(t *testing.T) {
	s := tell(t, "a container that does not listen is killed after --stop-timeout")
	p := s.start("run", "--rm", "--stop-timeout", "1", "bash", "-c", stubborn)
	p.prints("ready")
	p.signal(syscall.SIGTERM)
	if got := p.ends(8 * time.Second); got.code != 137 {
		s.Errorf("code %d, stderr %q", got.code, got.stderr)
	}
	s.nothingIsLeft(0)
}

// TestKilledHostLeavesNothing: 15 s after SIGKILL there is nothing, whether the
// container listens or not.
func TestKilledHostLeavesNothing(t *testing.T) {
	for name, script := range map[string]string{"a polite container": polite, "a stubborn container": stubborn} {
		t.Run(name, func(t *testing.T) {
			s := tell(t, "SIGKILL of the command leaves no container, no plugin and no socket folder")
			p := s.start("run", "--rm", "bash", "-c", script)
			p.prints("ready")
			if len(s.plugins()) != 1 {
				s.Fatalf("the plugin is not found: %v", s.plugins())
			}
			p.signal(syscall.SIGKILL)
			p.ends(time.Second)
			s.nothingIsLeft(15 * time.Second)
		})
	}
}

// TestKilledPluginIsSaidSo: what is broken then is the plugin.
func TestKilledPluginIsSaidSo(t *testing.T) {
	s := tell(t, "SIGKILL of the plugin ends the command with an error, and leaves nothing")
	p := s.start("run", "--rm", "bash", "-c", polite)
	p.prints("ready")
	for _, plugin := range s.plugins() {
		if err := exec.CommandContext(s.Context(), "kill", "-9", plugin).Run(); err != nil {
			s.Fatal(err)
		}
	}
	if got := p.ends(15 * time.Second); got.code != 125 || !strings.Contains(got.stderr, "plugin") {
		s.Errorf("code %d, stderr %q", got.code, got.stderr)
	}
	s.nothingIsLeft(15 * time.Second)
}

func TestClosedTerminalStopsTheContainer(t *testing.T) {
	s := tell(t, "closing the terminal stops the container")
	command := s.command("run", "--rm", "bash", "-c", stubborn)
	terminal, err := pty.Start(command)
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { _ = terminal.Close() })
	seen := make([]byte, 4096)
	for text := ""; !strings.Contains(text, "ready"); {
		n, err := terminal.Read(seen)
		if err != nil {
			s.Fatalf("%v after %q", err, text)
		}
		text += string(seen[:n])
	}
	_ = terminal.Close()
	s.endsByItself(command)
	s.nothingIsLeft(15 * time.Second)
}

// endsByItself waits for a command that has lost what it was started for.
func (s *story) endsByItself(command *exec.Cmd) {
	s.Helper()
	ended := make(chan struct{})
	go func() {
		_ = command.Wait()
		close(ended)
	}()
	select {
	case <-ended:
	case <-time.After(15 * time.Second):
		_ = command.Process.Kill()
		s.Error("the command goes on")
	}
}

func TestClosedPipeStopsTheContainer(t *testing.T) {
	s := tell(t, "a reader that has enough, as in | head -1, stops the container")
	reader, writer, err := os.Pipe()
	if err != nil {
		s.Fatal(err)
	}
	command := s.command("run", "--rm", "bash", "-c", "while :; do echo line; sleep 0.05; done")
	command.Stdout = writer
	if err := command.Start(); err != nil {
		s.Fatal(err)
	}
	_ = writer.Close()
	if _, err := io.ReadFull(reader, make([]byte, 5)); err != nil {
		s.Error(err)
	}
	_ = reader.Close()
	s.endsByItself(command)
	s.nothingIsLeft(15 * time.Second)
}
