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
	eventsAPI
	ContainerStats(ctx context.Context, id string, stream bool) (container.StatsResponseReader, error)
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

// addStats takes a report. With cgroup v1 the engine knows the peak itself; with
// v2 the highest report has to do.
func (o *observed) addStats(report container.StatsResponse) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.peak = max(o.peak, int64(max(report.MemoryStats.Usage, report.MemoryStats.MaxUsage)))
	o.cpuSeconds = max(o.cpuSeconds, float64(report.CPUStats.CPUUsage.TotalUsage)/1e9)
}

func (o *observed) addOOM(message events.Message) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.ooms == nil {
		o.ooms = map[int64]struct{}{}
	}
	o.ooms[message.TimeNano] = struct{}{}
}

// observe watches the container until the function that it returns is called.
func (r *runner) observe(ctx context.Context, id string) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var watching sync.WaitGroup
	watching.Go(func() {
		if !pause(ctx, observeAfter) {
			return
		}
		defer r.ooms.watch(id, &r.observed)()
		r.readStats(ctx, id)
		<-ctx.Done()
	})
	return func() {
		cancel()
		watching.Wait()
	}
}

// readStats follows GET /containers/ID/stats, one report a second. To ask for
// single reports would not need a connection all the time, but engine 20.10 lets
// each such question wait for the next second, too.
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
		r.observed.addStats(report)
	}
}

// lookBackForOOMs finds kills that came before the watching began, or as the
// container ended. The engine keeps its last 256 events; its own clock counts.
func (r *runner) lookBackForOOMs(ctx context.Context, id string, from, to time.Time) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), oomQueryTimeout)
	defer cancel()
	readEvents(ctx, r.api, events.ListOptions{
		Since: unixTime(from), Until: unixTime(to),
		Filters: filters.NewArgs(filters.Arg("container", id), oomFilter),
	}, r.observed.addOOM)
}

// unixTime is how the engine reads a time to the nanosecond.
func unixTime(t time.Time) string {
	return fmt.Sprintf("%d.%09d", t.Unix(), t.Nanosecond())
}
