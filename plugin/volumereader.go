package plugin

import (
	"context"
	"io"
	"time"

	"github.com/docker/docker/api/types/container"
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
// container of its own.
type volumeReader struct {
	eng *engine.Engine
	log hclog.Logger
	use volumeUse
	// volume is the engine's name of it.
	volume string
	// container is the id of the one that the next archive comes from; empty: none.
	container string
}

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
	return r, nil
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
