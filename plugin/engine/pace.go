package engine

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http/httptrace"
	"sync/atomic"
	"time"

	"github.com/docker/docker/api/types/container"
)

const (
	// pacedRead is how much a paced connection takes from the socket at once.
	pacedRead = 64 << 10
	// floodReads reads in a row, each within floodGap of the one before, are a
	// flood; then a pause comes before each read.
	floodReads = 16
	floodGap   = 2 * time.Millisecond
	floodPause = time.Millisecond
)

// pacedConn is a connection for a log. The engine sends each line as a TLS
// record of its own. To read them one by one costs a call of the kernel and a
// wake-up for each, which is several times the engine's own work with the line.
// So in a flood reading pauses for a moment and then takes all that has gathered
// in the socket. A line that comes alone is read at once.
type pacedConn struct {
	net.Conn
	paced atomic.Bool
	// cut says that the connection itself ended.
	cut atomic.Bool
	// What follows belongs to the goroutine that reads.
	in     *bufio.Reader
	full   bool
	last   time.Time
	streak int
	timer  *time.Timer
}

// Read implements net.Conn.
func (c *pacedConn) Read(b []byte) (int, error) {
	if c.in != nil && c.in.Buffered() > 0 {
		return c.in.Read(b)
	}
	n, err := c.readPaced(b)
	if err == io.EOF {
		c.cut.Store(true)
	}
	return n, err
}

func (c *pacedConn) readPaced(b []byte) (int, error) {
	if !c.paced.Load() {
		c.in, c.streak = nil, 0
		return c.Conn.Read(b)
	}
	if c.streak < floodReads {
		// Most containers print little, and one plugin follows hundreds.
		c.in = nil
		n, err := c.Conn.Read(b)
		c.full = n == len(b)
		c.count()
		return n, err
	}
	if c.in == nil {
		c.in = bufio.NewReaderSize(c.Conn, pacedRead)
	}
	if !c.full {
		c.pause()
	}
	n, err := c.in.Read(b)
	c.full = c.in.Buffered()+n >= pacedRead
	c.count()
	return n, err
}

// count counts the reads that came soon after the one before.
func (c *pacedConn) count() {
	now := time.Now()
	if now.Sub(c.last) < floodGap {
		c.streak++
	} else {
		c.streak = 0
	}
	c.last = now
}

func (c *pacedConn) pause() {
	if c.timer == nil {
		c.timer = time.NewTimer(floodPause)
	} else {
		c.timer.Reset(floodPause)
	}
	<-c.timer.C
}

// ContainerLogs is the client's, on a connection that is paced.
func (e *Engine) ContainerLogs(ctx context.Context, id string, options container.LogsOptions) (io.ReadCloser, error) {
	log := &pacedLog{}
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(got httptrace.GotConnInfo) {
		if secure, ok := got.Conn.(*tls.Conn); ok {
			log.take(secure.NetConn())
		}
	}})
	body, err := e.Client.ContainerLogs(traced, id, options)
	if err != nil {
		log.leave()
		return nil, err
	}
	log.ReadCloser = body
	return log, nil
}

// pacedLog gives its connection back as it was.
type pacedLog struct {
	io.ReadCloser
	conn atomic.Pointer[pacedConn]
}

func (l *pacedLog) take(conn net.Conn) {
	if paced, ok := conn.(*pacedConn); ok {
		paced.paced.Store(true)
		l.conn.Store(paced)
	}
}

func (l *pacedLog) leave() {
	if conn := l.conn.Load(); conn != nil {
		conn.paced.Store(false)
	}
}

// Close implements io.Closer.
func (l *pacedLog) Close() error {
	l.leave()
	return l.ReadCloser.Close()
}
