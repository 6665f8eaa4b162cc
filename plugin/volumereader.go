package plugin

import (
	"context"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	"github.com/hashicorp/go-hclog"

	"airdock.dev/airdock/plugin/engine"
	"airdock.dev/airdock/plugin/volume"
)

// volumeReader is a fetchAPI for the files of a volume. It has a container that is
// made and never started: its archive can be read all the same, and to start a
// program and see it end takes the engine 0.2 s, longer than to send a thousand
// files.
//
// Such a container does not end by itself. So that a plugin that is killed leaves
// none, its removal is asked for while its archive is on the way: the engine locks
// the container until the archive has been sent, or cannot be sent any more, and
// removes it then, whoever still waits for that (daemon/archive_unix.go and
// daemon/delete.go, the same in engine 20.10 and in 29). Each archive has a
// container of its own. What a plugin leaves that is killed between the two, the
// next reader of the volume removes.
type volumeReader struct {
	eng *engine.Engine
	log hclog.Logger
	use volumeUse
	// volume is the engine's name of it.
	volume string
	// container is the id of the one that the next archive comes from; empty: none.
	container string
}

// leftAge is how much older than a reader's container another must be to be left
// behind, and not by one that is about to read it.
const leftAge = time.Minute

// newVolumeReader finds the volume and makes the first container. The caller closes
// the reader.
func newVolumeReader(ctx context.Context, eng *engine.Engine, log hclog.Logger, use volumeUse) (*volumeReader, error) {
	name, _, err := findVolume(ctx, eng, use)
	if err != nil {
		return nil, err
	}
	r := &volumeReader{eng: eng, log: log, use: use, volume: name}
	if err := r.ready(ctx); err != nil {
		return nil, err
	}
	go r.sweep(context.WithoutCancel(ctx), r.container)
	return r, nil
}

// sweep removes containers that were left. One that somebody still reads is locked
// until that has ended, and is to go then anyway: nobody waits for it.
func (r *volumeReader) sweep(ctx context.Context, own string) {
	ctx, cancel := context.WithTimeout(ctx, settleTimeout)
	defer cancel()
	found, err := r.eng.ContainerList(ctx, container.ListOptions{All: true, Filters: filters.NewArgs(
		filters.Arg("name", helperPrefix), filters.Arg("status", container.StateCreated), filters.Arg("volume", r.volume))})
	if err != nil {
		return // The next one tries again.
	}
	var removals sync.WaitGroup
	for _, id := range leftBehind(found, own) {
		removals.Go(func() { _ = removeContainer(ctx, r.eng, id) })
	}
	removals.Wait()
}

// leftBehind returns the ids of those that are much older than one of them, by the
// engine's own clock.
func leftBehind(found []container.Summary, own string) []string {
	at := slices.IndexFunc(found, func(c container.Summary) bool { return c.ID == own })
	if at < 0 {
		return nil
	}
	var ids []string
	for _, c := range found {
		if found[at].Created-c.Created > int64(leftAge/time.Second) {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

// ready makes a container where there is none.
func (r *volumeReader) ready(ctx context.Context) error {
	if r.container != "" {
		return nil
	}
	// One that is made without being told would stay.
	callCtx, cancel := r.eng.Within(context.WithoutCancel(ctx))
	defer cancel()
	id, err := volume.Create(callCtx, r.eng, r.use.order(r.volume))
	if err != nil {
		return volumeUnreached(err, r.eng, r.volume)
	}
	r.container = id
	return nil
}

// ContainerStatPath implements fetchAPI.
func (r *volumeReader) ContainerStatPath(ctx context.Context, _, path string) (container.PathStat, error) {
	if err := r.ready(ctx); err != nil {
		return container.PathStat{}, err
	}
	return r.eng.ContainerStatPath(ctx, r.container, path)
}

// CopyFromContainer implements fetchAPI. The container is gone when the archive is
// closed.
func (r *volumeReader) CopyFromContainer(ctx context.Context, _, path string) (io.ReadCloser, container.PathStat, error) {
	if err := r.ready(ctx); err != nil {
		return nil, container.PathStat{}, err
	}
	body, stat, err := r.eng.CopyFromContainer(ctx, r.container, path)
	if err != nil {
		return nil, stat, err
	}
	removal, cancel := context.WithCancel(context.WithoutCancel(ctx))
	archive := &lastArchive{ReadCloser: body, cancel: cancel, removed: make(chan struct{})}
	id := r.container
	r.container = ""
	go func() {
		defer close(archive.removed)
		r.remove(removal, id)
	}()
	return archive, stat, nil
}

// close removes a container that no archive was read from.
func (r *volumeReader) close(ctx context.Context) {
	if r.container == "" {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTimeout)
	defer cancel()
	r.remove(ctx, r.container)
}

func (r *volumeReader) remove(ctx context.Context, id string) {
	if err := removeContainer(ctx, r.eng, id); err != nil {
		r.log.Warn("a helper's container could not be removed", "container", id, "error", err)
	}
}

// lastArchive is what is read from a container whose removal waits for its end.
type lastArchive struct {
	io.ReadCloser
	removed chan struct{}
	cancel  context.CancelFunc
}

// Close implements io.Closer and returns when the container is gone.
func (a *lastArchive) Close() error {
	err := a.ReadCloser.Close()
	patience := time.AfterFunc(settleTimeout, a.cancel)
	<-a.removed
	patience.Stop()
	a.cancel()
	return err
}
