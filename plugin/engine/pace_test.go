package engine

import (
	"net"
	"testing"
	"testing/synctest"
	"time"
)

// lineConn has a line whenever it is read, and gap is the time until it comes.
type lineConn struct {
	net.Conn
	gap  time.Duration
	size int
}

func (c *lineConn) Read(b []byte) (int, error) {
	<-time.After(c.gap)
	return min(c.size, len(b)), nil
}

func TestPacedConn(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		conn  lineConn
		paced bool
		reads int
		want  time.Duration
	}{
		"a flood":                   {lineConn{size: 100}, true, floodReads + 11, 10 * floodPause},
		"one that is not paced":     {lineConn{size: 100}, false, 100, 0},
		"lines that come slowly":    {lineConn{size: 100, gap: floodGap}, true, 100, 100 * floodGap},
		"more than a read can take": {lineConn{size: pacedRead}, true, 100, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				conn := &pacedConn{Conn: &c.conn, last: time.Now().Add(-time.Hour)}
				conn.paced.Store(c.paced)
				began := time.Now()
				for range c.reads {
					if n, err := conn.Read(make([]byte, pacedRead)); n != c.conn.size || err != nil {
						t.Fatalf("read %d bytes, %v", n, err)
					}
				}
				if took := time.Since(began); took != c.want {
					t.Errorf("%d reads took %s, want %s", c.reads, took, c.want)
				}
			})
		})
	}
}

// TestPacedConnGivesAllOfItsBuffer: what was taken at once is there after the log.
func TestPacedConnGivesAllOfItsBuffer(t *testing.T) {
	t.Parallel()
	conn := &pacedConn{Conn: &lineConn{size: 100}, streak: floodReads}
	log := &pacedLog{}
	log.take(conn)
	small := make([]byte, 60)
	for _, want := range []int{60, 40} {
		if n, err := conn.Read(small); n != want || err != nil {
			t.Fatalf("read %d bytes, %v, want %d", n, err, want)
		}
		log.leave()
	}
	if n, _ := conn.Read(make([]byte, 200)); n != 100 || conn.in != nil {
		t.Errorf("read %d bytes, and the buffer is there: %t", n, conn.in != nil)
	}
}
