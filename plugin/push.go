package plugin

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/api/types/registry"
	"github.com/docker/docker/pkg/jsonmessage"

	"airdock.dev/airdock/plugin/engine"
	"airdock.dev/airdock/protocol"
)

const defaultPushInactivity = 5 * time.Minute

type pushAPI interface {
	ImagePush(ctx context.Context, ref string, options image.PushOptions) (io.ReadCloser, error)
}

type pushOrder struct {
	host, ref  string
	logins     []*protocol.RegistryAuth
	inactivity time.Duration
}

// push sends one image to its registry. As with a pull, an error inside the
// engine's answer is an error.
func push(ctx context.Context, api pushAPI, order pushOrder, out sink) (*protocol.PushResult, error) {
	auth, err := registryAuth(order.logins, order.ref)
	if err != nil {
		return nil, err
	}
	if auth == "" {
		// Without the header an engine answers with an error about the header.
		if auth, err = registry.EncodeAuthConfig(registry.AuthConfig{}); err != nil {
			return nil, err
		}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stalled := time.AfterFunc(order.inactivity, func() { cancel(errStalled) })
	defer stalled.Stop()
	body, err := api.ImagePush(ctx, order.ref, image.PushOptions{RegistryAuth: auth})
	if err != nil {
		return nil, pushFailure(ctx, err, order)
	}
	defer body.Close()

	progress := &pushProgress{image: order.ref, layers: layers{}}
	result := &protocol.PushResult{Image: order.ref}
	var reported time.Time
	for decoder := json.NewDecoder(body); ; {
		var message jsonmessage.JSONMessage
		if err := decoder.Decode(&message); errors.Is(err, io.EOF) {
			return result, out(progress.event(true))
		} else if err != nil {
			return nil, pushFailure(ctx, err, order)
		}
		stalled.Reset(order.inactivity)
		if message.Error != nil {
			return nil, pushFailure(ctx, message.Error, order)
		}
		progress.add(&message, result)
		if time.Since(reported) >= progressInterval && len(progress.layers) > 0 {
			reported = time.Now()
			if err := out(progress.event(false)); err != nil {
				return nil, err
			}
		}
	}
}

// pushProgress sums the progress of a push's layers.
type pushProgress struct {
	image  string
	layers layers
}

func (p *pushProgress) add(message *jsonmessage.JSONMessage, result *protocol.PushResult) {
	if message.Aux != nil {
		var pushed types.PushResult
		if json.Unmarshal(*message.Aux, &pushed) == nil && pushed.Digest != "" {
			result.Digest, result.Size = pushed.Digest, int64(pushed.Size)
		}
		return
	}
	if message.ID == "" || strings.HasPrefix(message.Status, "The push refers to") {
		return
	}
	l := p.layers.of(message.ID)
	switch {
	case message.Status == "Pushing" && message.Progress != nil:
		l.current, l.total = message.Progress.Current, max(l.total, message.Progress.Total)
	case message.Status == "Pushed", message.Status == "Layer already exists", strings.HasPrefix(message.Status, "Mounted from"):
		l.current, l.done = l.total, true
	}
}

func (p *pushProgress) event(done bool) *protocol.Event {
	arrived, current, total := p.layers.sum()
	return &protocol.Event{Event: &protocol.Event_PushProgress{PushProgress: &protocol.PushProgress{
		Image: p.image, Layers: int32(len(p.layers)), LayersDone: arrived, Bytes: current, BytesTotal: total, Done: done,
	}}}
}

// pushFailure finds the kind of a failed push by the words that a pull has, too.
func pushFailure(ctx context.Context, err error, order pushOrder) error {
	switch {
	case errors.Is(context.Cause(ctx), errStalled):
		return protocol.Errorf(protocol.ErrorKind_PUSH_FAILED,
			"the push of %s made no progress for %s; check the engine's way to the registry", order.ref, order.inactivity)
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errdefs.IsNotFound(err) || strings.Contains(err.Error(), "does not exist locally"):
		return protocol.Errorf(protocol.ErrorKind_IMAGE_NOT_FOUND, "the engine at %s has no image %s to push: %w; build, pull or tag it there first", order.host, order.ref, err)
	}
	switch kind := pullKind(err); kind {
	case protocol.ErrorKind_PULL_DENIED, protocol.ErrorKind_IMAGE_NOT_FOUND:
		return protocol.Errorf(protocol.ErrorKind_PUSH_DENIED,
			"the registry denied the push of %s: %w; give a login that may write there", order.ref, err)
	case protocol.ErrorKind_REGISTRY_UNREACHABLE:
		return protocol.Errorf(kind, "the engine at %s cannot reach the registry of %s: %w; "+
			"check the image's name and the engine's network and proxy", order.host, order.ref, err)
	case protocol.ErrorKind_PULL_FAILED:
		return protocol.Errorf(protocol.ErrorKind_PUSH_FAILED, "push %s: %w", order.ref, err)
	}
	return engine.Failure(err, order.host, "push "+order.ref)
}
