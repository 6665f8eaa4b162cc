package plugin

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"io"
	"path"
	"strings"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/network"
	"github.com/moby/sys/user"

	"airdock.dev/airdock/plugin/engine"
	"airdock.dev/airdock/protocol"
)

// maxPasswd bounds what is read of a container's passwd and group files.
const maxPasswd = 1 << 20

type prepareAPI interface {
	NetworkConnect(ctx context.Context, network, container string, config *network.EndpointSettings) error
	CopyToContainer(ctx context.Context, container, path string, content io.Reader, options container.CopyToContainerOptions) error
	CopyFromContainer(ctx context.Context, container, path string) (io.ReadCloser, container.PathStat, error)
}

// prepare does what a created container needs before it starts: its further
// networks and its files.
func (r *runner) prepare(ctx context.Context, made *created) error {
	for _, n := range r.spec.GetContainer().GetNetworks()[min(1, len(r.spec.GetContainer().GetNetworks())):] {
		callCtx, cancel := r.within(ctx)
		err := r.api.NetworkConnect(callCtx, n.GetName(), made.id, endpoint(n))
		cancel()
		if err != nil {
			return r.networkFailure(err, n.GetName())
		}
	}
	if len(r.spec.GetFiles()) == 0 {
		return nil
	}
	callCtx, cancel := r.within(ctx)
	defer cancel()
	uid, gid, err := r.owner(callCtx, made.id)
	if err != nil {
		return err
	}
	archive, err := archiveOf(r.spec.GetFiles(), uid, gid)
	if err != nil {
		return err
	}
	if err := r.api.CopyToContainer(callCtx, made.id, "/", archive, container.CopyToContainerOptions{}); err != nil {
		return engine.Failure(err, r.host, "put files into the container")
	}
	return nil
}

// archiveOf makes the tar that PUT /containers/ID/archive takes, in memory: the
// request that brought the files is there, too.
func archiveOf(files []*protocol.File, uid, gid int) (io.Reader, error) {
	var archive bytes.Buffer
	writer := tar.NewWriter(&archive)
	for _, file := range files {
		if !path.IsAbs(file.GetPath()) || path.Clean(file.GetPath()) == "/" {
			return nil, invalid("a file for the container needs an absolute path, and %q is none", file.GetPath())
		}
		header := &tar.Header{
			Typeflag: tar.TypeReg,
			Name:     strings.TrimPrefix(path.Clean(file.GetPath()), "/"),
			Size:     int64(len(file.GetContent())),
			Mode:     int64(file.GetMode()),
			Uid:      uid,
			Gid:      gid,
			ModTime:  time.Now(),
		}
		if err := writer.WriteHeader(header); err != nil {
			return nil, invalid("file %s: %w", file.GetPath(), err)
		}
		if _, err := writer.Write(file.GetContent()); err != nil {
			return nil, err
		}
	}
	return &archive, writer.Close()
}

// owner returns the ids of the user that the container will run as, which its
// request, its image and the image's passwd file decide together.
func (r *runner) owner(ctx context.Context, id string) (uid, gid int, err error) {
	inspected, err := r.api.ContainerInspect(ctx, id)
	if err != nil {
		return 0, 0, engine.Failure(err, r.host, "inspect container")
	}
	name := inspected.Config.User
	if name == "" {
		return 0, 0, nil
	}
	found, err := user.GetExecUser(name, nil, r.textFile(ctx, id, "/etc/passwd"), r.textFile(ctx, id, "/etc/group"))
	if err != nil {
		return 0, 0, invalid("the container's user %q: %w", name, err)
	}
	return found.Uid, found.Gid, nil
}

// textFile reads a small file of a container. One that is missing is empty, as
// in an image without users.
func (r *runner) textFile(ctx context.Context, id, name string) io.Reader {
	var content bytes.Buffer
	err := r.readFile(ctx, id, name, maxPasswd, func(piece []byte) error {
		content.Write(piece)
		return nil
	})
	if err != nil && !errors.Is(err, errNoFile) {
		r.log.Warn("a file of the image cannot be read", "file", name, "error", err)
	}
	return &content
}
