package plugin

import (
	"context"
	"errors"
	"strings"

	"github.com/containerd/errdefs"

	"airdock.dev/airdock/plugin/engine"
	"airdock.dev/airdock/protocol"
)

// pullWords are how engines 20.10 to 28 word the failures of a pull. They have
// nothing but a sentence for it, with status 404 or 500 or inside the stream.
// The first row that has a word of the sentence decides.
var pullWords = []struct {
	kind  protocol.ErrorKind
	words []string
}{
	// Docker Hub says so of an image that does not exist as well.
	{protocol.ErrorKind_IMAGE_NOT_FOUND, []string{
		"repository does not exist", "manifest unknown", "name unknown", "no matching manifest", "not found: manifest"}},
	{protocol.ErrorKind_PULL_DENIED, []string{
		"unauthorized", "authentication required", "no basic auth credentials", "incorrect username or password", "denied:", "access forbidden"}},
	{protocol.ErrorKind_REGISTRY_UNREACHABLE, []string{
		"dial tcp", "no such host", "connection refused", "i/o timeout", "tls handshake", "network is unreachable",
		"no route to host", "request canceled while waiting", "server misbehaving", "x509:", "http response to https client",
		"context deadline exceeded", "toomanyrequests", "unexpected http status: 5", "unexpected eof"}},
}

// pullFailure finds the kind of a failed pull and says what to do.
func pullFailure(ctx context.Context, err error, order pullOrder) error {
	switch {
	case errors.Is(context.Cause(ctx), errStalled):
		return protocol.Errorf(protocol.ErrorKind_PULL_STALLED,
			"the pull of %s made no progress for %s; check the engine's way to the registry", order.ref, order.inactivity)
	case ctx.Err() != nil:
		return context.Cause(ctx)
	}
	switch kind := pullKind(err); kind {
	case protocol.ErrorKind_PULL_DENIED:
		return protocol.Errorf(kind, "the registry denied the pull of %s: %w; give a login that may read it", order.ref, err)
	case protocol.ErrorKind_IMAGE_NOT_FOUND:
		return protocol.Errorf(kind, "the image %s does not exist in its registry, or needs a login: %w; check its name and tag, or give a login", order.ref, err)
	case protocol.ErrorKind_REGISTRY_UNREACHABLE:
		return protocol.Errorf(kind, "the engine at %s cannot reach the registry of %s: %w; "+
			"check the image's name and the engine's network, proxy and mirror", order.host, order.ref, err)
	case protocol.ErrorKind_PULL_FAILED:
		return protocol.Errorf(kind, "pull %s: %w", order.ref, err)
	default:
		return engine.Failure(err, order.host, "pull "+order.ref)
	}
}

func pullKind(err error) protocol.ErrorKind {
	text := strings.ToLower(err.Error())
	for _, row := range pullWords {
		for _, word := range row.words {
			if strings.Contains(text, word) {
				return row.kind
			}
		}
	}
	switch {
	case errdefs.IsNotFound(err):
		return protocol.ErrorKind_IMAGE_NOT_FOUND
	case engine.IsLost(err):
		return protocol.ErrorKind_ENGINE_LOST
	case errdefs.IsInvalidArgument(err):
		return protocol.ErrorKind_INVALID_REQUEST
	default:
		return protocol.ErrorKind_PULL_FAILED
	}
}
