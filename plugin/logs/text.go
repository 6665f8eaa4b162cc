package logs

import "time"

// Text makes whole lines of the pieces of one stream, as Follower does, for
// output that is no container's log. The zero value is ready for use.
type Text struct {
	liner liner
	lines []byte
}

// Add returns the lines that piece completes, or "".
func (t *Text) Add(piece []byte) string {
	t.lines = t.liner.write(t.lines[:0], piece)
	if t.liner.unshown {
		t.lines = t.liner.live(t.lines, time.Now())
	}
	return string(t.lines)
}

// End returns what is left when the stream has ended.
func (t *Text) End() string {
	return string(t.liner.finish(t.lines[:0]))
}
