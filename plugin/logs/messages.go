// Package logs follows what a container prints: it reads the engine's log
// stream, resumes it when it breaks, and makes lines of its bytes. It imports
// package protocol and nothing else of ours.
package logs

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"time"
	"unicode/utf8"

	"airdock.dev/airdock/protocol"
)

const (
	// readSize holds a message of the json-file driver, which cuts a line every
	// 16 KiB, with its time. Larger ones are read beside it.
	readSize = 20 << 10
	// maxMessage bounds one message of any driver; the largest that an engine
	// makes is 256 KiB (awslogs).
	maxMessage = 16 << 20
	// partialSize is where the engine's copier cuts a line that does not end.
	partialSize = 16 << 10
	// timestampSize bounds the time that the engine puts before a message.
	timestampSize = 40
)

// pacer is asked between two messages whether what came so far may wait.
type pacer interface {
	// patience is how long more may be waited for before idle is called.
	patience() time.Duration
	// idle is called when nothing more has arrived.
	idle() error
}

// consumer is told of each message whole, so that a stream that breaks inside
// one never leaves a part of it behind.
type consumer interface {
	pacer
	message(stream protocol.Output_Stream, at time.Time, content []byte) error
}

// source reads the answer of GET /containers/ID/logs with timestamps=1, or of
// POST /containers/ID/attach. The engine writes one frame a message, or a piece;
// with a TTY it writes the bare text.
type source struct {
	in    *bufio.Reader // nil while there is nothing to read
	ahead *pump
	large []byte
	// stamp is the time of the last message of a TTY, and midLine says that its
	// line goes on.
	stamp   []byte
	midLine bool
}

// newSource starts to read in, until it ends or stopped is closed.
func newSource(in io.Reader, stopped <-chan struct{}) *source {
	ahead := newPump()
	go func() { _ = ahead.fill(in, stopped) }()
	return &source{ahead: ahead}
}

// spare are the buffers of sources that have nothing to read just now.
var spare = make(chan *bufio.Reader, 8)

// wake waits until there is something to read, or the end, and has a buffer then.
// A silent container needs none, and one plugin follows hundreds.
func (s *source) wake() {
	if s.in != nil {
		return
	}
	s.ahead.wait()
	select {
	case s.in = <-spare:
		s.in.Reset(s.ahead)
	default:
		s.in = bufio.NewReaderSize(s.ahead, readSize)
	}
}

// rest gives the buffer back, which must be empty.
func (s *source) rest() {
	s.in.Reset(nil)
	select {
	case spare <- s.in:
	default:
	}
	s.in = nil
}

// read hands every message to c until the stream ends; io.EOF is a clean end.
func (s *source) read(tty bool, c consumer) error {
	next := s.frame
	if tty {
		next = s.bare
	}
	return s.each(next, c, func(stream protocol.Output_Stream, message []byte) error {
		at, content, err := cutTimestamp(message)
		if err != nil {
			return err
		}
		return c.message(stream, at, content)
	})
}

// each takes what next returns until that is an error, and lets p keep the pace.
func (s *source) each(next func() (protocol.Output_Stream, []byte, error), p pacer, take func(protocol.Output_Stream, []byte) error) error {
	for {
		s.wake()
		stream, content, err := next()
		if err == nil {
			err = take(stream, content)
		}
		if err == nil && s.in.Buffered() == 0 && !s.ahead.within(p.patience()) {
			err = p.idle()
			s.rest()
		}
		if err != nil {
			return err
		}
	}
}

// frame reads one message with its header: stream, three zeros, length. The
// slice is good until the next call.
func (s *source) frame() (protocol.Output_Stream, []byte, error) {
	header, err := s.in.Peek(8)
	if err != nil {
		return 0, nil, truncated(err, len(header))
	}
	kind, size := header[0], int(binary.BigEndian.Uint32(header[4:]))
	if kind > 3 || size > maxMessage {
		return 0, nil, fmt.Errorf("log stream is out of step: frame of kind %d and %d bytes", kind, size)
	}
	_, _ = s.in.Discard(8)
	message, err := s.take(size)
	if err != nil {
		return 0, nil, truncated(err, 1)
	}
	if kind == 3 {
		return 0, nil, fmt.Errorf("engine broke off the log stream: %s", message)
	}
	if kind == 2 {
		return protocol.Output_STDERR, message, nil
	}
	return protocol.Output_STDOUT, message, nil
}

// take reads size bytes, in place when they fit the read buffer.
func (s *source) take(size int) ([]byte, error) {
	if size <= readSize {
		message, err := s.in.Peek(size)
		if err != nil {
			return nil, err
		}
		_, _ = s.in.Discard(size)
		return message, nil
	}
	if cap(s.large) < size {
		s.large = make([]byte, size)
	}
	s.large = s.large[:size]
	_, err := io.ReadFull(s.in, s.large)
	return s.large, err
}

// bare reads one message of a container with a TTY, which has no frame: it ends
// with its line, or after 16 KiB, where the engine cuts a line that goes on and
// puts a new time. A driver that cuts later puts none there; what follows is
// then taken for another message of the same time.
func (s *source) bare() (protocol.Output_Stream, []byte, error) {
	size, err := s.timestamp()
	if err != nil && !(s.midLine && err == io.ErrUnexpectedEOF) {
		return 0, nil, err
	}
	if size > 0 || !s.midLine {
		head, _ := s.in.Peek(size)
		s.stamp = append(s.stamp[:0], head...)
		_, _ = s.in.Discard(size)
	}
	s.large = append(s.large[:0], s.stamp...)
	for left := partialSize; left > 0; {
		if _, err := s.in.Peek(1); err == io.EOF {
			break
		} else if err != nil {
			return 0, nil, err
		}
		part, _ := s.in.Peek(min(left, s.in.Buffered()))
		if end := bytes.IndexByte(part, '\n'); end >= 0 {
			part = part[:end+1]
			left = len(part)
		}
		s.large = append(s.large, part...)
		left -= len(part)
		_, _ = s.in.Discard(len(part))
	}
	if s.large[len(s.large)-1] != '\n' {
		s.takeReplaced()
	}
	s.midLine = s.large[len(s.large)-1] != '\n'
	return protocol.Output_STDOUT, s.large, nil
}

// takeReplaced takes what is left of a message in which the engine's json-file
// driver put U+FFFD, three bytes, for each byte that was no UTF-8: its end, or the
// next time, stands as much later.
func (s *source) takeReplaced() {
	for taken := 0; ; {
		replaced := bytes.Count(s.large, []byte("\uFFFD"))
		if r, _ := utf8.DecodeLastRune(s.large); r == utf8.RuneError {
			replaced++ // the cut may go through one
		}
		if taken >= replaced {
			return
		}
		for ; taken < replaced; taken++ {
			if size, err := s.timestamp(); size > 0 || err != nil {
				return
			}
			rest, err := s.in.Peek(2)
			if err != nil {
				return
			}
			if rest[0] == '\n' {
				rest = rest[:1]
			}
			s.large = append(s.large, rest...)
			_, _ = s.in.Discard(len(rest))
			if rest[len(rest)-1] == '\n' {
				return
			}
		}
	}
}

// timestamp returns the size of the time that comes next, with its space; 0 if
// there is none.
func (s *source) timestamp() (int, error) {
	for size := 1; size <= timestampSize; size++ {
		head, err := s.in.Peek(size)
		if err != nil {
			return 0, truncated(err, len(head))
		}
		if head[size-1] == ' ' {
			if _, _, err := cutTimestamp(head); err != nil {
				return 0, nil
			}
			return size, nil
		}
	}
	return 0, nil
}

func cutTimestamp(message []byte) (time.Time, []byte, error) {
	var at time.Time
	space := bytes.IndexByte(message[:min(len(message), timestampSize)], ' ')
	if space < 0 {
		return at, nil, fmt.Errorf("log message without a time: %.40q", message)
	}
	if err := at.UnmarshalText(message[:space]); err != nil {
		return at, nil, fmt.Errorf("log message without a time: %w", err)
	}
	return at, message[space+1:], nil
}

// truncated tells an end between two messages from one inside a message.
func truncated(err error, got int) error {
	if err == io.EOF && got > 0 {
		return io.ErrUnexpectedEOF
	}
	return err
}
