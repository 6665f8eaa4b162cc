package logs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/docker/docker/api/types/container"

	"airdock.dev/airdock/protocol"
)

// written is the body of POST /containers/ID/attach: pieces of any size, with
// their streams, or as they are with a TTY.
func written(tty bool, size int, messages []message) []byte {
	var body []byte
	for _, m := range messages {
		for text := []byte(m.text); len(text) > 0; {
			piece := text[:min(size, len(text))]
			text = text[len(piece):]
			if !tty {
				piece = frame(byte(m.stream), piece)
			}
			body = append(body, piece...)
		}
	}
	return body
}

// inJSON is what the json-file driver keeps of messages: text.
func inJSON(messages []message) []message {
	kept := make([]message, len(messages))
	for n, m := range messages {
		kept[n] = message{m.stream, m.at, string([]rune(m.text))}
	}
	return kept
}

// wholeLines is the conversation as the engine's copier cuts it: nowhere within a
// line that is shorter than 16 KiB.
func wholeLines() []message {
	return slices.DeleteFunc(conversation(), func(m message) bool { return m.at == 10*time.Millisecond })
}

// oneEach has one U+FFFD for any number of bytes in a row that are no UTF-8.
func oneEach(text string) string {
	for strings.Contains(text, "\uFFFD\uFFFD") {
		text = strings.ReplaceAll(text, "\uFFFD\uFFFD", "\uFFFD")
	}
	return text
}

// TestAttachedThenLog breaks the attached stream at many bytes: the log
// has the rest, and nothing is lost or comes twice.
func TestAttachedThenLog(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		messages []message
		tty      bool
		size     int
		every    int
	}{
		"lines":                     {wholeLines(), false, 1000, 3},
		"pieces of lines":           {wholeLines(), false, 3, 7},
		"terminal":                  {onATerminal(conversation()), true, 1000, 3},
		"no UTF-8":                  {printed(stdout, "caf\xe9 \xff\xfe!\n\xe2\x82\xac \xe2\x82\nend\xf0\x9f"), false, 7, 1},
		"a long line":               {printed(stdout, "a\n"+strings.Repeat("0123456789abcd€ ", 3000)+"\nnext\n"), false, 1000, 397},
		"a long line at the border": {printed(stdout, strings.Repeat("x", partialSize)+"\n\n"+strings.Repeat("y", partialSize-1)+"\n"), false, 32 << 10, 1021},
		"a long line on a terminal": {printed(stdout, strings.Repeat("0123456789abcd\xff ", 3000)+"\nnext\n"), true, 1000, 397},
	} {
		body := written(c.tty, c.size, c.messages)
		for cut := 0; cut < 2*len(body); cut += c.every {
			kept, cut := int64(math.MaxInt64), cut
			if cut >= len(body) {
				kept, cut = 0, cut-len(body) // the messages cannot be counted
			}
			synctest.Test(t, func(t *testing.T) {
				api := &fakeAPI{logs: func(_ context.Context, _ int, options container.LogsOptions) (io.ReadCloser, error) {
					return whole(encode(c.tty, since(t, options, inJSON(c.messages))...)), nil
				}}
				host := &received{}
				f := follower(api, host, closed())
				f.TTY = c.tty
				f.Attached = &Attached{Stream: broken(body[:cut], io.ErrUnexpectedEOF), Kept: kept}
				if err := f.Follow(t.Context()); err != nil {
					t.Fatalf("%s, cut at byte %d: %v", name, cut, err)
				}
				for _, stream := range []protocol.Output_Stream{stdout, stderr} {
					got, want := oneEach(host.of(stream)), oneEach(strings.ToValidUTF8(textOf(c.messages, stream), "\uFFFD"))
					if got != want {
						t.Fatalf("%s, cut at byte %d, kept %d: %s\ngot  %s\nwant %s", name, cut, kept, stream, short(got), short(want))
					}
				}
			})
		}
	}
}

// TestAttachedThenLogAtEveryMessage breaks the log that takes over, too.
func TestAttachedThenLogAtEveryMessage(t *testing.T) {
	t.Parallel()
	messages := wholeLines()
	for attached := range len(messages) {
		for read := range len(messages) {
			synctest.Test(t, func(t *testing.T) {
				api := &fakeAPI{logs: func(_ context.Context, call int, options container.LogsOptions) (io.ReadCloser, error) {
					if call == 0 {
						return broken(encode(false, messages[:read]...), syscall.ECONNRESET), nil
					}
					return whole(encode(false, since(t, options, messages)...)), nil
				}}
				host := &received{}
				f := follower(api, host, closed())
				f.Attached = &Attached{Stream: broken(written(false, 1000, messages[:attached]), syscall.ECONNRESET), Kept: math.MaxInt64}
				if err := f.Follow(t.Context()); err != nil {
					t.Fatal(err)
				}
				wantConversation(t, fmt.Sprintf("attached for %d messages, log read for %d", attached, read), host, messages)
			})
		}
	}
}

// TestAttachedToTheEnd: an end that the engine made needs no log. One that comes
// while the container runs on does.
func TestAttachedToTheEnd(t *testing.T) {
	t.Parallel()
	messages := wholeLines()
	for after, calls := range map[time.Duration]int{time.Millisecond: 0, time.Minute: 2} {
		synctest.Test(t, func(t *testing.T) {
			api := &fakeAPI{logs: func(ctx context.Context, call int, options container.LogsOptions) (io.ReadCloser, error) {
				body := encode(false, since(t, options, messages)...)
				if options.Follow {
					return &paced{ctx: ctx, steps: []step{{after, body, nil}, {time.Second, nil, io.EOF}}}, nil
				}
				return whole(body), nil
			}}
			host, ended := &received{}, make(chan struct{})
			f := follower(api, host, ended)
			f.Attached = &Attached{Stream: whole(written(false, 1000, messages)), Kept: math.MaxInt64}
			time.AfterFunc(after, func() { close(ended) })
			if err := f.Follow(t.Context()); err != nil {
				t.Fatal(err)
			}
			wantConversation(t, after.String(), host, messages)
			if len(api.calls) != calls {
				t.Errorf("the log was asked for %d times, want %d", len(api.calls), calls)
			}
		})
	}
}

// hose is an attached container that prints as fast as it is read. It knows how
// much it has printed, and when it was let go.
type hose struct {
	endless
	printed atomic.Int64
	left    chan struct{}
}

func newHose(t *testing.T) *hose {
	text := bytes.Repeat(frame(1, []byte(strings.Repeat("x", 99)+"\n")), 100)
	return &hose{endless: endless{ctx: t.Context(), line: text}, left: make(chan struct{})}
}

func (h *hose) Read(p []byte) (int, error) {
	select {
	case <-h.left:
		return 0, errors.New("closed")
	default:
		n, err := h.endless.Read(p)
		h.printed.Add(int64(n))
		return n, err
	}
}

func (h *hose) Close() error {
	select {
	case <-h.left:
	default:
		close(h.left)
	}
	return nil
}

// TestAttachedHostHoldsTheContainerBack: a host that takes next to nothing lets the
// container go after a second; one that is merely slow does not, and neither does
// one that wants bytes.
func TestAttachedHostHoldsTheContainerBack(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		pause time.Duration // for each event, of 64 KiB
		mode  protocol.OutputMode
		let   bool
	}{
		"stuck host":       {time.Hour, protocol.OutputMode_OUTPUT_LINES, true},
		"crawling host":    {time.Second, protocol.OutputMode_OUTPUT_LINES, true},
		"slow host":        {100 * time.Millisecond, protocol.OutputMode_OUTPUT_LINES, false},
		"stuck, for bytes": {time.Hour, protocol.OutputMode_OUTPUT_BYTES, false},
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			one := newHose(t)
			f := follower(&fakeAPI{logs: printsForEver}, nil, make(chan struct{}))
			f.Mode, f.Attached = c.mode, &Attached{Stream: one, Kept: math.MaxInt64}
			f.Send = func(*protocol.Output) error {
				wait(ctx, c.pause)
				return nil
			}
			done := make(chan error, 1)
			go func() { done <- f.Follow(ctx) }()
			wait(ctx, 5*time.Second)
			synctest.Wait()
			select {
			case <-one.left:
				if !c.let {
					t.Errorf("%s: the container was let go after %d bytes", name, one.printed.Load())
				}
			default:
				if c.let {
					t.Errorf("%s: the container is held back after %d bytes", name, one.printed.Load())
				}
			}
			cancel()
			<-done
		})
	}
}
