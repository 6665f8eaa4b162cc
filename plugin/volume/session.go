// Package volume reaches the files of a volume: it runs cmd/airdock-helper in a
// container on the engine and talks to it. It needs no image of anybody: the
// program is part of the plugin, and an engine that has not seen it gets it once,
// as the image airdock-helper.
package volume

import (
	"bufio"
	"compress/flate"
	"context"
	"fmt"
	"io"
	"iter"
	"net"
	"strings"
	"sync"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/pkg/stdcopy"

	"airdock.dev/airdock/plugin/tree"
	"airdock.dev/airdock/plugin/volume/talk"
	"airdock.dev/airdock/protocol"
)

// maxComplaint bounds what is kept of the helper's standard error, in bytes.
const maxComplaint = 4 << 10

// Order says what helper is wanted.
type Order struct {
	// Name and Labels are the container's.
	Name   string
	Labels map[string]string
	// Volume is the engine's name of the volume, which must exist.
	Volume   string
	ReadOnly bool
}

// Session is a helper that runs. It lives no longer than its connection.
type Session struct {
	// Container is the id of the container, whose archive (PUT and GET
	// /containers/ID/archive) has the volume at talk.Mount.
	Container string
	// Stage is the folder in the volume in which content may arrive; known after
	// List.
	Stage string

	conn    net.Conn
	orders  *bufio.Writer
	answers *bufio.Reader
	// complaint is what the helper wrote to its standard error.
	complaint *tail
}

// Start starts a helper. A container that was made is told in the session even
// when the start failed; the caller removes it in any case.
func Start(ctx context.Context, api API, order Order) (*Session, error) {
	id, err := Create(ctx, api, order)
	if err != nil {
		return nil, err
	}
	s := &Session{Container: id, complaint: &tail{}}
	path := "/v" + api.ClientVersion() + "/containers/" + id + "/attach?stream=1&stdin=1&stdout=1&stderr=1"
	if s.conn, err = api.Hijack(ctx, path, "tcp", nil); err != nil {
		return s, err
	}
	if err := api.ContainerStart(ctx, id, container.StartOptions{}); err != nil {
		return s, err
	}
	out, in := io.Pipe()
	go func() {
		_, err := stdcopy.StdCopy(in, s.complaint, bufio.NewReader(s.conn))
		in.CloseWithError(err)
	}()
	s.orders = bufio.NewWriter(s.conn)
	s.answers = bufio.NewReader(flate.NewReader(out))
	return s, nil
}

// End ends the helper, which removes its stage, and returns at once; the
// container is gone a moment later.
func (s *Session) End() {
	if s != nil && s.conn != nil {
		s.conn.Close()
	}
}

// List tells what is at path in the volume, in the order of tree.Walk. An error
// ends it. Nothing at path is an empty list.
func (s *Session) List(path string) iter.Seq2[*tree.Entry, error] {
	return func(yield func(*tree.Entry, error) bool) {
		if err := s.order(talk.List, path); err != nil {
			yield(nil, err)
			return
		}
		for {
			words, err := s.answer()
			switch {
			case err != nil:
				yield(nil, err)
				return
			case words[0] == talk.Done:
				s.Stage = words[len(words)-1]
				return
			}
			entry, err := talk.ReadEntry(words[1:])
			if !yield(entry, err) || err != nil {
				return
			}
		}
	}
}

// Change is what Commit does to a path of the volume.
type Change struct {
	// Arrived says that there is content in the stage, which is moved to the path.
	Arrived bool
	// Replace lets a file take the place of a folder, and the reverse.
	Replace bool
	// Access holds entries that get this mode and owner.
	Access []*tree.Entry
	// Remove holds what goes, with all that is below it.
	Remove []string
}

// Commit makes a change. The helper carries it through even when nobody waits any
// more.
func (s *Session) Commit(path string, change *Change) error {
	for _, entry := range change.Access {
		_ = talk.Write(s.orders, append([]string{talk.Access}, talk.EntryWords(entry)...)...)
	}
	for _, gone := range change.Remove {
		_ = talk.Write(s.orders, talk.Delete, gone)
	}
	words := []string{talk.Commit, path}
	if change.Arrived {
		words = append(words, talk.Arrived)
	}
	if change.Replace {
		words = append(words, talk.Replace)
	}
	if err := s.order(words...); err != nil {
		return err
	}
	_, err := s.answer()
	return err
}

func (s *Session) order(words ...string) error {
	_ = talk.Write(s.orders, words...)
	if err := s.orders.Flush(); err != nil {
		return s.broken(err)
	}
	return nil
}

func (s *Session) answer() ([]string, error) {
	words, err := talk.Read(s.answers)
	if err != nil {
		return nil, s.broken(err)
	}
	if words[0] != talk.Failure || len(words) != 3 {
		return words, nil
	}
	switch text := words[2]; words[1] {
	case talk.DiskFull:
		return nil, protocol.Errorf(protocol.ErrorKind_ENGINE_DISK_FULL, "the volume is full: %s", text)
	case talk.Conflict:
		return nil, protocol.Errorf(protocol.ErrorKind_PATH_CONFLICT, "in the volume %s; choose another path, or mirror the source", text)
	default:
		return nil, protocol.Errorf(protocol.ErrorKind_ENGINE_ERROR, "the helper in the engine: %s", text)
	}
}

// broken explains an answer that did not come, by the helper's last words.
func (s *Session) broken(err error) error {
	if said := s.complaint.String(); said != "" {
		return protocol.Errorf(protocol.ErrorKind_ENGINE_ERROR, "the helper in the engine failed: %s", said)
	}
	return fmt.Errorf("talk to the helper in the engine: %w", err)
}

// tail keeps the end of what is written to it.
type tail struct {
	mu   sync.Mutex
	text []byte
}

func (t *tail) Write(piece []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, piece...)
	if over := len(t.text) - maxComplaint; over > 0 {
		t.text = t.text[over:]
	}
	return len(piece), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.TrimSpace(string(t.text))
}
