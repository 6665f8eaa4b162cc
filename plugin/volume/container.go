package volume

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
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
func createBody(order Order, version string) ([]byte, error) {
	yes := true
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
			NetworkMode:    "none",
			ReadonlyRootfs: true,
			Init:           new(bool),
			CapDrop:        []string{"ALL"},
			CapAdd:         []string{"CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID"},
			SecurityOpt:    []string{"no-new-privileges"},
			OomScoreAdj:    0,
			LogConfig:      container.LogConfig{Type: "none"},
			Mounts: []mount.Mount{{
				Type:          mount.TypeVolume,
				Source:        order.Volume,
				Target:        talk.Mount,
				ReadOnly:      order.ReadOnly,
				VolumeOptions: &mount.VolumeOptions{NoCopy: yes},
			}},
		},
	})
}

// create makes the container, and loads its image first where the engine does not
// have it.
func create(ctx context.Context, api API, order Order) (string, error) {
	engine, err := api.ServerVersion(ctx)
	if err != nil {
		return "", err
	}
	content, version, err := program(engine.Arch)
	if err != nil {
		return "", err
	}
	body, err := createBody(order, version)
	if err != nil {
		return "", err
	}
	made, err := api.CreateContainer(ctx, order.Name, "", body)
	if !errdefs.IsNotFound(err) || !strings.Contains(strings.ToLower(err.Error()), "no such image") {
		return made.ID, err
	}
	archive, err := imageArchive(content, engine.Arch, version)
	if err != nil {
		return "", err
	}
	if err := api.LoadImage(ctx, bytes.NewReader(archive)); err != nil {
		return "", fmt.Errorf("load the helper's image: %w", err)
	}
	made, err = api.CreateContainer(ctx, order.Name, "", body)
	return made.ID, err
}
