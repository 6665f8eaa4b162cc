package plugin

import (
	"context"
	"sync"

	"airdock.dev/airdock/protocol"
)

// runs are the runs that this process follows, by key.
type runs struct {
	mu     sync.Mutex
	active map[string]*control
	// busy counts them, and the stops of runs that this process does not follow.
	busy sync.WaitGroup
}

// begin registers a run. The caller ends it with end.
func (r *runs) begin(key string, c *control) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, taken := r.active[key]; taken {
		return protocol.Errorf(protocol.ErrorKind_NAME_IN_USE, "a run with the key %s is under way in this plugin already", key)
	}
	if r.active == nil {
		r.active = map[string]*control{}
	}
	r.active[key] = c
	r.busy.Add(1)
	return nil
}

func (r *runs) end(key string, c *control) {
	r.mu.Lock()
	delete(r.active, key)
	r.mu.Unlock()
	close(c.done)
	r.busy.Done()
}

func (r *runs) find(key string) *control {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.active[key]
}

// settled returns when no run is under way, or when ctx ends.
func (r *runs) settled(ctx context.Context) {
	idle := make(chan struct{})
	go func() {
		r.busy.Wait()
		close(idle)
	}()
	select {
	case <-idle:
	case <-ctx.Done():
	}
}
