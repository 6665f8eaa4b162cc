package logs

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"airdock.dev/airdock/protocol"
)

// TestFollowLines has what containers print and exactly what a host gets of it.
func TestFollowLines(t *testing.T) {
	t.Parallel()
	// A character of three bytes across the engine's cut at 16 KiB.
	euro := strings.Repeat("x", partialSize-1) + "€ and more"
	for name, c := range map[string]struct{ printed, want string }{
		"lines":                         {"one\ntwo\n", "one\ntwo\n"},
		"last line without an end":      {"one\ntwo", "one\ntwo\n"},
		"empty lines":                   {"\n\n\n", "\n\n\n"},
		"nothing":                       {"", ""},
		"spaces are kept":               {"  indented \t\n", "  indented \t\n"},
		"a text that looks like a time": {"2026-01-02T03:04:05.678901Z not a time\n", "2026-01-02T03:04:05.678901Z not a time\n"},
		"NUL bytes":                     {"a\x00b\n\x00\n", "a\x00b\n\x00\n"},
		"invalid UTF-8":                 {"caf\xe9 \xff\xfe!\n", "caf\uFFFD \uFFFD!\n"},
		"valid UTF-8":                   {"naïve ☃ 😀\n", "naïve ☃ 😀\n"},
		"character cut off at the end":  {"abc\xe2\x82", "abc\uFFFD\n"},
		"CRLF":                          {"one\r\ntwo\r\n", "one\ntwo\n"},
		"CR alone":                      {"one\rtwo\rthree\n", "three\n"},
		"CR before the end":             {"50%\r100%\r\n", "100%\n"},
		"CR without an end":             {"50%\r100%\r", "100%\n"},
		"CR at the beginning":           {"\r50%\r100%\n", "100%\n"},
		"CRs in a row":                  {"50%\r\r\r100%\r\r\n", "100%\n"},
		"CR between lines":              {"a\nb\rc\nd\n", "a\nc\nd\n"},
		"16 KiB exactly":                {strings.Repeat("x", partialSize) + "\n", strings.Repeat("x", partialSize) + "\n"},
		"16 KiB and a bit":              {strings.Repeat("x", partialSize+5) + "\nnext\n", strings.Repeat("x", partialSize+5) + "\nnext\n"},
		"character across messages":     {euro + "\n", euro + "\n"},
		"character across, no end":      {euro, euro + "\n"},
		"long line with CRs in it":      {strings.Repeat("x", partialSize+10) + "\r" + strings.Repeat("y", 20) + "\n", strings.Repeat("y", 20) + "\n"},
	} {
		for _, tty := range []bool{false, true} {
			host := deliver(t, tty, protocol.OutputMode_OUTPUT_LINES, encode(tty, printed(stdout, c.printed)...))
			if got := host.of(stdout); got != c.want {
				t.Errorf("%s (tty %v): got %s, want %s", name, tty, short(got), short(c.want))
			}
			if extra := host.of(stderr); extra != "" {
				t.Errorf("%s (tty %v): stderr has %q", name, tty, extra)
			}
		}
	}
}

// short keeps failures of long texts readable.
func short(text string) string {
	if len(text) > 80 {
		return strings.ToValidUTF8(text[:40]+"…"+text[len(text)-30:], "?")
	}
	return "\"" + text + "\""
}

func TestFollowStreamsApart(t *testing.T) {
	t.Parallel()
	body := encode(false,
		message{stdout, 1, "half of "}, message{stderr, 2, "error\n"}, message{stdout, 3, "a line\n"},
		message{stderr, 4, "caf\xc3"}, message{stdout, 5, "\xa9 is no character\n"}, message{stderr, 6, "\xa9\n"})
	host := deliver(t, false, protocol.OutputMode_OUTPUT_LINES, body)
	if got, want := host.of(stdout), "half of a line\n\uFFFD is no character\n"; got != want {
		t.Errorf("stdout %q, want %q", got, want)
	}
	if got, want := host.of(stderr), "error\ncafé\n"; got != want {
		t.Errorf("stderr %q, want %q", got, want)
	}
}

// TestFollowBytes: in the mode for bytes nothing is changed, whatever it is.
func TestFollowBytes(t *testing.T) {
	t.Parallel()
	text := "a\r\nb\rc\x00\xff\xfe\n\n" + strings.Repeat("long", 10000) + "\nno end"
	for _, tty := range []bool{false, true} {
		host := deliver(t, tty, protocol.OutputMode_OUTPUT_BYTES, encode(tty, printed(stdout, text)...))
		if got := host.of(stdout); got != text {
			t.Errorf("tty %v: got %s, want %s", tty, short(got), short(text))
		}
		for _, piece := range host.pieces {
			if piece.GetText() != "" {
				t.Errorf("tty %v: a piece has text %q", tty, piece.GetText())
			}
		}
	}
}

// TestFollowTime: a piece carries the engine's time of its last line.
func TestFollowTime(t *testing.T) {
	t.Parallel()
	at := 3*time.Hour + 5*time.Nanosecond
	host := deliver(t, false, protocol.OutputMode_OUTPUT_LINES, encode(false, message{stdout, time.Second, "a\n"}, message{stdout, at, "b\n"}))
	last := host.pieces[len(host.pieces)-1]
	if want := epoch.Add(at); !last.GetTime().AsTime().Equal(want) {
		t.Errorf("the last piece is of %s, want %s", last.GetTime().AsTime(), want)
	}
}

// TestFollowLongLine: a line of 10 MB arrives in pieces, of which only the last
// ends the line, none splits a character and none is large.
func TestFollowLongLine(t *testing.T) {
	t.Parallel()
	line := strings.Repeat("0123456789€", 10_000_000/13) + "\n"
	for _, tty := range []bool{false, true} {
		host := deliver(t, tty, protocol.OutputMode_OUTPUT_LINES, encode(tty, printed(stdout, line)...))
		if got := host.of(stdout); got != line {
			t.Errorf("tty %v: %d bytes became %d: %s", tty, len(line), len(got), short(got))
		}
		for i, piece := range host.pieces {
			if !utf8.ValidString(piece.GetText()) || len(piece.GetText()) > 2*batchSize {
				t.Fatalf("tty %v: piece %d has %d bytes, valid UTF-8: %v", tty, i, len(piece.GetText()), utf8.ValidString(piece.GetText()))
			}
			if ends := strings.HasSuffix(piece.GetText(), "\n"); ends != (i == len(host.pieces)-1) {
				t.Fatalf("tty %v: piece %d of %d ends a line: %v", tty, i, len(host.pieces), ends)
			}
		}
	}
}
