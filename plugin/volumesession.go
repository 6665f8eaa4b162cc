package plugin

import (
	"context"
	"crypto/rand"

	"github.com/docker/docker/api/types/container"
	"github.com/hashicorp/go-hclog"

	"airdock.dev/airdock/plugin/engine"
	"airdock.dev/airdock/plugin/volume"
	"airdock.dev/airdock/protocol"
)

// helperPrefix begins the names of helpers' containers.
const helperPrefix = "airdock-helper-"

// volumeUse says which volume is opened, and for whom.
type volumeUse struct {
	volume   *protocol.Volume
	create   bool
	readOnly bool
	key      string
	origin   map[string]string
}

// volumeSession is a volume with a helper that runs where its files are.
type volumeSession struct {
	*volume.Session
	volume string
	eng    *engine.Engine
	log    hclog.Logger
	unbind func() bool
	// made says that the volume was not there before.
	made bool
}

// openVolume starts a helper with the volume. It ends with ctx; the caller closes
// it.
func openVolume(ctx context.Context, eng *engine.Engine, log hclog.Logger, use volumeUse) (*volumeSession, error) {
	s := &volumeSession{eng: eng, log: log}
	var err error
	if s.volume, s.made, err = findVolume(ctx, eng, use); err != nil {
		return nil, err
	}
	// A container that is made without being told would stay: the call is carried
	// through, and cleaned up after.
	callCtx, cancel := eng.Within(context.WithoutCancel(ctx))
	defer cancel()
	s.Session, err = volume.Start(callCtx, eng, use.order(s.volume))
	if err != nil {
		s.close(ctx, err)
		return nil, s.failure(err)
	}
	s.unbind = context.AfterFunc(ctx, s.End)
	return s, nil
}

// findVolume returns the engine's name of the volume, and whether it was made,
// which is done where that is asked for. Other tasks of the run count on one with a
// scope, so that it counts as one that was there.
func findVolume(ctx context.Context, eng *engine.Engine, use volumeUse) (name string, made bool, err error) {
	ctx, cancel := eng.Within(ctx)
	defer cancel()
	if name, _, err = engineVolume(use.volume); err != nil {
		return "", false, err
	}
	scoped := use.volume.GetScope() != protocol.VolumeScope_VOLUME_SCOPE_NONE
	_, err = lookUpVolume(ctx, eng, eng.Host, name)
	if failure := protocol.FromError(err); failure == nil || failure.Kind != protocol.ErrorKind_VOLUME_NOT_FOUND || use.readOnly || !scoped && !use.create {
		return name, false, err
	}
	_, err = makeVolume(ctx, eng, eng.Host, &protocol.VolumeCreateRequest{Volume: use.volume})
	return name, err == nil && !scoped, err
}

// order is for a container that has the volume of that name.
func (u volumeUse) order(name string) volume.Order {
	labels := map[string]string{}
	for name, value := range u.origin {
		labels[labelPrefix+name] = value
	}
	labels[labelKey] = u.key
	return volume.Order{
		Name:     helperPrefix + rand.Text(),
		Labels:   labels,
		Volume:   name,
		ReadOnly: u.readOnly,
	}
}

// close ends the helper and returns when its container is gone. A volume that was
// made for a call that failed goes, too.
func (s *volumeSession) close(ctx context.Context, failed error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTimeout)
	defer cancel()
	if s.unbind != nil {
		s.unbind()
	}
	if s.Session != nil {
		s.end(ctx)
	}
	if failed == nil || !s.made {
		return
	}
	if err := s.eng.VolumeRemove(ctx, s.volume, false); err != nil {
		s.log.Warn("a volume that was made for nothing could not be removed", "volume", s.volume, "error", err)
	}
}

func (s *volumeSession) end(ctx context.Context) {
	// The helper removes its stage and goes by itself; only one that does not is
	// removed from outside.
	waitCtx, stopWaiting := context.WithTimeout(ctx, settleTimeout/2)
	defer stopWaiting()
	gone, failed := s.eng.ContainerWait(waitCtx, s.Container, container.WaitConditionRemoved)
	s.End()
	select {
	case <-gone:
	case <-failed:
	}
	if err := removeContainer(ctx, s.eng, s.Container); err != nil {
		s.log.Warn("a helper's container could not be removed", "container", s.Container, "error", err)
	}
}

// failure explains what a helper did not do.
func (s *volumeSession) failure(err error) error { return volumeUnreached(err, s.eng, s.volume) }

func volumeUnreached(err error, eng *engine.Engine, name string) error {
	return engine.Failure(err, eng.Host, "reach the volume "+name)
}
