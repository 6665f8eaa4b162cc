package e2e

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// result is how a command ended.
type result struct {
	stdout, stderr string
	code           int
}

// command is `airdock` with the scenario's temporary folder. Its containers
// carry the scenario's label.
func (s *story) command(args ...string) *exec.Cmd {
	if len(args) > 0 && args[0] == "run" {
		args = append([]string{"run", "--label", testLabel + "=" + s.id}, args[1:]...)
	}
	command := exec.CommandContext(s.Context(), "airdock", args...)
	command.Env = append(os.Environ(), "TMPDIR="+s.temp)
	command.WaitDelay = 20 * time.Second
	return command
}

// airdock runs a command to its end.
func (s *story) airdock(args ...string) result {
	s.Helper()
	return s.finish(s.command(args...))
}

func (s *story) finish(command *exec.Cmd) result {
	s.Helper()
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	err := command.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		s.Fatal(err)
	}
	return result{stdout.String(), stderr.String(), command.ProcessState.ExitCode()}
}

// want checks a result as a whole.
func (s *story) want(got result, code int, stdout string) {
	s.Helper()
	if got.code != code || got.stdout != stdout {
		s.Errorf("code %d and stdout %.300q, want %d and %.300q; stderr: %s", got.code, got.stdout, code, stdout, got.stderr)
	}
}

// process is a command that runs, and what it has printed so far.
type process struct {
	*exec.Cmd
	s      *story
	lines  chan string // of stdout
	seen   strings.Builder
	mu     sync.Mutex
	stderr bytes.Buffer
	done   chan struct{}
}

// start starts a command, in a process group of its own as a shell does.
func (s *story) start(args ...string) *process {
	s.Helper()
	return s.startCommand(s.command(args...))
}

func (s *story) startCommand(command *exec.Cmd) *process {
	s.Helper()
	p := &process{Cmd: command, s: s, lines: make(chan string, 100_000), done: make(chan struct{})}
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	stdout, err := command.StdoutPipe()
	if err != nil {
		s.Fatal(err)
	}
	command.Stderr = p
	if err := command.Start(); err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() {
		_ = command.Process.Kill()
		<-p.done
	})
	go func() {
		defer close(p.done)
		reader := bufio.NewReader(stdout)
		for {
			line, err := reader.ReadString('\n')
			if line != "" {
				p.lines <- line
			}
			if err != nil {
				break
			}
		}
		close(p.lines)
		_, _ = io.Copy(io.Discard, stdout)
		_ = command.Wait()
	}()
	return p
}

// Write takes the command's standard error.
func (p *process) Write(text []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stderr.Write(text)
}

func (p *process) errors() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stderr.String()
}

// prints waits for a line of stdout that contains a text.
func (p *process) prints(text string) {
	p.s.Helper()
	late := time.After(20 * time.Second)
	for {
		select {
		case line, more := <-p.lines:
			if !more {
				p.s.Fatalf("it ended without printing %q; stderr: %s", text, p.errors())
			}
			p.seen.WriteString(line)
			if strings.Contains(line, text) {
				return
			}
		case <-late:
			p.s.Fatalf("it did not print %q; stderr: %s", text, p.errors())
		}
	}
}

func (p *process) signal(signal syscall.Signal) {
	p.s.Helper()
	if err := p.Process.Signal(signal); err != nil {
		p.s.Fatal(err)
	}
}

// ends waits for the end and returns all that was printed.
func (p *process) ends(within time.Duration) result {
	p.s.Helper()
	select {
	case <-p.done:
	case <-time.After(within):
		p.s.Fatalf("it still runs after %s; stderr: %s", within, p.errors())
	}
	for line := range p.lines {
		p.seen.WriteString(line)
	}
	return result{p.seen.String(), p.errors(), p.ProcessState.ExitCode()}
}
