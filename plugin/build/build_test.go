package build

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/docker/docker/api/types/build"
	"github.com/docker/docker/api/types/registry"
	"github.com/moby/buildkit/session/auth"

	"airdock.dev/airdock/plugin/engine"
	"airdock.dev/airdock/protocol"
)

type fakeAPI struct {
	version string
	hijack  func(ctx context.Context) (net.Conn, error)
	build   func(options build.ImageBuildOptions, content io.Reader) (string, error)
}

func (f *fakeAPI) ClientVersion() string { return f.version }

func (f *fakeAPI) Hijack(ctx context.Context, _, _ string, _ map[string][]string) (net.Conn, error) {
	return f.hijack(ctx)
}

func (f *fakeAPI) ImageBuild(_ context.Context, content io.Reader, options build.ImageBuildOptions) (build.ImageBuildResponse, error) {
	answer, err := f.build(options, content)
	return build.ImageBuildResponse{Body: io.NopCloser(strings.NewReader(answer))}, err
}

type fakeLogins struct{ err error }

func (l fakeLogins) Login(string) (registry.AuthConfig, error) {
	return registry.AuthConfig{Username: "user", Password: "password"}, l.err
}

func (l fakeLogins) All() (map[string]registry.AuthConfig, error) { return nil, l.err }

func job(api *fakeAPI, spec *protocol.BuildRequest) *Build {
	return &Build{
		API: api, Host: "tcp://engine:2376", Timeout: time.Second, BuildKit: true, Spec: spec, Logins: fakeLogins{},
		ImageFailure: func(err error, ref string) error {
			return protocol.Errorf(protocol.ErrorKind_IMAGE_NOT_FOUND, "%s: %w", ref, err)
		},
		Send: (&told{}).send,
	}
}

func inlineSpec(text string) *protocol.BuildRequest {
	return &protocol.BuildRequest{Dockerfile: &protocol.BuildRequest_DockerfileInline{DockerfileInline: text}}
}

// TestClassicWhereBuildKitIsNotLetThrough: a proxy may pass the ping, which
// praises BuildKit, and refuse BuildKit's calls.
func TestClassicWhereBuildKitIsNotLetThrough(t *testing.T) {
	t.Parallel()
	api := &fakeAPI{
		version: "1.41",
		hijack: func(context.Context) (net.Conn, error) {
			return nil, errors.Join(engine.ErrNotUpgraded, errors.New("403"))
		},
		build: func(options build.ImageBuildOptions, _ io.Reader) (string, error) {
			if options.Version != build.BuilderV1 {
				t.Errorf("builder version %q", options.Version)
			}
			return `{"stream":"Step 1/1 : FROM bash"}{"aux":{"ID":"sha256:ab"}}`, nil
		},
	}
	result, err := job(api, inlineSpec("FROM bash")).Run(t.Context())
	if err != nil || result.GetImageId() != "sha256:ab" || result.GetBuilder() != protocol.Builder_BUILDER_CLASSIC {
		t.Errorf("%v, %v", result, err)
	}
	spec := inlineSpec("FROM bash")
	spec.Builder = protocol.Builder_BUILDER_BUILDKIT
	if _, err := job(api, spec).Run(t.Context()); kindIn(err) != protocol.ErrorKind_ENGINE_ERROR {
		t.Errorf("with BuildKit asked for: %v", err)
	}
}

func TestWhatABuilderCannotDoIsRefused(t *testing.T) {
	t.Parallel()
	api := &fakeAPI{version: "1.41"}
	secret := map[string]*protocol.Secret{"token": {Source: &protocol.Secret_Value{Value: []byte("value")}}}
	classic, buildkit := protocol.Builder_BUILDER_CLASSIC, protocol.Builder_BUILDER_BUILDKIT
	for name, spec := range map[string]*protocol.BuildRequest{
		"secrets":         {Builder: classic, Secrets: secret},
		"inline cache":    {Builder: classic, InlineCache: true},
		"a network":       {Builder: buildkit, NetworkMode: "mine"},
		"shm_size on old": {Builder: buildkit, ShmSize: "64m"},
	} {
		spec.Dockerfile = inlineSpec("FROM bash").GetDockerfile()
		if _, err := job(api, spec).Run(t.Context()); kindIn(err) != protocol.ErrorKind_BUILDER_UNSUPPORTED {
			t.Errorf("%s: %v", name, err)
		}
	}
	none := job(api, inlineSpec("FROM bash"))
	none.BuildKit, none.Spec.Builder = false, buildkit
	if _, err := none.Run(t.Context()); kindIn(err) != protocol.ErrorKind_BUILDER_UNSUPPORTED {
		t.Errorf("BuildKit that is not there: %v", err)
	}
}

func TestABuildThatIsCancelledSaysWhy(t *testing.T) {
	t.Parallel()
	why := protocol.Errorf(protocol.ErrorKind_STOPPED, "the build was stopped")
	ctx, cancel := context.WithCancelCause(t.Context())
	api := &fakeAPI{version: "1.41", hijack: func(ctx context.Context) (net.Conn, error) {
		cancel(why)
		<-ctx.Done()
		return nil, context.Cause(ctx)
	}}
	if _, err := job(api, inlineSpec("FROM bash")).Run(ctx); kindIn(err) != protocol.ErrorKind_STOPPED {
		t.Errorf("%v", err)
	}
}

func TestCredentialsOfTheSession(t *testing.T) {
	t.Parallel()
	var failure error
	given := &credentials{logins: fakeLogins{}, fail: func(err error) { failure = err }}
	answer, err := given.Credentials(t.Context(), &auth.CredentialsRequest{Host: "registry:5000"})
	if err != nil || answer.GetUsername() != "user" || answer.GetSecret() != "password" {
		t.Errorf("%v, %v", answer, err)
	}
	given.logins = fakeLogins{err: errors.New("no helper")}
	if _, err := given.Credentials(t.Context(), &auth.CredentialsRequest{Host: "registry:5000"}); err == nil || failure == nil {
		t.Errorf("a helper that fails: %v, %v", err, failure)
	}
}

func TestAttributesOfTheFrontend(t *testing.T) {
	t.Parallel()
	b := job(&fakeAPI{version: "1.43"}, &protocol.BuildRequest{
		BuildArgs: map[string]string{"A": "1"}, Labels: map[string]string{"l": "v"}, Target: "t", Platform: "linux/arm64",
		NoCache: true, Pull: true, NetworkMode: "none", ExtraHosts: []string{"h:1.2.3.4"}, ShmSize: "1m",
	})
	b.input = &input{dockerfile: "Dockerfile"}
	got, err := b.frontendAttrs()
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"filename": "Dockerfile", "build-arg:A": "1", "label:l": "v", "target": "t", "platform": "linux/arm64", "no-cache": "",
		"image-resolve-mode": "pull", "force-network-mode": "none", "add-hosts": "h=1.2.3.4", "shm-size": "1048576",
	} {
		if value, set := got[name]; !set || value != want {
			t.Errorf("%s is %q (%t), want %q", name, value, set, want)
		}
	}
	if len(got) != 10 {
		t.Errorf("%d attributes: %v", len(got), got)
	}
}
