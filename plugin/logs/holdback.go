package logs

import (
	"errors"
	"time"
)

// maxHoldBack is how long a container waits for its host.
const maxHoldBack = time.Second

// errHeldBack ends the reading of an attached container whose host is too slow.
var errHeldBack = errors.New("the host takes the output too slowly")

// holdBack counts how long the engine, and with it an attached container, has
// waited for the host since that took the last pumpSize bytes. So a host that is
// slower than a flood, but takes it, slows the container to its own pace, as
// `docker run` does; one that takes next to nothing does not.
type holdBack struct {
	waited time.Duration
	taken  int64
}

// left is how long it may still wait, when the host has taken so many bytes.
func (h *holdBack) left(taken int64) time.Duration {
	if taken-h.taken >= pumpSize {
		h.waited, h.taken = 0, taken
	}
	return maxHoldBack - h.waited
}
