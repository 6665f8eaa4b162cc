package logs

import (
	"strings"
	"testing"
)

// FuzzTally breaks off at any byte of any text: what attaching gave and what the
// log has beyond it make the whole.
func FuzzTally(f *testing.F) {
	f.Add([]byte("one\ntwo\xff\nthree"), uint(6), uint(2))
	f.Add([]byte("\xe2\x82\xac\xe2\x82\n\xf0"), uint(2), uint(1))
	f.Fuzz(func(t *testing.T, text []byte, cut, size uint) {
		at := int(cut % uint(len(text)+1))
		var seen tally
		for rest := text[:at]; len(rest) > 0; {
			n := min(int(size%1000)+1, len(rest))
			seen.add(rest[:n])
			rest = rest[n:]
		}
		whole := append([]byte(nil), text[:at]...)
		for _, m := range inJSON(printed(stdout, string(text))) {
			whole = append(whole, seen.unseen([]byte(m.text))...)
		}
		got, want := oneEach(strings.ToValidUTF8(string(whole), "\uFFFD")), oneEach(strings.ToValidUTF8(string(text), "\uFFFD"))
		if got != want {
			t.Fatalf("cut at %d of %d: got %q, want %q", at, len(text), got, want)
		}
	})
}
