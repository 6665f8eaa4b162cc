package logs

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"airdock.dev/airdock/protocol"
)

// kept is a consumer that remembers the messages.
type kept struct{ messages []message }

func (k *kept) message(stream protocol.Output_Stream, at time.Time, content []byte) error {
	k.messages = append(k.messages, message{stream, at.Sub(epoch), string(content)})
	return nil
}

func (k *kept) patience() time.Duration { return 0 }
func (k *kept) idle() error             { return nil }

func readAll(t *testing.T, in io.Reader, tty bool) ([]message, error) {
	t.Helper()
	k := &kept{}
	err := newSource(in, t.Context().Done()).read(tty, k)
	return k.messages, err
}

func TestSourceFrames(t *testing.T) {
	t.Parallel()
	large := strings.Repeat("x", 5*readSize)
	messages := []message{
		{stdout, 0, "out\n"}, {stderr, 1, "err\n"}, {stdout, 2, ""}, {stdout, 3, large + "\n"},
		{stderr, 4, "no end"}, {stdout, 5, strings.Repeat("y", readSize-40)}, {stdout, 6, "last\n"},
	}
	body := encode(false, messages...)
	for name, in := range map[string]io.Reader{
		"at once":               bytes.NewReader(body),
		"in odd pieces":         iotest.HalfReader(bytes.NewReader(body)),
		"byte by byte":          iotest.OneByteReader(bytes.NewReader(body)),
		"the end with the data": iotest.DataErrReader(bytes.NewReader(body)),
	} {
		got, err := readAll(t, in, false)
		if !errors.Is(err, io.EOF) {
			t.Errorf("%s: %v", name, err)
		}
		if len(got) != len(messages) {
			t.Fatalf("%s: %d messages, want %d", name, len(got), len(messages))
		}
		for i := range got {
			if got[i] != messages[i] {
				t.Errorf("%s: message %d is %s %s %s", name, i, got[i].stream, got[i].at, short(got[i].text))
			}
		}
	}
}

// TestSourceCutOff: a stream that ends inside a message gives the messages
// before it, and an error that is no clean end.
func TestSourceCutOff(t *testing.T) {
	t.Parallel()
	first := encode(false, message{stdout, 0, "first\n"})
	body := append(bytes.Clone(first), encode(false, message{stderr, 1, "second\n"})...)
	for size := range body {
		got, err := readAll(t, bytes.NewReader(body[:size]), false)
		want := 0
		if size >= len(first) {
			want = 1
		}
		clean := size == 0 || size == len(first)
		if len(got) != want || (err == io.EOF) != clean {
			t.Errorf("%d of %d bytes: %d messages, then %v", size, len(body), len(got), err)
		}
	}
}

func TestSourceErrors(t *testing.T) {
	t.Parallel()
	huge := binary.BigEndian.AppendUint32([]byte{1, 0, 0, 0}, maxMessage+1)
	for name, c := range map[string]struct {
		body []byte
		tty  bool
		says string
	}{
		"the engine's own error": {frame(3, []byte("error from daemon in stream: log file is gone")), false, "log file is gone"},
		"unknown kind of frame":  {frame(4, message{stdout, 0, "x\n"}.stamped()), false, "out of step"},
		"frame without bounds":   {huge, false, "out of step"},
		"text in place of frame": {[]byte("<html><body>Bad Gateway</body></html>"), false, "out of step"},
		"no time":                {frame(1, []byte("just a line\n")), false, "without a time"},
		"no space at all":        {frame(1, []byte(strings.Repeat("x", 100))), false, "without a time"},
		"empty message":          {frame(1, nil), false, "without a time"},
		"a terminal, no time":    {[]byte("just a line\nand another\n"), true, "without a time"},
		"a terminal, no space":   {[]byte(strings.Repeat("x", 100)), true, "without a time"},
	} {
		body := append(encode(c.tty, message{stdout, 0, "good\n"}), c.body...)
		got, err := readAll(t, bytes.NewReader(body), c.tty)
		if len(got) != 1 || got[0].text != "good\n" {
			t.Errorf("%s: the message before is %+v", name, got)
		}
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: got %v, want %q in it", name, err, c.says)
		}
	}
}

// TestSourceTTYOfALaterCut: a driver that cuts at 256 KiB puts no time after
// 16 KiB; nothing of the line is lost or taken for a time.
func TestSourceTTYOfALaterCut(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("a line with spaces ", 10_000)
	got, err := readAll(t, bytes.NewReader(encode(true, message{stdout, 7, text + "\n"}, message{stdout, 8, "next\n"})), true)
	if !errors.Is(err, io.EOF) {
		t.Error(err)
	}
	var all strings.Builder
	for _, m := range got {
		all.WriteString(m.text)
		if m.at != 7 && m.text != "next\n" {
			t.Errorf("a piece has the time %d", m.at)
		}
	}
	if all.String() != text+"\nnext\n" {
		t.Errorf("%d bytes became %d: %s", len(text)+6, all.Len(), short(all.String()))
	}
}

// TestPumpKeepsTheOrder reads through the ring many times over, in steps that
// do not fit it.
func TestPumpKeepsTheOrder(t *testing.T) {
	t.Parallel()
	text := make([]byte, 10*pumpSize+12345)
	for i := range text {
		text[i] = byte(i*7 + i/251)
	}
	failed := errors.New("connection reset")
	for name, in := range map[string]io.Reader{
		"at once":   bytes.NewReader(text),
		"in pieces": iotest.HalfReader(bytes.NewReader(text)),
	} {
		p := newPump()
		go p.fill(io.MultiReader(in, iotest.ErrReader(failed)), nil)
		got := make([]byte, 0, len(text))
		buffer := make([]byte, 7919)
		var err error
		for err == nil {
			var n int
			n, err = p.Read(buffer)
			got = append(got, buffer[:n]...)
		}
		if !errors.Is(err, failed) || !bytes.Equal(got, text) {
			t.Errorf("%s: %d of %d bytes, then %v", name, len(got), len(text), err)
		}
	}
}
