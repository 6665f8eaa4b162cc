package build

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/docker/docker/api/types/versions"
	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/session/secrets/secretsprovider"
	"github.com/moby/buildkit/session/upload/uploadprovider"
	"github.com/moby/buildkit/util/staticfs"
	"github.com/tonistiigi/fsutil"
	"golang.org/x/sync/errgroup"

	"airdock.dev/airdock/protocol"
)

const (
	// cancelGrace is how long a cancelled build may take to end by itself before
	// its connections are closed.
	cancelGrace = time.Second
	// apiWithShmSize is the API of the first engine whose BuildKit heeds shm-size.
	apiWithShmSize = "1.42"

	digestKey       = "containerimage.digest"
	configDigestKey = "containerimage.config.digest"
)

// checkBuildKit refuses what BuildKit does not do, and what an older one would
// leave out without a word.
func (b *Build) checkBuildKit() error {
	unsupported := func(format string, args ...any) error {
		return protocol.Errorf(protocol.ErrorKind_BUILDER_UNSUPPORTED, format, args...)
	}
	switch mode := b.Spec.GetNetworkMode(); mode {
	case "", "default", "none", "host":
	default:
		return unsupported("BuildKit knows the networks default, none and host, and not %s; choose the classic builder for it", mode)
	}
	if b.Spec.GetShmSize() != "" && versions.LessThan(b.API.ClientVersion(), apiWithShmSize) {
		return unsupported("the BuildKit of this engine (API %s) does not heed shm_size; choose the classic builder or an engine from 23.0 on",
			b.API.ClientVersion())
	}
	return nil
}

// buildkit builds over a connection to BuildKit's own API.
func (b *Build) buildkit(ctx context.Context, conn net.Conn) (*protocol.BuildResult, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	options, err := b.solveOptions(cancel)
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	api, err := client.New(ctx, "", client.WithContextDialer(once(conn)), client.WithSessionDialer(b.dialSession))
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	defer api.Close()
	defer context.AfterFunc(ctx, func() {
		time.AfterFunc(cancelGrace, func() { _ = api.Close() })
	})()

	statuses := make(chan *client.SolveStatus)
	var response *client.SolveResponse
	var group errgroup.Group
	group.Go(func() error {
		var err error
		response, err = api.Solve(ctx, nil, *options, statuses)
		return err
	})
	group.Go(func() error {
		for status := range statuses {
			// The channel must be read to its end, or the build would hang.
			if err := b.steps.add(status); err != nil {
				cancel(err)
			}
		}
		return nil
	})
	if err := group.Wait(); err != nil {
		return nil, b.solveFailure(ctx, err)
	}
	result := &protocol.BuildResult{
		ImageId: response.ExporterResponse[digestKey],
		Builder: protocol.Builder_BUILDER_BUILDKIT,
	}
	// An engine that stores images by digest says two, elsewhere both are the id.
	if config := response.ExporterResponse[configDigestKey]; config != "" && config != result.ImageId {
		result.Digest = result.ImageId
	}
	return result, nil
}

// once gives out one connection. What grpc would dial anew is another BuildKit
// that knows nothing of this build.
func once(conn net.Conn) func(context.Context, string) (net.Conn, error) {
	var given atomic.Bool
	return func(context.Context, string) (net.Conn, error) {
		if given.Swap(true) {
			return nil, net.ErrClosed
		}
		return conn, nil
	}
}

func (b *Build) dialSession(ctx context.Context, protocol string, headers map[string][]string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, b.Timeout)
	defer cancel()
	conn, err := b.API.Hijack(ctx, "/session", protocol, headers)
	if err != nil {
		return nil, err
	}
	return countedConn{conn, &b.sent}, nil
}

// solveOptions are what `docker build` would send to BuildKit.
func (b *Build) solveOptions(fail func(error)) (*client.SolveOpt, error) {
	attrs, err := b.frontendAttrs()
	if err != nil {
		return nil, err
	}
	options := &client.SolveOpt{
		Frontend:      "dockerfile.v0",
		FrontendAttrs: attrs,
		// moby is the only exporter of the engine's own image store that all
		// engines since 20.10 have.
		Exports:   []client.ExportEntry{{Type: "moby", Attrs: map[string]string{}}},
		SharedKey: sharedKey(b.input),
		Session: []session.Attachable{
			&credentials{logins: b.Logins, fail: fail},
			secretsprovider.FromMap(b.secrets),
		},
		LocalMounts: map[string]fsutil.FS{},
	}
	if len(b.Spec.GetTags()) > 0 {
		// An empty name is an invalid one (20.10).
		options.Exports[0].Attrs["name"] = strings.Join(b.Spec.GetTags(), ",")
	}
	if b.Spec.GetNetworkMode() == "host" {
		options.AllowedEntitlements = []string{"network.host"}
	}
	for _, image := range b.Spec.GetCacheFrom() {
		options.CacheImports = append(options.CacheImports, client.CacheOptionsEntry{Type: "registry", Attrs: map[string]string{"ref": image}})
	}
	if b.Spec.GetInlineCache() {
		options.CacheExports = []client.CacheOptionsEntry{{Type: "inline"}}
	}
	return options, b.addContext(options, fail)
}

func (b *Build) addContext(options *client.SolveOpt, fail func(error)) error {
	in := b.input
	switch {
	case in.tar != "":
		file, err := os.Open(in.tar)
		if err != nil {
			return protocol.Errorf(protocol.ErrorKind_CONTEXT_UNREADABLE, "the build context %s cannot be read: %w", in.tar, reason(err))
		}
		upload := uploadprovider.New()
		options.FrontendAttrs["context"] = upload.Add(file)
		options.Session = append(options.Session, upload)
		if in.inTar {
			return nil
		}
		options.FrontendAttrs["dockerfilekey"] = "dockerfile"
	case in.folder != "":
		folder, err := fsutil.NewFS(in.folder)
		if err != nil {
			return protocol.Errorf(protocol.ErrorKind_CONTEXT_UNREADABLE, "the build context %s cannot be read: %w", in.folder, reason(err))
		}
		options.LocalMounts["context"] = &watchedFS{folder, in.folder, fail}
	default:
		options.LocalMounts["context"] = staticfs.NewFS()
	}
	options.LocalMounts["dockerfile"] = dockerfileFS(in)
	return nil
}

// sharedKey lets BuildKit compare a context with the last one of the same folder
// of the same machine, and be sent the difference alone. It compares sizes and
// times, which is why folders of two machines must not share one.
func sharedKey(in *input) string {
	name, err := os.Hostname()
	if err != nil || in.folder == "" {
		return ""
	}
	folder, err := filepath.Abs(in.folder)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256([]byte("airdock\n" + name + "\n" + folder))
	return hex.EncodeToString(sum[:])
}

// frontendAttrs are BuildKit's options of its Dockerfile frontend.
func (b *Build) frontendAttrs() (map[string]string, error) {
	spec := b.Spec
	attrs := map[string]string{"filename": b.input.dockerfile}
	set := func(name, value string) {
		if value != "" {
			attrs[name] = value
		}
	}
	set("target", spec.GetTarget())
	set("platform", spec.GetPlatform())
	set("force-network-mode", strings.TrimPrefix(spec.GetNetworkMode(), "default"))
	if spec.GetNoCache() {
		attrs["no-cache"] = ""
	}
	if spec.GetPull() {
		attrs["image-resolve-mode"] = "pull"
	}
	for name, value := range spec.GetBuildArgs() {
		attrs["build-arg:"+name] = value
	}
	for name, value := range spec.GetLabels() {
		attrs["label:"+name] = value
	}
	hosts, err := extraHosts(spec.GetExtraHosts())
	if err != nil {
		return nil, err
	}
	set("add-hosts", strings.Join(hosts, ","))
	size, err := shmSize(spec)
	if err != nil {
		return nil, err
	}
	if size != 0 {
		attrs["shm-size"] = fmt.Sprint(size)
	}
	return attrs, nil
}

// extraHosts makes NAME=IP of NAME:IP; an IPv6 address may stand in brackets.
func extraHosts(given []string) ([]string, error) {
	var hosts []string
	for _, entry := range given {
		name, address, found := strings.Cut(entry, ":")
		if eq := strings.IndexByte(entry, '='); eq >= 0 && (!found || eq < len(name)) {
			name, address, found = entry[:eq], entry[eq+1:], true
		}
		address = strings.TrimSuffix(strings.TrimPrefix(address, "["), "]")
		if !found || name == "" || net.ParseIP(address) == nil {
			return nil, invalid("the extra host %q is not NAME:IP", entry)
		}
		hosts = append(hosts, name+"="+address)
	}
	return hosts, nil
}
