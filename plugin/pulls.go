package plugin

import (
	"context"
	"sync"

	"airdock.dev/airdock/protocol"
)

// pulls lets runs that want the same image with the same credentials from the
// same engine at the same time share one pull. The credentials are part of what
// must be the same: nobody may ride on someone else's login.
type pulls struct {
	mu     sync.Mutex
	active map[string]*sharedPull
}

// sharedPull goes on as long as one run waits for it.
type sharedPull struct {
	cancel  context.CancelFunc
	done    chan struct{} // closed when err is set
	err     error
	waiting int

	mu      sync.Mutex
	latest  *protocol.PullProgress
	changed chan struct{} // closed when latest is replaced
}

// do pulls, or joins a pull that is under way, and returns when the image is
// there. Progress goes to out until then.
func (p *pulls) do(ctx context.Context, api pullAPI, order pullOrder, out sink) error {
	shared := p.join(ctx, api, order)
	defer p.leave(order.key(), shared)
	var seen *protocol.PullProgress
	for {
		latest, changed := shared.progress()
		if latest != seen {
			seen = latest
			if err := out(&protocol.Event{Event: &protocol.Event_PullProgress{PullProgress: latest}}); err != nil {
				return err
			}
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-shared.done:
			if last, _ := shared.progress(); shared.err == nil && last != seen {
				return out(&protocol.Event{Event: &protocol.Event_PullProgress{PullProgress: last}})
			}
			return shared.err
		}
	}
}

func (p *pulls) join(ctx context.Context, api pullAPI, order pullOrder) *sharedPull {
	p.mu.Lock()
	defer p.mu.Unlock()
	if shared := p.active[order.key()]; shared != nil {
		shared.waiting++
		return shared
	}
	// The pull outlives the run that began it if another one waits for it.
	pullCtx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	shared := &sharedPull{cancel: cancel, done: make(chan struct{}), changed: make(chan struct{}), waiting: 1}
	if p.active == nil {
		p.active = map[string]*sharedPull{}
	}
	p.active[order.key()] = shared
	go func() {
		defer cancel()
		shared.err = pullOnce(pullCtx, api, order, shared.report)
		p.forget(order.key(), shared)
		close(shared.done)
	}()
	return shared
}

func (p *pulls) leave(key string, shared *sharedPull) {
	p.mu.Lock()
	defer p.mu.Unlock()
	shared.waiting--
	if shared.waiting > 0 {
		return
	}
	shared.cancel()
	if p.active[key] == shared {
		delete(p.active, key)
	}
}

func (p *pulls) forget(key string, shared *sharedPull) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.active[key] == shared {
		delete(p.active, key)
	}
}

func (s *sharedPull) report(progress *protocol.PullProgress) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.latest = progress
	close(s.changed)
	s.changed = make(chan struct{})
}

func (s *sharedPull) progress() (*protocol.PullProgress, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.latest, s.changed
}
