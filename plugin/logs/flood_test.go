package logs

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"

	"airdock.dev/airdock/protocol"
)

// flood is the log of a container that prints numbered lines to both streams.
type flood struct {
	next, last int
	rest       []byte
}

func (f *flood) Read(to []byte) (int, error) {
	if len(f.rest) == 0 {
		if f.next > f.last {
			return 0, io.EOF
		}
		var body []byte
		for range 100 {
			stream := stdout
			if f.next%10 == 0 {
				stream = stderr
			}
			text := fmt.Sprintf("%07d %s\n", f.next, strings.Repeat("x", 91))
			body = append(body, encode(false, message{stream, time.Duration(f.next) * time.Microsecond, text})...)
			f.next++
		}
		f.rest = body
	}
	n := copy(to, f.rest)
	f.rest = f.rest[n:]
	return n, nil
}

// TestFollowAMillionLines: none is lost, each stream keeps its order, and the
// memory does not grow with their number.
func TestFollowAMillionLines(t *testing.T) {
	grown := map[int]uint64{}
	for _, lines := range []int{10_000, 1_000_000} {
		api := &fakeAPI{logs: func(context.Context, int, container.LogsOptions) (io.ReadCloser, error) {
			return io.NopCloser(&flood{next: 1, last: lines}), nil
		}}
		last, count, pieces := map[protocol.Output_Stream]int{}, 0, 0
		var peak, now runtime.MemStats
		f := follower(api, nil, closed())
		f.Send = func(o *protocol.Output) error {
			for line := range strings.Lines(o.GetText()) {
				n, err := strconv.Atoi(line[:7])
				if err != nil || n <= last[o.GetStream()] || len(line) != 100 {
					return fmt.Errorf("%q after %d", line, last[o.GetStream()])
				}
				last[o.GetStream()] = n
				count++
			}
			if pieces++; pieces%50 == 0 {
				runtime.ReadMemStats(&now)
				peak.HeapInuse = max(peak.HeapInuse, now.HeapInuse)
			}
			return nil
		}
		if err := f.Follow(t.Context()); err != nil {
			t.Fatal(err)
		}
		if count != lines {
			t.Errorf("%d lines of %d", count, lines)
		}
		grown[lines] = peak.HeapInuse
	}
	if more := int64(grown[1_000_000]) - int64(grown[10_000]); more > 8<<20 {
		t.Errorf("the memory grew by %d bytes from 10,000 to 1,000,000 lines", more)
	}
}
