// Package build builds images: with BuildKit inside an engine, or with the
// builder of engines that have none. Of this module it imports plugin/engine,
// plugin/logs and protocol.
package build

import (
	"context"
	"errors"
	"io"
	"net"
	"time"

	"github.com/docker/docker/api/types/build"
	"github.com/docker/docker/api/types/registry"
	"github.com/docker/go-units"

	"airdock.dev/airdock/plugin/engine"
	"airdock.dev/airdock/protocol"
)

// API is what a build needs of an engine.
type API interface {
	ClientVersion() string
	Hijack(ctx context.Context, path, protocol string, headers map[string][]string) (net.Conn, error)
	ImageBuild(ctx context.Context, content io.Reader, options build.ImageBuildOptions) (build.ImageBuildResponse, error)
}

// Logins finds the logins of registries.
type Logins interface {
	// Login is for one registry, by its host and port.
	Login(server string) (registry.AuthConfig, error)
	// All is what is known, by the names that the classic builder expects.
	All() (map[string]registry.AuthConfig, error)
}

// Build is one build. Its fields are set once, before Run.
type Build struct {
	API     API
	Host    string
	Timeout time.Duration
	// BuildKit says that the engine has it.
	BuildKit bool
	Spec     *protocol.BuildRequest
	Logins   Logins
	// ImageFailure finds the kind of an error that is about a base image.
	ImageFailure func(err error, ref string) error
	// Send takes the events, one at a time.
	Send func(*protocol.Event) error

	input   *input
	secrets map[string][]byte
	steps   *steps
	sent    counter
}

// Run returns the image. When its context ends, so does the build on the engine.
func (b *Build) Run(ctx context.Context) (*protocol.BuildResult, error) {
	began := time.Now()
	var err error
	if b.input, err = openInput(b.Spec); err != nil {
		return nil, err
	}
	if b.secrets, err = readSecrets(b.Spec.GetSecrets()); err != nil {
		return nil, err
	}
	b.steps = newSteps(b.Send, newMask(b.secrets))
	result, err := b.build(ctx)
	if err != nil {
		return nil, b.steps.mask.failure(err)
	}
	result.Tags = b.Spec.GetTags()
	result.StepsCached, result.StepsBuilt = b.steps.count()
	result.ContextBytes = b.sent.Load()
	result.Seconds = time.Since(began).Seconds()
	return result, nil
}

// build chooses the builder. A proxy in front of an engine may let through the
// engine's word that it has BuildKit and not the calls of BuildKit.
func (b *Build) build(ctx context.Context) (*protocol.BuildResult, error) {
	wanted := b.Spec.GetBuilder()
	if wanted == protocol.Builder_BUILDER_CLASSIC || (wanted == protocol.Builder_BUILDER_AUTO && !b.BuildKit) {
		return b.classic(ctx)
	}
	if !b.BuildKit {
		return nil, protocol.Errorf(protocol.ErrorKind_BUILDER_UNSUPPORTED,
			"the engine at %s has no BuildKit; leave the builder out or choose classic", b.Host)
	}
	if err := b.checkBuildKit(); err != nil {
		return nil, err
	}
	dialCtx, cancel := context.WithTimeout(ctx, b.Timeout)
	conn, err := b.API.Hijack(dialCtx, "/grpc", "h2c", nil)
	cancel()
	switch {
	case err == nil:
		return b.buildkit(ctx, conn)
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case errors.Is(err, engine.ErrNotUpgraded) && wanted == protocol.Builder_BUILDER_AUTO:
		return b.classic(ctx)
	}
	return nil, engine.Failure(err, b.Host, "connect to BuildKit")
}

// shmSize is in bytes; 0 is the engine's own.
func shmSize(spec *protocol.BuildRequest) (int64, error) {
	if spec.GetShmSize() == "" {
		return 0, nil
	}
	bytes, err := units.RAMInBytes(spec.GetShmSize())
	if err != nil {
		return 0, invalid("shm_size %q is no size: give bytes, or a number with b, k, m, g or t", spec.GetShmSize())
	}
	return bytes, nil
}

func invalid(format string, args ...any) error {
	return protocol.Errorf(protocol.ErrorKind_INVALID_REQUEST, format, args...)
}
