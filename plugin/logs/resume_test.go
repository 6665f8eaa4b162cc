package logs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/docker/docker/api/types/container"

	"airdock.dev/airdock/protocol"
)

// conversation has what makes resuming hard: two streams, several messages with
// one time within a stream and between them, one stream behind the other, a
// line in several messages, and a silence longer than the overlap.
func conversation() []message {
	ms := time.Millisecond
	return []message{
		{stdout, 0, "first\n"},
		{stdout, 0, "second, same time\n"},
		{stderr, 0, "error, same time\n"},
		{stdout, 0, "third, same time\n"},
		{stdout, 5 * ms, "alone\n"},
		{stderr, 7 * ms, "error after\n"},
		{stdout, 6 * ms, "older than the error before it\n"},
		{stderr, 7 * ms, "error, same time as the last error\n"},
		{stdout, 9 * ms, "same text\n"},
		{stdout, 9 * ms, "same text\n"},
		{stdout, 9 * ms, "same text\n"},
		{stdout, 10 * ms, strings.Repeat("a", 20)},
		{stdout, 11 * ms, "b\n"},
		{stdout, time.Minute, "after a minute\n"},
		{stderr, time.Minute, "error after a minute\n"},
		{stderr, time.Minute + time.Nanosecond, "a nanosecond later\n"},
		{stdout, 2 * time.Minute, "last, without an end"},
	}
}

func textOf(messages []message, stream protocol.Output_Stream) string {
	var text strings.Builder
	for _, m := range messages {
		if m.stream == stream {
			text.WriteString(m.text)
		}
	}
	if text.Len() > 0 && !strings.HasSuffix(text.String(), "\n") {
		text.WriteByte('\n')
	}
	return text.String()
}

// onATerminal is what the same container prints with a TTY: one stream, whose
// lines the engine cuts only after 16 KiB.
func onATerminal(messages []message) []message {
	var kept []message
	for _, m := range messages {
		if m.stream == stdout && m.at != 10*time.Millisecond {
			kept = append(kept, m)
		}
	}
	return kept
}

// TestFollowResumesAtEveryByte cuts the log stream at every byte, and every
// second one at the same distance again, and looks for lines that are lost or
// come twice.
func TestFollowResumesAtEveryByte(t *testing.T) {
	t.Parallel()
	for _, tty := range []bool{false, true} {
		messages := conversation()
		if tty {
			messages = onATerminal(messages)
		}
		total := len(encode(tty, messages...))
		for cut := range total {
			synctest.Test(t, func(t *testing.T) {
				api := &fakeAPI{logs: func(_ context.Context, call int, options container.LogsOptions) (io.ReadCloser, error) {
					body := encode(tty, since(t, options, messages)...)
					if call == 0 || call == 1 && cut%2 == 1 {
						return broken(body[:min(cut, len(body))], io.ErrUnexpectedEOF), nil
					}
					return whole(body), nil
				}}
				host := &received{}
				f := follower(api, host, closed())
				f.TTY = tty
				if err := f.Follow(t.Context()); err != nil {
					t.Fatalf("cut at byte %d: %v", cut, err)
				}
				wantConversation(t, fmt.Sprintf("tty %v, cut at byte %d", tty, cut), host, messages)
			})
		}
	}
}

func wantConversation(t *testing.T, when string, host *received, messages []message) {
	t.Helper()
	for _, stream := range []protocol.Output_Stream{stdout, stderr} {
		if got, want := host.of(stream), textOf(messages, stream); got != want {
			t.Fatalf("%s: %s\ngot:\n%s\nwant:\n%s", when, stream, got, want)
		}
	}
}

// TestFollowResumesALongTTYLine cuts in and around the times that the engine
// puts into a long line of a terminal, which has no frames.
func TestFollowResumesALongTTYLine(t *testing.T) {
	t.Parallel()
	messages := append(printed(stdout, strings.Repeat("0123456789abcde ", 5000)+"\nnext\n"), message{stdout, time.Second, "end\n"})
	body := encode(true, messages...)
	var cuts []int
	for start := 0; start < len(body); start += partialSize + len(message{}.stamped()) {
		for near := max(0, start-40); near < min(start+40, len(body)); near++ {
			cuts = append(cuts, near)
		}
	}
	for _, cut := range cuts {
		synctest.Test(t, func(t *testing.T) {
			api := &fakeAPI{logs: func(_ context.Context, call int, options container.LogsOptions) (io.ReadCloser, error) {
				if call == 0 {
					return broken(body[:cut], io.ErrUnexpectedEOF), nil
				}
				return whole(encode(true, since(t, options, messages)...)), nil
			}}
			host := &received{}
			f := follower(api, host, closed())
			f.TTY = true
			if err := f.Follow(t.Context()); err != nil {
				t.Fatalf("cut at byte %d: %v", cut, err)
			}
			if got, want := host.of(stdout), textOf(messages, stdout); got != want {
				t.Fatalf("cut at byte %d: %d bytes became %d: %s", cut, len(want), len(got), short(got))
			}
		})
	}
}

// TestFollowResumesWhileItRuns cuts a followed stream after every message, in
// every way that a connection ends, while the container goes on printing.
func TestFollowResumesWhileItRuns(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]error{
		"reset":     syscall.ECONNRESET,
		"cut":       io.ErrUnexpectedEOF,
		"clean end": io.EOF,
		"engine":    errors.New("error from the engine"),
	} {
		synctest.Test(t, func(t *testing.T) {
			messages, ended := conversation(), make(chan struct{})
			api := &fakeAPI{logs: func(_ context.Context, call int, options container.LogsOptions) (io.ReadCloser, error) {
				if call >= len(messages) {
					if call == len(messages) {
						close(ended)
					}
					return whole(encode(false, since(t, options, messages)...)), nil
				}
				return broken(encode(false, since(t, options, messages[:call+1])...), end), nil
			}}
			host := &received{}
			if err := follower(api, host, ended).Follow(t.Context()); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			wantConversation(t, name, host, messages)
		})
	}
}

// TestFollowResumesWithARotatedLog: the engine has dropped the oldest messages
// in the meantime; what it still has arrives.
func TestFollowResumesWithARotatedLog(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		messages := conversation()
		api := &fakeAPI{logs: func(_ context.Context, call int, options container.LogsOptions) (io.ReadCloser, error) {
			if call == 0 {
				return broken(encode(false, messages[:3]...), io.ErrUnexpectedEOF), nil
			}
			return whole(encode(false, since(t, options, messages[10:])...)), nil
		}}
		host := &received{}
		if err := follower(api, host, closed()).Follow(t.Context()); err != nil {
			t.Fatal(err)
		}
		kept := append(messages[:3:3], messages[10:]...)
		wantConversation(t, "rotated", host, kept)
	})
}

// TestFollowAsksFromTheOldestStream: a stream behind the other one must not be
// skipped, and one that was silent for long must not have all of the other
// repeated.
func TestFollowAsksFromTheOldestStream(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		seen []message
		want time.Duration
	}{
		"one stream":            {[]message{{stdout, time.Hour, "x\n"}}, time.Hour - overlap},
		"both, close together":  {[]message{{stdout, time.Hour, "x\n"}, {stderr, time.Hour - time.Second, "x\n"}}, time.Hour - time.Second},
		"one silent for long":   {[]message{{stderr, time.Second, "x\n"}, {stdout, time.Hour, "x\n"}}, time.Hour - overlap},
		"same time":             {[]message{{stderr, time.Hour, "x\n"}, {stdout, time.Hour, "x\n"}}, time.Hour},
		"younger message first": {[]message{{stderr, time.Hour, "x\n"}, {stdout, time.Hour - 2*time.Second, "x\n"}}, time.Hour - 2*time.Second},
	} {
		var p position
		for _, m := range c.seen {
			if !p.isNew(m.stream, epoch.Add(m.at)) {
				t.Fatalf("%s: a first message is not new", name)
			}
		}
		if got := p.resume(); !got.Equal(epoch.Add(c.want)) {
			t.Errorf("%s: asks from %s, want %s", name, got.Sub(epoch), c.want)
		}
	}
	var fresh position
	if got := fresh.resume(); !got.IsZero() {
		t.Errorf("nothing was seen and the log is asked for from %s", got)
	}
}

// TestFollowSendsWhatItHasBeforeItResumes: the lines before a break do not wait
// for an engine that is away, and are not dropped when it stays away.
func TestFollowSendsWhatItHasBeforeItResumes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		messages := conversation()
		host := &received{}
		api := &fakeAPI{logs: func(_ context.Context, call int, _ container.LogsOptions) (io.ReadCloser, error) {
			if call == 0 {
				return broken(encode(false, messages[:6]...), io.ErrUnexpectedEOF), nil
			}
			if call == 1 {
				wantConversation(t, "before the second call", host, messages[:6])
			}
			return nil, syscall.ECONNREFUSED
		}}
		began := time.Now()
		err := follower(api, host, make(chan struct{})).Follow(t.Context())
		if !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("got %v, want the engine's absence", err)
		}
		if took := time.Since(began); took < giveUpAfter || took > giveUpAfter+2*maxBackoff {
			t.Errorf("gave up after %s, want %s", took, giveUpAfter)
		}
		wantConversation(t, "after giving up", host, messages[:6])
	})
}
