package plugin

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"airdock.dev/airdock/protocol"
)

// parentInterval is how often the parent is looked at. It is the second way to
// notice a dead host, for when a child of the host still holds the pipe.
const parentInterval = time.Second

// tokenLimit bounds the line of a token, in bytes.
const tokenLimit = 1024

// hostWatch notices that the host is gone.
type hostWatch struct {
	pipe   *bufio.Reader
	parent int
}

// newHostWatch fails where the host's death could not be noticed: such a plugin
// must not start, because it might never end.
func newHostWatch() (*hostWatch, error) {
	fd := 0
	if text := os.Getenv(protocol.EnvWatchFD); text != "" {
		given, err := strconv.Atoi(text)
		if err != nil || given < 0 {
			return nil, fmt.Errorf("%s=%q is no file descriptor", protocol.EnvWatchFD, text)
		}
		fd = given
	}
	pipe := os.NewFile(uintptr(fd), "host")
	stat, err := pipe.Stat()
	if err != nil || stat.Mode()&(os.ModeNamedPipe|os.ModeSocket) == 0 {
		return nil, fmt.Errorf("file descriptor %d is no pipe from the host; give a pipe as standard input, or name another in %s",
			fd, protocol.EnvWatchFD)
	}
	return &hostWatch{pipe: bufio.NewReaderSize(pipe, tokenLimit), parent: os.Getppid()}, nil
}

// token returns the secret of protocol.EnvToken; none is empty.
func (w *hostWatch) token() (string, error) {
	given := os.Getenv(protocol.EnvToken)
	if given != protocol.TokenInPipe {
		return given, nil
	}
	line, err := w.pipe.ReadSlice('\n')
	if err != nil {
		return "", fmt.Errorf("%s=%s, and the pipe from the host does not begin with a token: %w", protocol.EnvToken, given, err)
	}
	return strings.TrimRight(string(line), "\r\n"), nil
}

// ending is why the process ends.
type ending struct {
	reason string
	// hostWaits is false when the host is gone.
	hostWaits bool
}

// lost returns a channel that says why this process must end: the pipe to the
// host ended, the parent changed, or a signal asks for it. go-plugin itself would
// die of that signal at once.
func (w *hostWatch) lost() <-chan ending {
	reasons := make(chan ending, 3)
	go func() {
		_, err := io.Copy(io.Discard, w.pipe)
		reasons <- ending{reason: fmt.Sprintf("the pipe to the host ended (%v)", err)}
	}()
	go func() {
		for range time.Tick(parentInterval) {
			if os.Getppid() != w.parent {
				reasons <- ending{reason: "the host process is gone"}
				return
			}
		}
	}()
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGHUP)
	go func() { reasons <- ending{reason: "signal " + (<-signals).String(), hostWaits: true} }()
	return reasons
}
