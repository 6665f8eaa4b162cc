package logs

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzSource feeds what no engine sends. Whatever it is, reading ends with an
// error, makes no more content than there was, and is the same however the
// bytes arrive.
func FuzzSource(f *testing.F) {
	good := encode(false, conversation()...)
	f.Add(good, false, uint(7))
	f.Add(good[:len(good)-3], false, uint(1))
	f.Add(encode(true, onATerminal(conversation())...), true, uint(5))
	f.Add(frame(3, []byte("no")), false, uint(2))
	f.Add([]byte{1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff}, false, uint(3))
	f.Fuzz(func(t *testing.T, body []byte, tty bool, piece uint) {
		once, err := readAll(t, bytes.NewReader(body), tty)
		if err == nil {
			t.Fatal("reading ended without an error")
		}
		size := 0
		for _, m := range once {
			size += len(m.text)
		}
		if size > len(body) {
			t.Fatalf("%d bytes of content in %d bytes", size, len(body))
		}
		pieces, _ := readAll(t, &piecewise{bytes.NewReader(body), int(piece%1000) + 1}, tty)
		if len(pieces) != len(once) {
			t.Fatalf("%d messages at once, %d in pieces of %d", len(once), len(pieces), piece%1000+1)
		}
		for i := range once {
			if once[i] != pieces[i] {
				t.Fatalf("message %d differs: %+v and %+v", i, once[i], pieces[i])
			}
		}
	})
}

// piecewise returns at most so many bytes at a time.
type piecewise struct {
	in   io.Reader
	most int
}

func (p *piecewise) Read(to []byte) (int, error) { return p.in.Read(to[:min(len(to), p.most)]) }

// linesOf says plainly what the lines of a text are: UTF-8, and of a redrawn
// line what stands after its last carriage return.
func linesOf(text []byte) string {
	var lines strings.Builder
	for len(text) > 0 {
		one, rest, _ := bytes.Cut(text, []byte("\n"))
		ended := len(rest) < len(text)-len(one)
		one = bytes.TrimRight(one, "\r")
		one = one[bytes.LastIndexByte(one, '\r')+1:]
		if ended || len(one) > 0 {
			lines.Write(bytes.ToValidUTF8(one, []byte("\uFFFD")))
			lines.WriteByte('\n')
		}
		text = rest
	}
	return lines.String()
}

// FuzzLiner compares with linesOf, whatever the pieces are in which the bytes
// come. Texts that reach the bound on a line are only checked for being UTF-8.
func FuzzLiner(f *testing.F) {
	f.Add([]byte("one\ntwo\r\nthree"), uint(3))
	f.Add([]byte("50%\r100%\r\n\r\r\n"), uint(1))
	f.Add([]byte("caf\xc3\xa9 \xff\x00\xe2\x82"), uint(2))
	f.Add([]byte("\xed\xa0\x80\n\xf0\x9f\x98\x80\r"), uint(1))
	f.Fuzz(func(t *testing.T, text []byte, piece uint) {
		step := int(piece%4096) + 1
		var l liner
		var out []byte
		for rest := text; len(rest) > 0; {
			n := min(step, len(rest))
			out = l.write(out, rest[:n])
			rest = rest[n:]
			if len(l.pending) > maxLine || len(l.state) > maxLine {
				t.Fatalf("%d and %d bytes are held back", len(l.pending), len(l.state))
			}
		}
		out = l.finish(out)
		if !utf8.Valid(out) {
			t.Fatalf("not UTF-8: %q", out)
		}
		if want := linesOf(text); len(text) <= maxLine && string(out) != want {
			t.Fatalf("in pieces of %d:\ngot  %q\nwant %q", step, out, want)
		}
		if bytes.IndexByte(text, '\r') < 0 && utf8.Valid(text) && len(text) > 0 {
			if want := strings.TrimSuffix(string(text), "\n") + "\n"; string(out) != want {
				t.Fatalf("plain text changed: got %d bytes, want %d", len(out), len(want))
			}
		}
	})
}

// FuzzLinerLive shows the state of redrawn lines while they are redrawn: then,
// too, the last line of the text is what it is without.
func FuzzLinerLive(f *testing.F) {
	f.Add([]byte("1%\r2%\r3%\r"), []byte("4%\rdone\n"), []byte("next\n"))
	f.Add([]byte("1%\r"), []byte("\n"), []byte("\r\n"))
	f.Add([]byte("1%\r"), []byte("1%\r"), []byte("1%"))
	f.Fuzz(func(t *testing.T, a, b, c []byte) {
		var l liner
		var out []byte
		now := epoch
		for _, part := range [][]byte{a, b, c} {
			out = l.write(out, part)
			now = now.Add(2 * liveInterval)
			out = l.live(out, now)
		}
		out = l.finish(out)
		if !utf8.Valid(out) {
			t.Fatalf("not UTF-8: %q", out)
		}
		text := bytes.Join([][]byte{a, b, c}, nil)
		want := linesOf(text)
		if len(text) > maxLine || want == "" {
			return
		}
		// Every line of the plain text is there, in order; live states stand
		// between them.
		got := strings.SplitAfter(string(out), "\n")
		for _, line := range strings.SplitAfter(want, "\n") {
			at := 0
			for at < len(got) && got[at] != line {
				at++
			}
			if at == len(got) {
				t.Fatalf("%q of %q is missing in %q", line, want, out)
			}
			got = got[at+1:]
		}
	})
}
