package plugin

import (
	"errors"
	"sync"
	"time"
)

var (
	errStopped  = errors.New("run was stopped")
	errHostLost = errors.New("host of the plugin is gone")
)

// control is how a run that is under way learns that it shall stop. Before its
// container runs, the run is cancelled; from then on the container is stopped
// and the run ends by itself, with its last output.
type control struct {
	// grace is the run's own time between TERM and KILL.
	grace time.Duration
	// done is closed when the run is settled.
	done chan struct{}

	mu      sync.Mutex
	id      string // of the container, once it runs
	cancel  func()
	stop    func(grace time.Duration)
	stopped bool
	remove  *bool
}

// bind sets what a stop does until the container runs.
func (c *control) bind(cancel func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cancel = cancel
	if c.stopped {
		cancel()
	}
}

// running sets what a stop does from now on.
func (c *control) running(id string, stop func(grace time.Duration)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.id, c.stop = id, stop
}

// copying sets what a stop does after the container's end, while files are copied
// out of it.
func (c *control) copying(cancel func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stop, c.cancel = nil, cancel
	if c.stopped {
		cancel()
	}
}

// containers returns the id of the container, if it ever ran.
func (c *control) containers() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.id == "" {
		return nil
	}
	return []string{c.id}
}

// order asks the run to stop; a nil grace is the run's own. A later order may
// shorten the grace of an earlier one.
func (c *control) order(grace *time.Duration, remove *bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stopped = true
	if remove != nil {
		c.remove = remove
	}
	if grace == nil {
		grace = &c.grace
	}
	switch {
	case c.stop != nil:
		go c.stop(*grace)
	case c.cancel != nil:
		c.cancel()
	}
}

func (c *control) wasStopped() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stopped
}

// removes says whether a stopped container goes: as the order said, or else by
// the run's policy.
func (c *control) removes(byPolicy bool) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.remove != nil {
		return *c.remove
	}
	return byPolicy
}
