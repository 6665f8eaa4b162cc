package logs

import (
	"time"

	"airdock.dev/airdock/protocol"
)

// overlap is how far behind the newest message a resumed stream begins. Engine
// times are taken before a message is written, so that a message of one stream
// may stand behind a younger one of the other. Mostly they are milliseconds
// apart; a stalled disk of the engine makes it more.
const overlap = 5 * time.Second

// position is how far each stream was read, in engine time. It makes a resumed
// log stream go on with the first message that was not seen, although the
// engine's "since" is inclusive and several messages may share one time.
type position struct {
	streams [3]mark
	// whole says that a stream's place is not known, so that all of the log is read.
	whole bool
}

type mark struct {
	time   time.Time
	count  int // messages seen at time
	replay bool
	skip   int // of those, how many the resumed stream will repeat
}

// resume prepares for a new stream and returns where it must begin; zero means
// at the beginning.
func (p *position) resume() time.Time {
	out, err := &p.streams[protocol.Output_STDOUT], &p.streams[protocol.Output_STDERR]
	oldest, newest := out.time, err.time
	if newest.Before(oldest) {
		oldest, newest = newest, oldest
	}
	for _, m := range []*mark{out, err} {
		m.replay, m.skip = true, m.count
	}
	if newest.IsZero() || p.whole {
		return time.Time{}
	}
	if floor := newest.Add(-overlap); oldest.Before(floor) {
		return floor
	}
	return oldest
}

// isNew says whether a message was not seen before, and counts it if so.
func (p *position) isNew(stream protocol.Output_Stream, at time.Time) bool {
	m := &p.streams[stream]
	if m.replay {
		if at.Before(m.time) {
			return false
		}
		if at.Equal(m.time) && m.skip > 0 {
			m.skip--
			return false
		}
		m.replay = false
	}
	if at.Equal(m.time) {
		m.count++
	} else {
		m.time, m.count = at, 1
	}
	return true
}
