package build

import (
	"bytes"
	"context"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"

	cli "github.com/docker/cli/cli/command/image/build"
	"github.com/docker/docker/api/types/build"
	"github.com/moby/go-archive"
	"github.com/moby/go-archive/compression"
	"github.com/moby/patternmatcher/ignorefile"

	"airdock.dev/airdock/plugin/engine"
	"airdock.dev/airdock/protocol"
)

// classic builds with POST /build, which takes the whole context as one tar.
func (b *Build) classic(ctx context.Context) (*protocol.BuildResult, error) {
	options, err := b.classicOptions()
	if err != nil {
		return nil, err
	}
	content, name, err := b.classicContext()
	if err != nil {
		return nil, err
	}
	defer content.Close()
	options.Dockerfile = name
	response, err := b.API.ImageBuild(ctx, countedReader{content, &b.sent}, *options)
	if err != nil {
		return nil, b.classicFailure(ctx, err, nil)
	}
	defer response.Body.Close()
	stream := &classicStream{steps: b.steps}
	if err := stream.read(response.Body); err != nil {
		return nil, b.classicFailure(ctx, err, stream)
	}
	return &protocol.BuildResult{ImageId: stream.image, Builder: protocol.Builder_BUILDER_CLASSIC}, nil
}

func (b *Build) classicOptions() (*build.ImageBuildOptions, error) {
	spec := b.Spec
	if len(spec.GetSecrets()) > 0 {
		return nil, protocol.Errorf(protocol.ErrorKind_BUILDER_UNSUPPORTED,
			"the classic builder knows no secrets (%v are given), and this build needs an engine with BuildKit", slices.Sorted(maps.Keys(spec.GetSecrets())))
	}
	if spec.GetInlineCache() {
		return nil, protocol.Errorf(protocol.ErrorKind_BUILDER_UNSUPPORTED,
			"the classic builder knows no inline_cache: its images can be given in cache_from as they are")
	}
	logins, err := b.Logins.All()
	if err != nil {
		return nil, err
	}
	options := &build.ImageBuildOptions{
		Version:     build.BuilderV1,
		Tags:        spec.GetTags(),
		Target:      spec.GetTarget(),
		Labels:      spec.GetLabels(),
		Platform:    spec.GetPlatform(),
		NoCache:     spec.GetNoCache(),
		PullParent:  spec.GetPull(),
		CacheFrom:   spec.GetCacheFrom(),
		NetworkMode: spec.GetNetworkMode(),
		ExtraHosts:  spec.GetExtraHosts(),
		Remove:      true,
		ForceRemove: true,
		AuthConfigs: logins,
		BuildArgs:   map[string]*string{},
	}
	for name, value := range spec.GetBuildArgs() {
		options.BuildArgs[name] = &value
	}
	options.ShmSize, err = shmSize(spec)
	return options, err
}

// classicContext is the tar, and the Dockerfile's name in it. A Dockerfile that
// lies elsewhere is put into it under a name that no COPY takes along.
func (b *Build) classicContext() (io.ReadCloser, string, error) {
	in := b.input
	switch {
	case in.tar != "":
		file, err := os.Open(in.tar)
		if err != nil {
			return nil, "", protocol.Errorf(protocol.ErrorKind_CONTEXT_UNREADABLE, "the build context %s cannot be read: %w", in.tar, reason(err))
		}
		if in.inTar {
			return file, in.dockerfile, nil
		}
		plain, err := compression.DecompressStream(file)
		if err != nil {
			_ = file.Close()
			return nil, "", protocol.Errorf(protocol.ErrorKind_CONTEXT_UNREADABLE, "the build context %s is no tar: %w", in.tar, err)
		}
		return b.withDockerfile(plain)
	case in.folder == "":
		return b.withDockerfile(io.NopCloser(bytes.NewReader(make([]byte, emptyTar))))
	}
	return b.folderContext()
}

// emptyTar is the length of a tar of nothing: two blocks of zeros.
const emptyTar = 1024

func (b *Build) folderContext() (io.ReadCloser, string, error) {
	in := b.input
	unreadable := func(err error) error {
		return protocol.Errorf(protocol.ErrorKind_CONTEXT_UNREADABLE,
			"the build context %s: %w; mend it or exclude it in .dockerignore", in.folder, err)
	}
	excludes, err := b.excludes()
	if err != nil {
		return nil, "", unreadable(err)
	}
	name, within := b.dockerfileWithin()
	excludes = cli.TrimBuildFilesFromExcludes(excludes, name, !within)
	// The archiver leaves out what it cannot read, without a word to us.
	if err := cli.ValidateContextDirectory(in.folder, excludes); err != nil {
		return nil, "", unreadable(err)
	}
	content, err := archive.TarWithOptions(in.folder, &archive.TarOptions{
		ExcludePatterns: excludes,
		ChownOpts:       &archive.ChownOpts{},
	})
	if err != nil {
		return nil, "", unreadable(err)
	}
	if within {
		return content, name, nil
	}
	return b.withDockerfile(content)
}

// excludes are BuildKit's rules: the ignore file of the Dockerfile's own name
// takes the place of the folder's.
func (b *Build) excludes() ([]string, error) {
	if b.input.ignore != nil {
		return ignorefile.ReadAll(bytes.NewReader(b.input.ignore))
	}
	return cli.ReadDockerignore(b.input.folder)
}

// dockerfileWithin says whether the Dockerfile is a file of the context, and its
// name there.
func (b *Build) dockerfileWithin() (string, bool) {
	switch given := b.Spec.GetDockerfile().(type) {
	case *protocol.BuildRequest_DockerfileInline:
		return "", false
	case *protocol.BuildRequest_DockerfilePath:
		name := given.DockerfilePath
		if filepath.IsAbs(name) {
			folder, err := filepath.Abs(b.input.folder)
			if err != nil {
				return "", false
			}
			if name, err = filepath.Rel(folder, name); err != nil {
				return "", false
			}
		}
		return filepath.ToSlash(filepath.Clean(name)), filepath.IsLocal(name)
	}
	return defaultDockerfile, true
}

func (b *Build) withDockerfile(content io.ReadCloser) (io.ReadCloser, string, error) {
	return cli.AddDockerfileToBuildContext(io.NopCloser(bytes.NewReader(b.input.content)), content)
}

func (b *Build) classicFailure(ctx context.Context, err error, stream *classicStream) error {
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case stream != nil && stream.said != nil:
		return b.explain(stream.said.Message, excerpt(err, b.input, stream.said.Message, b.steps.failure()))
	case engine.IsLost(err):
		return engine.Failure(err, b.Host, "build")
	}
	// A request that is refused at once is mostly a Dockerfile that cannot be read.
	if text := plain(err); kindOf(text, nil) != protocol.ErrorKind_BUILD_FAILED {
		return b.explain(text, excerpt(err, b.input, text, nil))
	}
	return engine.Failure(err, b.Host, "build")
}

type countedReader struct {
	io.Reader
	sent *counter
}

func (c countedReader) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.sent.Add(int64(n))
	return n, err
}
