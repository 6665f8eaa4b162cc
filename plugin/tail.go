package plugin

import (
	"strings"
	"unicode/utf8"

	"airdock.dev/airdock/protocol"
)

// tailSize bounds the end of stderr that explains an exit, in bytes.
const tailSize = 4 << 10

// tail keeps the end of what a container writes to its standard error.
type tail struct{ kept []byte }

func (t *tail) add(o *protocol.Output) {
	if o.GetStream() != protocol.Output_STDERR {
		return
	}
	text, data := o.GetText(), o.GetData()
	t.kept = append(t.kept, text[max(0, len(text)-tailSize):]...)
	t.kept = append(t.kept, data[max(0, len(data)-tailSize):]...)
	if over := len(t.kept) - tailSize; over > 0 {
		t.kept = append(t.kept[:0], t.kept[over:]...)
	}
}

// text begins with a whole line where what was cut off allows it.
func (t *tail) text() string {
	kept := t.kept
	if len(kept) == tailSize {
		for len(kept) > 0 && !utf8.RuneStart(kept[0]) {
			kept = kept[1:]
		}
	}
	text := strings.TrimRight(strings.ToValidUTF8(string(kept), "\uFFFD"), "\n")
	if _, rest, cut := strings.Cut(text, "\n"); cut && len(t.kept) == tailSize {
		text = rest
	}
	return text
}
