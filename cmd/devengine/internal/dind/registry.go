package dind

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/volume"

	"airdock.dev/airdock/cmd/devengine/internal/engine"
	"airdock.dev/airdock/cmd/devengine/internal/image"
	"airdock.dev/airdock/cmd/devengine/internal/registry"
	"airdock.dev/airdock/cmd/devengine/internal/wait"
)

const (
	// publicRegistry is the registry's image where one can be pulled.
	publicRegistry = "registry:2"
	// ownRegistry is the name of the one made from Debian packages elsewhere.
	ownRegistry = "devengine-registry:latest"
	// registryStore is where either keeps its images.
	registryStore = "/var/lib/registry"
)

// ensureRegistry runs the mirror in the network of the engine's container, so
// that its address, 127.0.0.1 and the published port, is the same inside the
// engine and on this machine.
func (e *Engine) ensureRegistry(ctx context.Context) error {
	mirror := registry.Local(e.State.RegistryPort)
	if running, err := e.running(ctx, e.registryName()); err != nil || running && mirror.Ping(ctx) == nil {
		return err
	}
	if err := e.removeContainer(ctx, e.registryName()); err != nil {
		return err
	}
	reference, err := e.registryImage(ctx)
	if err != nil {
		return fmt.Errorf("find an image for the registry: %w", err)
	}
	config := &container.Config{
		Image:  reference,
		Labels: e.labels(),
		Env: []string{
			"REGISTRY_HTTP_ADDR=0.0.0.0:" + strconv.Itoa(e.State.RegistryPort),
			"REGISTRY_STORAGE_DELETE_ENABLED=true",
		},
	}
	host := &container.HostConfig{
		NetworkMode: container.NetworkMode("container:" + e.name()),
		Binds:       []string{e.registryVolume() + ":" + registryStore},
	}
	created, err := e.outer.ContainerCreate(ctx, config, host, nil, nil, e.registryName())
	if err != nil {
		return fmt.Errorf("create container %s: %w", e.registryName(), err)
	}
	if err := e.outer.ContainerStart(ctx, created.ID, container.StartOptions{}); err != nil {
		return fmt.Errorf("start container %s: %w", e.registryName(), err)
	}
	return e.waitRegistry(ctx, mirror)
}

func (e *Engine) waitRegistry(ctx context.Context, mirror registry.Registry) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	err := wait.Until(ctx, 50*time.Millisecond, func() (bool, error) {
		if mirror.Ping(ctx) == nil {
			return true, nil
		}
		running, err := e.running(ctx, e.registryName())
		if err == nil && !running {
			err = errors.New("it has ended")
		}
		return false, err
	})
	if err != nil {
		return fmt.Errorf("container %s: %w; the last lines of its log:\n%s", e.registryName(), err, e.log(context.WithoutCancel(ctx), e.registryName()))
	}
	return nil
}

// registryImage finds an image: one that the outer engine has, one that it can
// pull, or one made here.
func (e *Engine) registryImage(ctx context.Context) (string, error) {
	for _, reference := range []string{publicRegistry, ownRegistry} {
		there, err := engine.HasImage(ctx, e.outer, reference)
		if err != nil || there {
			return reference, err
		}
	}
	pulled := engine.Pull(ctx, e.outer, publicRegistry, pullBegin)
	if pulled == nil {
		return publicRegistry, nil
	}
	built, err := image.Get(ctx, e.Folder.CachePath(e.State), image.Registry(), e.Say)
	if err != nil {
		return "", errors.Join(pulled, err)
	}
	return ownRegistry, engine.Import(ctx, e.outer, built.Layer, ownRegistry, []string{
		`ENTRYPOINT ["docker-registry", "serve", "/etc/docker-registry.yml"]`,
		"LABEL " + engine.Label + "=registry",
	})
}

// ensureVolumes makes the volumes before a container does, for their label.
func (e *Engine) ensureVolumes(ctx context.Context) error {
	for _, name := range []string{e.name(), e.registryVolume()} {
		if _, err := e.outer.VolumeCreate(ctx, volume.CreateOptions{Name: name, Labels: e.labels()}); err != nil {
			return fmt.Errorf("make volume %s: %w", name, err)
		}
	}
	return nil
}
