package logs

import (
	"bytes"
	"hash/maphash"
	"unicode/utf8"
)

const (
	// jsonGrowth is how many bytes of a log file one of the output becomes at most,
	// and jsonMessage what the driver writes around a message.
	jsonGrowth  = 6
	jsonMessage = 128
	// recentMessages in a row are taken for the same ones wherever they stand.
	recentMessages = 4
)

// recent are the last messages, by their hashes; 0 stands for none.
type recent [recentMessages]uint64

var recentSeed = maphash.MakeSeed()

// push takes the next message, as text: the json-file driver has U+FFFD for what is
// no UTF-8, the local driver the bytes.
func (r *recent) push(message []byte) {
	if !utf8.Valid(message) {
		message = []byte(string([]rune(string(message))))
	}
	copy(r[:], r[1:])
	r[recentMessages-1] = maphash.Bytes(recentSeed, message)
}

// tally counts the output of one stream that came by attaching in what the
// engine's log is made of: messages, each a line or partialSize bytes of a longer
// one. By it the log goes on where attaching ended, although it has three bytes
// for each that is no UTF-8.
type tally struct {
	messages int
	// recent are the last of them, where the log rotates: nothing else asks for them.
	recent  recent
	rotates bool
	// begun is what came of the message that is not whole.
	begun []byte
	// logged bounds what the log file takes for all of it, in bytes.
	logged int64
}

func (t *tally) add(content []byte) {
	t.logged += jsonGrowth * int64(len(content))
	for len(content) > 0 {
		piece := content[:min(len(content), partialSize-len(t.begun))]
		end := bytes.IndexByte(piece, '\n')
		switch {
		case end >= 0:
			piece = piece[:end+1]
		case len(t.begun)+len(piece) < partialSize:
			t.begun = append(t.begun, piece...)
			return
		}
		t.messages++
		t.logged += jsonMessage
		if t.rotates {
			t.recent.push(append(t.begun, piece...))
		}
		t.begun = t.begun[:0]
		content = content[len(piece):]
	}
}

// unseen returns what of the log's next message has not come by attaching.
func (t *tally) unseen(message []byte) []byte {
	if t.messages > 0 {
		t.messages--
		return nil
	}
	rest := message[inLog(message, t.begun):]
	t.begun = nil
	return rest
}

// inLog is how many bytes at the beginning of message, which is a log's, stand for
// begun; 0 if that is not where message begins.
func inLog(message, begun []byte) int {
	if bytes.HasPrefix(message, begun) {
		return len(begun)
	}
	at := 0
	for len(begun) > 0 {
		if !utf8.FullRune(begun) && bytes.HasPrefix(message[at:], begun) {
			return at + len(begun) // its rest came later
		}
		r, size := utf8.DecodeRune(begun)
		found, taken := utf8.DecodeRune(message[at:])
		if found != r {
			return 0
		}
		at += taken // three for U+FFFD, whatever it stands for
		begun = begun[size:]
	}
	return at
}
