package plugin

import (
	"context"
	"sync"
	"time"

	"github.com/docker/docker/api/types/events"
	"github.com/docker/docker/api/types/filters"
)

// maxEventsBackoff bounds the time between two attempts to follow the events of
// an engine.
const maxEventsBackoff = 30 * time.Second

type eventsAPI interface {
	Events(ctx context.Context, options events.ListOptions) (<-chan events.Message, <-chan error)
}

// oomWatches has one watch for each engine.
type oomWatches struct{ byEngine sync.Map }

// of returns the watch of an engine, whose client is the same for all its runs.
func (w *oomWatches) of(api eventsAPI) *oomWatch {
	watch, _ := w.byEngine.LoadOrStore(api, &oomWatch{api: api})
	return watch.(*oomWatch)
}

// oomWatch follows the memory kills on one engine by GET /events, for all runs
// there by one connection, and for as long as there is one. The state of an exited
// container tells of a memory kill, too, but not on every engine when the
// container went on.
type oomWatch struct {
	api eventsAPI

	mu      sync.Mutex
	watched map[string]*observed // by the container's id
	end     context.CancelFunc
}

// watch tells into of the memory kills in a container, until leave is called.
func (w *oomWatch) watch(id string, into *observed) (leave func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.watched) == 0 {
		var ctx context.Context
		ctx, w.end = context.WithCancel(context.Background())
		w.watched = map[string]*observed{}
		go w.follow(ctx)
	}
	w.watched[id] = into
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.watched, id)
		if len(w.watched) == 0 {
			w.end()
		}
	}
}

// follow begins anew when the connection breaks. What came in between is found by
// the look back at the end of a run.
func (w *oomWatch) follow(ctx context.Context) {
	backoff := time.Second
	for {
		began := time.Now()
		readEvents(ctx, w.api, events.ListOptions{Filters: filters.NewArgs(oomFilter)}, w.killed)
		if time.Since(began) > maxEventsBackoff {
			backoff = time.Second
		}
		if !pause(ctx, backoff) {
			return
		}
		backoff = min(2*backoff, maxEventsBackoff)
	}
}

func (w *oomWatch) killed(message events.Message) {
	w.mu.Lock()
	into := w.watched[message.Actor.ID]
	w.mu.Unlock()
	if into != nil {
		into.addOOM(message)
	}
}

var oomFilter = filters.Arg("event", "oom")

// readEvents calls each for what the engine reports, until the stream ends.
func readEvents(ctx context.Context, api eventsAPI, options events.ListOptions, each func(events.Message)) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	messages, failed := api.Events(ctx, options)
	for {
		select {
		case message := <-messages:
			each(message)
		case <-failed:
			return
		}
	}
}
