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

// volumeUse says which volume is opened, and for whom.
type volumeUse struct {
	volume   *protocol.Volume
	create   bool
	readOnly bool
	key      string
	origin   map[string]string
}

// volumeSession is a volume whose files can be reached through a helper.
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
	if err := s.find(ctx, use); err != nil {
		return nil, err
	}
	labels := map[string]string{}
	for name, value := range use.origin {
		labels[labelPrefix+name] = value
	}
	labels[labelKey] = use.key
	// A container that is made without being told would stay: the call is carried
	// through, and cleaned up after.
	callCtx, cancel := eng.Within(context.WithoutCancel(ctx))
	defer cancel()
	var err error
	s.Session, err = volume.Start(callCtx, eng, volume.Order{
		Name:     "airdock-helper-" + rand.Text(),
		Labels:   labels,
		Volume:   s.volume,
		ReadOnly: use.readOnly,
	})
	if err != nil {
		s.close(ctx, err)
		return nil, s.failure(err)
	}
	s.unbind = context.AfterFunc(ctx, s.End)
	return s, nil
}

// find finds the volume, or makes it where that is asked for.
func (s *volumeSession) find(ctx context.Context, use volumeUse) error {
	ctx, cancel := s.eng.Within(ctx)
	defer cancel()
	name, _, err := engineVolume(use.volume)
	if err != nil {
		return err
	}
	s.volume = name
	scoped := use.volume.GetScope() != protocol.VolumeScope_VOLUME_SCOPE_NONE
	_, err = lookUpVolume(ctx, s.eng, s.eng.Host, name)
	if failure := protocol.FromError(err); failure == nil || failure.Kind != protocol.ErrorKind_VOLUME_NOT_FOUND || use.readOnly || !scoped && !use.create {
		return err
	}
	_, err = makeVolume(ctx, s.eng, s.eng.Host, &protocol.VolumeCreateRequest{Volume: use.volume})
	// Other tasks of the run count on a volume with a scope.
	s.made = err == nil && !scoped
	return err
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
func (s *volumeSession) failure(err error) error {
	return engine.Failure(err, s.eng.Host, "reach the volume "+s.volume)
}
