package plugin

import (
	"bytes"
	"context"
	"errors"
	"io"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/network"
	"github.com/moby/sys/user"

	"airdock.dev/airdock/plugin/engine"
)

// maxPasswd bounds what is read of a container's passwd and group files.
const maxPasswd = 1 << 20

type prepareAPI interface {
	fetchAPI
	NetworkConnect(ctx context.Context, network, container string, config *network.EndpointSettings) error
	PutArchive(ctx context.Context, container, path string, write func(io.Writer) error) error
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
	return r.putFiles(ctx, made)
}

// containerUsers knows the users of a container, from its own passwd and group
// files, which are read when they are needed first.
type containerUsers struct {
	r             *runner
	id            string
	passwd, group []byte
	read          bool
}

// ids returns the numbers of a user, as "USER[:GROUP]"; an empty one is root.
func (u *containerUsers) ids(ctx context.Context, name string) (uid, gid int, err error) {
	if name == "" {
		return 0, 0, nil
	}
	if !u.read {
		u.passwd, u.group, u.read = u.r.textFile(ctx, u.id, "/etc/passwd"), u.r.textFile(ctx, u.id, "/etc/group"), true
	}
	found, err := user.GetExecUser(name, nil, bytes.NewReader(u.passwd), bytes.NewReader(u.group))
	if err != nil {
		return 0, 0, err
	}
	return found.Uid, found.Gid, nil
}

// textFile reads a small file of a container. One that is missing is empty, as
// in an image without users.
func (r *runner) textFile(ctx context.Context, id, name string) []byte {
	ctx, cancel := r.within(ctx)
	defer cancel()
	var content []byte
	err := r.readFile(ctx, id, name, maxPasswd, func(piece []byte) error {
		content = append(content, piece...)
		return nil
	})
	if err != nil && !errors.Is(err, errNoFile) {
		r.log.Warn("a file of the image cannot be read", "file", name, "error", err)
	}
	return content
}

// inspect describes the container that was just made.
func (r *runner) inspect(ctx context.Context, id string) (container.InspectResponse, error) {
	ctx, cancel := r.within(ctx)
	defer cancel()
	found, err := r.api.ContainerInspect(ctx, id)
	return found, engine.Failure(err, r.host, "inspect container")
}
