package logs

import (
	"context"
	"io"
	"sync"
	"time"
)

const (
	// pumpSize bounds what is read ahead of the host, in bytes.
	pumpSize = 256 << 10
	// quietSize is what a pump begins with: most containers print little, and one
	// plugin follows hundreds.
	quietSize = 4 << 10
	// gatherSize is how much ends a wait with a limit. To wake the reader for every
	// line of a flood costs more CPU time than all that is done with the line.
	gatherSize = 32 << 10
)

// pump reads ahead in a goroutine of its own. The engine flushes every message
// into a TLS record, so that one read returns one line; while the lines so far
// are being sent, the next ones gather here and travel together.
type pump struct {
	mu    sync.Mutex
	ring  []byte
	start int // of the unread bytes
	held  int // how many there are
	// wanted is how many the reader waits for, taken how many it has had.
	wanted int
	taken  int64
	err    error
	// heldBack is nil where it does no harm that the engine waits for the host.
	heldBack *holdBack
	// data and space hold a token when there is something to read, or to fill.
	data, space chan struct{}
	// timer is used again for every wait: a slow log has one a line.
	timer *time.Timer
}

func newPump() *pump {
	timer := time.NewTimer(0)
	timer.Stop()
	return &pump{ring: make([]byte, quietSize), data: make(chan struct{}, 1), space: make(chan struct{}, 1), timer: timer}
}

// fill reads in until it ends, or, while there is no room, until stopped is closed
// or the host has held the container back for too long. It returns why.
func (p *pump) fill(in io.Reader, stopped <-chan struct{}) error {
	for {
		var n int
		var err error
		if room := p.room(); len(room) > 0 {
			n, err = in.Read(room)
		} else {
			err = p.waitForRoom(stopped)
		}
		p.add(n, err)
		if err != nil {
			return err
		}
	}
}

func (p *pump) waitForRoom(stopped <-chan struct{}) error {
	var over <-chan time.Time
	if p.heldBack != nil {
		began := time.Now()
		timer := time.NewTimer(p.heldBack.left(p.hadSoFar()))
		defer timer.Stop()
		defer func() { p.heldBack.waited += time.Since(began) }()
		over = timer.C
	}
	select {
	case <-p.space:
		return nil
	case <-stopped:
		return context.Canceled
	case <-over:
		return errHeldBack
	}
}

func (p *pump) hadSoFar() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.taken
}

// add tells the reader of n more bytes when it has what it wanted, and of the
// end: one that was not told of it would wait for ever.
func (p *pump) add(n int, err error) {
	p.mu.Lock()
	p.held += n
	p.err = err
	enough := p.held >= p.wanted || err != nil
	p.mu.Unlock()
	if enough {
		notify(p.data)
	}
}

// room is the longest free stretch of the ring, which grows up to pumpSize where
// there is none. Only fill writes there.
func (p *pump) room() []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.held == len(p.ring) && p.held < pumpSize {
		larger := make([]byte, 2*p.held)
		copy(larger[copy(larger, p.ring[p.start:]):], p.ring[:p.start])
		p.ring, p.start = larger, 0
	}
	end := p.start + p.held
	if end < len(p.ring) {
		return p.ring[end:]
	}
	return p.ring[end-len(p.ring) : p.start]
}

// Read implements io.Reader. What was read ahead comes before an error.
func (p *pump) Read(to []byte) (int, error) {
	for {
		p.mu.Lock()
		if p.held > 0 {
			n := copy(to, p.ring[p.start:min(p.start+p.held, len(p.ring))])
			p.start = (p.start + n) % len(p.ring)
			p.held -= n
			p.taken += int64(n)
			p.mu.Unlock()
			notify(p.space)
			return n, nil
		}
		err := p.err
		p.wanted = 1
		p.mu.Unlock()
		if err != nil {
			return 0, err
		}
		<-p.data
	}
}

// wait returns when there is something to read, or the end.
func (p *pump) wait() {
	for !p.has(1) {
		<-p.data
	}
}

// within says whether there is something to read, once gatherSize bytes are
// there, the end, or the limit.
func (p *pump) within(limit time.Duration) bool {
	if limit <= 0 {
		return p.has(1)
	}
	p.timer.Reset(limit)
	defer p.timer.Stop()
	for !p.has(gatherSize) {
		select {
		case <-p.data:
		case <-p.timer.C:
			return p.has(1)
		}
	}
	return true
}

// has says whether so many bytes are held, or the end; if not, add tells of them.
func (p *pump) has(bytes int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wanted = bytes
	return p.held >= bytes || p.err != nil
}

func notify(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
