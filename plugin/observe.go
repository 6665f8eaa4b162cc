package plugin

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/events"
	"github.com/docker/docker/api/types/filters"
)

const (
	// observeAfter spares a short container the cost of being watched.
	observeAfter = time.Second
	// oomQueryTimeout bounds the look back for memory kills after the exit.
	oomQueryTimeout = 2 * time.Second
)

type observeAPI interface {
	ContainerStats(ctx context.Context, id string, stream bool) (container.StatsResponseReader, error)
	Events(ctx context.Context, options events.ListOptions) (<-chan events.Message, <-chan error)
}

// observed is what the engine reports of a container while it runs, and forgets
// when it has ended.
type observed struct {
	mu         sync.Mutex
	peak       int64
	cpuSeconds float64
	// ooms holds the times of the kernel's memory kills; the same one may be
	// reported twice.
	ooms map[int64]struct{}
}

// figures returns the peak memory in bytes, the CPU time in seconds, and how many
// memory kills there were.
func (o *observed) figures() (peak int64, cpuSeconds float64, ooms int32) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.peak, o.cpuSeconds, int32(len(o.ooms))
}

// observe watches the container until the function that it returns is called.
func (r *runner) observe(ctx context.Context, id string) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var watching sync.WaitGroup
	watching.Go(func() {
		if !pause(ctx, observeAfter) {
			return
		}
		watching.Go(func() { r.readStats(ctx, id) })
		r.readOOMs(ctx, events.ListOptions{Filters: oomsOf(id)})
	})
	return func() {
		cancel()
		watching.Wait()
	}
}

// readStats follows GET /containers/ID/stats, one report a second. With cgroup
// v1 the engine knows the peak itself; with v2 the highest report has to do.
func (r *runner) readStats(ctx context.Context, id string) {
	stats, err := r.api.ContainerStats(ctx, id, true)
	if err != nil {
		r.log.Debug("no figures of memory and CPU", "container", id, "error", err)
		return
	}
	defer stats.Body.Close()
	decoder := json.NewDecoder(stats.Body)
	for {
		var report container.StatsResponse
		if decoder.Decode(&report) != nil {
			return
		}
		r.observed.mu.Lock()
		r.observed.peak = max(r.observed.peak, int64(max(report.MemoryStats.Usage, report.MemoryStats.MaxUsage)))
		r.observed.cpuSeconds = max(r.observed.cpuSeconds, float64(report.CPUStats.CPUUsage.TotalUsage)/1e9)
		r.observed.mu.Unlock()
	}
}

// readOOMs follows GET /events. The state of an exited container tells of a
// memory kill, too, but not on every engine when the container went on.
func (r *runner) readOOMs(ctx context.Context, options events.ListOptions) {
	messages, failed := r.api.Events(ctx, options)
	for {
		select {
		case message := <-messages:
			r.observed.mu.Lock()
			if r.observed.ooms == nil {
				r.observed.ooms = map[int64]struct{}{}
			}
			r.observed.ooms[message.TimeNano] = struct{}{}
			r.observed.mu.Unlock()
		case <-failed:
			return
		}
	}
}

// lookBackForOOMs finds kills that came before the watching began, or as the
// container ended. The engine keeps its last 256 events; its own clock counts.
func (r *runner) lookBackForOOMs(ctx context.Context, id string, from, to time.Time) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), oomQueryTimeout)
	defer cancel()
	r.readOOMs(ctx, events.ListOptions{Since: unixTime(from), Until: unixTime(to), Filters: oomsOf(id)})
}

func oomsOf(id string) filters.Args {
	return filters.NewArgs(filters.Arg("container", id), filters.Arg("event", "oom"))
}

// unixTime is how the engine reads a time to the nanosecond.
func unixTime(t time.Time) string {
	return fmt.Sprintf("%d.%09d", t.Unix(), t.Nanosecond())
}
