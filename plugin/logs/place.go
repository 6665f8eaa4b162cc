package logs

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/docker/docker/api/types/container"

	"airdock.dev/airdock/protocol"
)

// place finds the last messages that came by attaching in a log whose beginning
// may be gone, so that they cannot be counted. Where the same ones stand twice it is
// the first place: what is repeated then is not lost. Where they are gone, too, all
// that the log has is new.
func (f *Follower) place(ctx context.Context, out *output) error {
	body, err := f.API.ContainerLogs(ctx, f.Container, container.LogsOptions{ShowStdout: true, ShowStderr: true, Timestamps: true})
	if err != nil {
		return unreadable(err)
	}
	defer body.Close()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	search := &search{out: out}
	if err := newSource(body, ctx.Done()).read(f.TTY, search); !errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	for stream := range out.tallies {
		one := &out.tallies[stream]
		switch {
		case search.found[stream]:
			out.position.streams[stream] = search.marks.streams[stream]
		case one.messages > 0:
			out.position.whole = true
			f.Log.Warn("output is missing here: the engine dropped it from its log", "container", f.Container)
		}
		one.messages = 0
	}
	out.placed = true
	return nil
}

// search looks for what came of each stream in the messages of a log.
type search struct {
	out    *output
	recent [3]recent
	found  [3]bool
	marks  position
}

var _ consumer = (*search)(nil)

func (s *search) message(stream protocol.Output_Stream, at time.Time, content []byte) error {
	if s.found[stream] {
		return nil
	}
	s.marks.isNew(stream, at)
	s.recent[stream].push(content)
	s.found[stream] = s.recent[stream] == s.out.tallies[stream].recent
	return nil
}

func (*search) patience() time.Duration { return 0 }
func (*search) idle() error             { return nil }
