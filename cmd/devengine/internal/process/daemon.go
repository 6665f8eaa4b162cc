package process

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
)

// markVariable is set in the environment of every daemon. Children inherit it
// (shims, proxies), containers do not: what carries it is ours to end.
const markVariable = "DEVENGINE_ID"

// Daemon is a process that this program started and that outlives it.
type Daemon struct {
	Identity Identity
	// Ended is closed when the process ends while this program still runs.
	Ended <-chan struct{}
	log   string
}

// Start runs args in a session of its own, with its output appended to the
// file log and the mark id in its environment.
func Start(id, log string, args ...string) (*Daemon, error) {
	out, err := os.OpenFile(log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", args[0], err)
	}
	defer func() { _ = out.Close() }()
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir = "/" // never keep the state folder or the caller's folder busy
	cmd.Env = environment(os.Environ(), id)
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", args[0], err)
	}
	identity, err := Identify(cmd.Process.Pid)
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait() // how it ended is in its log
		close(ended)
	}()
	if err != nil {
		<-ended // it has ended already, or it could not be known again
		return nil, fmt.Errorf("start %s: %w\n%s", args[0], err, Tail(log))
	}
	return &Daemon{Identity: identity, Ended: ended, log: log}, nil
}

// Err explains a daemon that has ended by the tail of its log; nil while it
// runs.
func (d *Daemon) Err() error {
	select {
	case <-d.Ended:
		return fmt.Errorf("it has ended; the last lines of %s:\n%s", d.log, Tail(d.log))
	default:
		return nil
	}
}

// environment is the caller's own without what steers a docker client or a
// daemon's socket activation, and with the folders of a root's PATH.
func environment(from []string, id string) []string {
	env := make([]string, 0, len(from)+2)
	path := ""
	for _, entry := range from {
		name, value, _ := strings.Cut(entry, "=")
		switch {
		case name == "PATH":
			path = value
		case strings.HasPrefix(name, "DOCKER_"), strings.HasPrefix(name, "LISTEN_"),
			name == "NOTIFY_SOCKET", name == markVariable:
		default:
			env = append(env, entry)
		}
	}
	return append(env, "PATH="+path+":/usr/local/sbin:/usr/sbin:/sbin", markVariable+"="+id)
}

// Tail returns the last lines of a log file, at most 4 KiB of them.
func Tail(path string) string {
	const limit = 4 << 10
	f, err := os.Open(path)
	if err != nil {
		return err.Error()
	}
	defer func() { _ = f.Close() }()
	if size, err := f.Seek(0, io.SeekEnd); err == nil {
		_, _ = f.Seek(max(0, size-limit), io.SeekStart)
	}
	text, _ := io.ReadAll(io.LimitReader(f, limit))
	return strings.TrimSpace(string(text))
}
