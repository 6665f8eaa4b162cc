package e2e

import (
	"fmt"
	"syscall"
	"testing"
	"time"
)

// TestSignalAtAnyMoment hits the time before the handler is there, before the
// plugin knows the run, and while the container is made.
func TestSignalAtAnyMoment(t *testing.T) {
	for delay := time.Duration(0); delay <= 300*time.Millisecond; delay += 25 * time.Millisecond {
		t.Run(fmt.Sprint(delay), func(t *testing.T) {
			s := tell(t, "a SIGTERM ends the command and its container, whenever it comes")
			p := s.start("run", "--rm", "bash", "-c", stubborn)
			<-time.After(delay)
			p.signal(syscall.SIGTERM)
			p.ends(12 * time.Second)
			s.nothingIsLeft(12 * time.Second)
		})
	}
}
