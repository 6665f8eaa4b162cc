package volume

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/mount"

	"airdock.dev/airdock/plugin/volume/talk"
)

// API is what a session needs of an engine.
type API interface {
	ClientVersion() string
	ServerVersion(ctx context.Context) (types.Version, error)
	CreateContainer(ctx context.Context, name, platform string, body []byte) (container.CreateResponse, error)
	ContainerStart(ctx context.Context, id string, options container.StartOptions) error
	LoadImage(ctx context.Context, archive io.Reader) error
	Hijack(ctx context.Context, path, protocol string, headers map[string][]string) (net.Conn, error)
}

// createBody is the request for the helper's container. Nothing but the volume is
// in its reach, and the engine removes it when it ends.
func createBody(order Order, version string, network container.NetworkMode) ([]byte, error) {
	return json.Marshal(struct {
		*container.Config
		HostConfig *container.HostConfig
	}{
		&container.Config{
			Image:        imageName + ":" + version,
			Labels:       order.Labels,
			User:         "0:0",
			AttachStdin:  true,
			AttachStdout: true,
			AttachStderr: true,
			OpenStdin:    true,
			StdinOnce:    true,
		},
		&container.HostConfig{
			AutoRemove:     true,
			NetworkMode:    network,
			ReadonlyRootfs: true,
			CapDrop:        []string{"ALL"},
			CapAdd:         []string{"CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID"},
			SecurityOpt:    []string{"no-new-privileges"},
			LogConfig:      container.LogConfig{Type: "none"},
			Mounts: []mount.Mount{{
				Type:          mount.TypeVolume,
				Source:        order.Volume,
				Target:        talk.Mount,
				ReadOnly:      order.ReadOnly,
				VolumeOptions: &mount.VolumeOptions{NoCopy: true},
			}},
		},
	})
}

// Create makes a helper's container and returns its id. It loads the image first
// where the engine does not have it.
func Create(ctx context.Context, api API, order Order) (string, error) {
	// Most engines have it, and for the kind of machine that this is: to ask which
	// it is takes the engine longer than the create itself.
	if helper, err := findProgram(runtime.GOARCH); err == nil {
		if id, err := createOnce(ctx, api, order, helper.version); !isImageMissing(err) {
			return id, err
		}
	}
	engine, err := api.ServerVersion(ctx)
	if err != nil {
		return "", err
	}
	helper, err := findProgram(engine.Arch)
	if err != nil {
		return "", err
	}
	if id, err := createOnce(ctx, api, order, helper.version); !isImageMissing(err) {
		return id, err
	}
	archive, err := imageArchive(helper, engine.Arch)
	if err != nil {
		return "", err
	}
	if err := api.LoadImage(ctx, bytes.NewReader(archive)); err != nil {
		return "", fmt.Errorf("load the helper's image: %w", err)
	}
	return createOnce(ctx, api, order, helper.version)
}

func isImageMissing(err error) bool {
	return errdefs.IsNotFound(err) && strings.Contains(strings.ToLower(err.Error()), "no such image")
}

// createOnce asks for the host's network first. The helper uses none and has no
// capability for one, but a network of its own, even an empty one, makes the
// engine start another program first: 0.1 s, which is much of what a put takes.
func createOnce(ctx context.Context, api API, order Order, version string) (string, error) {
	made, err := createWith(ctx, api, order, version, "host")
	// An engine with user namespaces gives nobody the host's.
	if err != nil && strings.Contains(err.Error(), "user namespaces") {
		made, err = createWith(ctx, api, order, version, "none")
	}
	return made, err
}

func createWith(ctx context.Context, api API, order Order, version string, network container.NetworkMode) (string, error) {
	body, err := createBody(order, version, network)
	if err != nil {
		return "", err
	}
	made, err := api.CreateContainer(ctx, order.Name, "", body)
	return made.ID, err
}
