package logs

import (
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"airdock.dev/airdock/protocol"
)

const (
	// batchSize bounds the output in one event.
	batchSize = 64 << 10
	// batchInterval is how long output is held back after an event was sent. A
	// line that comes alone shows at once, and a flood travels in large pieces.
	batchInterval = 10 * time.Millisecond
)

// output turns messages into events: of lines, or of the bytes as they are.
type output struct {
	mode     protocol.OutputMode
	send     func(*protocol.Output) error
	position position
	tallies  [3]tally
	// placed says that position and tallies fit the engine's log.
	placed bool
	liners [3]liner

	stream protocol.Output_Stream
	data   []byte
	at     time.Time
	sent   time.Time
}

var _ consumer = (*output)(nil)

func (o *output) message(stream protocol.Output_Stream, at time.Time, content []byte) error {
	if !o.position.isNew(stream, at) {
		return nil
	}
	return o.take(stream, at, o.tallies[stream].unseen(content))
}

// piece takes what came by attaching.
func (o *output) piece(stream protocol.Output_Stream, at time.Time, content []byte) error {
	o.tallies[stream].add(content)
	return o.take(stream, at, content)
}

// logged bounds what the engine's log takes for what came by attaching, in bytes.
func (o *output) logged() int64 {
	return o.tallies[protocol.Output_STDOUT].logged + o.tallies[protocol.Output_STDERR].logged
}

func (o *output) take(stream protocol.Output_Stream, at time.Time, content []byte) error {
	if len(content) == 0 {
		return nil
	}
	if stream != o.stream {
		if err := o.flush(); err != nil {
			return err
		}
		o.stream = stream
	}
	o.at = at
	if o.mode == protocol.OutputMode_OUTPUT_BYTES {
		o.data = append(o.data, content...)
	} else {
		l := &o.liners[stream]
		o.data = l.write(o.data, content)
		if l.unshown {
			o.data = l.live(o.data, time.Now())
		}
	}
	if len(o.data) >= batchSize {
		return o.flush()
	}
	return nil
}

func (o *output) patience() time.Duration {
	if len(o.data) == 0 {
		return 0
	}
	return batchInterval - time.Since(o.sent)
}

func (o *output) idle() error { return o.flush() }

// finish sends what is held back, when the container has ended.
func (o *output) finish() error {
	for _, stream := range []protocol.Output_Stream{protocol.Output_STDOUT, protocol.Output_STDERR} {
		if err := o.flush(); err != nil {
			return err
		}
		o.stream = stream
		o.data = o.liners[stream].finish(o.data)
	}
	return o.flush()
}

// flush sends the batch. The event is written to the wire before send returns,
// which is why its bytes can be used again.
func (o *output) flush() error {
	if len(o.data) == 0 {
		return nil
	}
	piece := &protocol.Output{Stream: o.stream, Time: timestamppb.New(o.at)}
	if o.mode == protocol.OutputMode_OUTPUT_BYTES {
		piece.Data = o.data
	} else {
		piece.Text = string(o.data)
	}
	err := o.send(piece)
	o.data, o.sent = o.data[:0], time.Now()
	return err
}
