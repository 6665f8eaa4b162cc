package logs

import (
	"io"
	"sync/atomic"
	"time"
)

// watchedReader remembers when it last returned anything. A reader that is not
// waiting, because what it read is still being sent, counts as active.
type watchedReader struct {
	in      io.Reader
	waiting atomic.Int64 // since when, in Unix nanoseconds; 0: not waiting
}

func (w *watchedReader) Read(p []byte) (int, error) {
	w.waiting.Store(time.Now().UnixNano())
	n, err := w.in.Read(p)
	w.waiting.Store(0)
	return n, err
}

func (w *watchedReader) silentFor() time.Duration {
	since := w.waiting.Load()
	if since == 0 {
		return 0
	}
	return time.Since(time.Unix(0, since))
}
