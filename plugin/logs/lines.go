package logs

import (
	"bytes"
	"time"
	"unicode/utf8"
)

const (
	// maxLine is where a long line is cut; its rest follows as a continuation.
	maxLine = 64 << 10
	// liveInterval is how often a line that is redrawn with carriage returns is
	// shown before it ends.
	liveInterval = time.Second
)

// liner makes the lines of one stream: UTF-8, redrawn lines folded to their
// last state, long lines cut. What it holds back is bounded by maxLine.
type liner struct {
	pending []byte // the line so far, from the last carriage return on
	// state is the last whole state of a redrawn line.
	state    []byte
	returned bool // the last byte was a carriage return
	unshown  bool // state is newer than what was shown of it
	shown    bool // state is the last thing that was shown
	open     bool // a piece of this line was emitted already
	lastLive time.Time
}

// write appends what content completes to out and returns it. A cut piece of a
// long line is appended without a line end.
func (l *liner) write(out, content []byte) []byte {
	for len(content) > 0 {
		end := bytes.IndexByte(content, '\n')
		if end < 0 {
			return l.hold(out, content)
		}
		if len(l.pending) == 0 && !l.returned && end <= maxLine && bytes.IndexByte(content[:end], '\r') < 0 {
			out = appendText(out, content[:end])
		} else {
			out = l.end(l.hold(out, content[:end]))
			content = content[end+1:]
			continue
		}
		out = append(out, '\n')
		content = content[end+1:]
	}
	return out
}

// end completes the held line. A redrawn line whose last state was shown live
// is not shown again.
func (l *liner) end(out []byte) []byte {
	if !l.shown || !bytes.Equal(l.pending, l.state) {
		out = append(appendText(out, l.pending), '\n')
	}
	l.pending = l.pending[:0]
	l.returned, l.unshown, l.shown, l.open = false, false, false, false
	return out
}

// hold takes a part of a line that has not ended.
func (l *liner) hold(out, part []byte) []byte {
	if len(part) == 0 {
		return out
	}
	body := bytes.TrimRight(part, "\r")
	if l.returned && len(body) > 0 {
		// What stood before the carriage return is being written over.
		l.keepState(l.pending)
		l.pending = l.pending[:0]
	}
	if last := bytes.LastIndexByte(body, '\r'); last >= 0 {
		before := body[:last]
		l.keepState(before[bytes.LastIndexByte(before, '\r')+1:])
		l.pending = l.pending[:0]
		body = body[last+1:]
	}
	l.pending = append(l.pending, body...)
	l.returned = part[len(part)-1] == '\r'
	if l.returned {
		l.keepState(l.pending)
	}
	return l.cut(out)
}

func (l *liner) keepState(state []byte) {
	if len(state) > 0 && len(state) <= maxLine {
		if l.shown && bytes.Equal(l.state, state) {
			return
		}
		l.state = append(l.state[:0], state...)
		l.unshown, l.shown = true, false
	}
}

// cut emits what of the held line is over the bound, between two characters.
func (l *liner) cut(out []byte) []byte {
	for len(l.pending) > maxLine {
		end := maxLine
		for end > maxLine-utf8.UTFMax && !utf8.RuneStart(l.pending[end]) {
			end--
		}
		out = appendText(out, l.pending[:end])
		l.pending = append(l.pending[:0], l.pending[end:]...)
		l.open = true
	}
	return out
}

// live appends the state of a line that is being redrawn, as a line of its own
// and at most once an interval.
func (l *liner) live(out []byte, now time.Time) []byte {
	if !l.unshown || l.open || now.Sub(l.lastLive) < liveInterval {
		return out
	}
	l.unshown, l.shown, l.lastLive = false, true, now
	return append(appendText(out, l.state), '\n')
}

// finish ends a line that the container itself never ended.
func (l *liner) finish(out []byte) []byte {
	if len(l.pending) == 0 && !l.open {
		return out
	}
	return l.end(out)
}

func appendText(out, text []byte) []byte {
	if utf8.Valid(text) {
		return append(out, text...)
	}
	return append(out, bytes.ToValidUTF8(text, []byte("\uFFFD"))...)
}
