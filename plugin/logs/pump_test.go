package logs

import (
	"bytes"
	"io"
	"testing"
)

// TestPumpGrowsWithWhatIsNotRead: a container that prints little costs little,
// and a flood that nobody takes costs no more than pumpSize.
func TestPumpGrowsWithWhatIsNotRead(t *testing.T) {
	t.Parallel()
	for written, want := range map[int]int{
		0:             quietSize,
		quietSize - 1: quietSize,
		quietSize + 1: 2 * quietSize,
		3 * pumpSize:  pumpSize,
	} {
		p := newPump()
		stopped := make(chan struct{})
		close(stopped)
		p.fill(bytes.NewReader(make([]byte, written)), stopped)
		if len(p.ring) != want {
			t.Errorf("the ring has %d bytes after %d were written; want %d", len(p.ring), written, want)
		}
	}
}

// TestPumpGrowsInTheMiddle: what stood at both ends of the ring is in one piece.
func TestPumpGrowsInTheMiddle(t *testing.T) {
	t.Parallel()
	text := make([]byte, 3*quietSize)
	for i := range text {
		text[i] = byte(i*7 + i/251)
	}
	p := newPump()
	p.add(copy(p.room(), text), nil)
	got := make([]byte, quietSize/2)
	if _, err := io.ReadFull(p, got); err != nil {
		t.Fatal(err)
	}
	for left := text[quietSize:]; len(left) > 0; {
		n := copy(p.room(), left)
		p.add(n, nil)
		left = left[n:]
	}
	p.add(0, io.EOF)
	rest, err := io.ReadAll(p)
	if got = append(got, rest...); err != nil || !bytes.Equal(got, text) {
		t.Errorf("read %d of %d bytes, or others: %v", len(got), len(text), err)
	}
}
