package plugin

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/pkg/jsonmessage"

	"airdock.dev/airdock/plugin/engine"
	"airdock.dev/airdock/protocol"
)

// progressInterval bounds how often a pull is reported.
const progressInterval = 100 * time.Millisecond

type pullAPI interface {
	ImagePull(ctx context.Context, ref string, options image.PullOptions) (io.ReadCloser, error)
}

// pull fetches an image and reports its progress. An error that the engine
// reports inside its answer, after status 200, is an error here.
func pull(ctx context.Context, api pullAPI, host, ref string, out sink) error {
	body, err := api.ImagePull(ctx, ref, image.PullOptions{})
	if err != nil {
		return pullFailure(ctx, err, host, ref)
	}
	defer body.Close()
	progress := &pullProgress{event: &protocol.PullProgress{Image: ref}, out: out, layers: map[string]*layer{}}
	decoder := json.NewDecoder(body)
	for {
		var message jsonmessage.JSONMessage
		if err := decoder.Decode(&message); errors.Is(err, io.EOF) {
			return progress.finish()
		} else if err != nil {
			return pullFailure(ctx, err, host, ref)
		}
		if message.Error != nil {
			return pullFailure(ctx, message.Error, host, ref)
		}
		if err := progress.add(&message); err != nil {
			return err
		}
	}
}

// layer is the state of one layer of a pull, in bytes.
type layer struct {
	current, total int64
	done           bool
}

// pullProgress sums the progress of the layers.
type pullProgress struct {
	event  *protocol.PullProgress
	out    sink
	layers map[string]*layer
	sent   time.Time
}

func (p *pullProgress) add(message *jsonmessage.JSONMessage) error {
	if message.ID == "" || strings.HasPrefix(message.Status, "Pulling from ") {
		p.event.Status = message.Status
		return nil
	}
	l := p.layers[message.ID]
	if l == nil {
		l = &layer{}
		p.layers[message.ID] = l
	}
	switch message.Status {
	case "Downloading":
		if message.Progress != nil {
			l.current, l.total = message.Progress.Current, max(l.total, message.Progress.Total)
		}
	case "Download complete":
		l.current = l.total
	case "Pull complete", "Already exists":
		l.current, l.done = l.total, true
	}
	if time.Since(p.sent) < progressInterval {
		return nil
	}
	return p.send()
}

func (p *pullProgress) finish() error {
	p.event.Done = true
	return p.send()
}

func (p *pullProgress) send() error {
	p.sent = time.Now()
	p.event.Layers, p.event.LayersDone, p.event.Bytes, p.event.BytesTotal = int32(len(p.layers)), 0, 0, 0
	for _, l := range p.layers {
		p.event.Bytes += l.current
		p.event.BytesTotal += l.total
		if l.done {
			p.event.LayersDone++
		}
	}
	return p.out(&protocol.Event{Event: &protocol.Event_PullProgress{PullProgress: p.event}})
}

// pullFailure finds the kind of a failed pull. Most of the time the engine
// gives nothing but a sentence, with status 404 or 500, or inside the stream;
// the words below are those of engines 20.10 to 28.
func pullFailure(ctx context.Context, err error, host, ref string) error {
	text := strings.ToLower(err.Error())
	contains := func(words ...string) bool {
		for _, word := range words {
			if strings.Contains(text, word) {
				return true
			}
		}
		return false
	}
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case contains("unauthorized", "authentication required", "no basic auth credentials", "incorrect username or password", "denied: ") &&
		!contains("repository does not exist"):
		return protocol.Errorf(protocol.ErrorKind_PULL_DENIED,
			"the registry denied the pull of %s: %w; give credentials that may read it", ref, err)
	case contains("manifest unknown", "repository does not exist", "name unknown", "not found: manifest", "no matching manifest") ||
		(errdefs.IsNotFound(err) && contains("not found")):
		return protocol.Errorf(protocol.ErrorKind_IMAGE_NOT_FOUND,
			"the image %s does not exist in its registry, or needs a login: %w", ref, err)
	case contains("dial tcp", "no such host", "connection refused", "i/o timeout", "tls handshake timeout",
		"network is unreachable", "no route to host", "request canceled while waiting", "server misbehaving",
		"x509:", "http response to https client", "context deadline exceeded", "toomanyrequests", "received unexpected http status: 5"):
		return protocol.Errorf(protocol.ErrorKind_REGISTRY_UNREACHABLE,
			"the engine at %s cannot reach the registry of %s: %w; check the image's name and the engine's network, proxy and mirror", host, ref, err)
	case engine.IsLost(err):
		return engine.Failure(err, host, "pull "+ref)
	case errdefs.IsNotFound(err):
		return protocol.Errorf(protocol.ErrorKind_IMAGE_NOT_FOUND, "the image %s does not exist: %w", ref, err)
	case errdefs.IsInvalidArgument(err):
		return protocol.Errorf(protocol.ErrorKind_INVALID_REQUEST, "pull %s: %w", ref, err)
	default:
		return protocol.Errorf(protocol.ErrorKind_PULL_FAILED, "pull %s: %w", ref, err)
	}
}
