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
}

// openVolume starts a helper with the volume. It ends with ctx; the caller closes
// it in any case.
func openVolume(ctx context.Context, eng *engine.Engine, log hclog.Logger, use volumeUse) (*volumeSession, error) {
	name, err := usedVolume(ctx, eng, use)
	if err != nil {
		return nil, err
	}
	labels := map[string]string{}
	for name, value := range use.origin {
		labels[labelPrefix+name] = value
	}
	labels[labelKey] = use.key
	s := &volumeSession{volume: name, eng: eng, log: log}
	// A container that is made without being told would stay: the call is carried
	// through, and cleaned up after.
	callCtx, cancel := eng.Within(context.WithoutCancel(ctx))
	defer cancel()
	s.Session, err = volume.Start(callCtx, eng, volume.Order{
		Name:     "airdock-helper-" + rand.Text(),
		Labels:   labels,
		Volume:   name,
		ReadOnly: use.readOnly,
	})
	if err != nil {
		s.close(ctx)
		return nil, s.failure(err)
	}
	s.unbind = context.AfterFunc(ctx, s.End)
	return s, nil
}

// usedVolume returns the engine's name of a volume that is there, or now is.
func usedVolume(ctx context.Context, eng *engine.Engine, use volumeUse) (string, error) {
	ctx, cancel := eng.Within(ctx)
	defer cancel()
	name, _, err := engineVolume(use.volume)
	if err != nil {
		return "", err
	}
	if !use.readOnly && (use.create || use.volume.GetScope() != protocol.VolumeScope_VOLUME_SCOPE_NONE) {
		return makeVolume(ctx, eng, eng.Host, &protocol.VolumeCreateRequest{Volume: use.volume})
	}
	_, err = lookUpVolume(ctx, eng, eng.Host, name)
	return name, err
}

// close ends the helper and returns when its container is gone.
func (s *volumeSession) close(ctx context.Context) {
	if s.unbind != nil {
		s.unbind()
	}
	if s.Session == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTimeout)
	defer cancel()
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
