package dind

import (
	"context"
	"errors"
	"fmt"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/docker/api/types/volume"

	"airdock.dev/airdock/cmd/devengine/internal/engine"
)

// ErrOuter says that the outer engine does not answer, so that nothing on it
// could be removed.
var ErrOuter = errors.New("the engine that docker:dind runs on does not answer")

// Down removes from the outer engine all that carries the folder's label.
func (e *Engine) Down(ctx context.Context) error {
	if err := e.open(ctx); err != nil {
		return fmt.Errorf("%w: %w", ErrOuter, err)
	}
	engine.Empty(ctx, e.Connect)
	if err := e.removeContainers(ctx); err != nil {
		return err
	}
	if err := e.removeGroups(ctx); err != nil {
		return err
	}
	if err := e.removeNetworks(ctx); err != nil {
		return err
	}
	if err := e.removeVolumes(ctx); err != nil {
		return err
	}
	// Refused while the registry of another folder runs from it.
	_, err := e.outer.ImageRemove(ctx, ownRegistry, image.RemoveOptions{PruneChildren: true})
	if err != nil && !errdefs.IsNotFound(err) && !errdefs.IsConflict(err) {
		return fmt.Errorf("remove image %s: %w", ownRegistry, err)
	}
	return nil
}

func (e *Engine) label() filters.Args {
	return filters.NewArgs(filters.Arg("label", engine.Label+"="+e.Folder.ID))
}

func (e *Engine) removeContainers(ctx context.Context) error {
	containers, err := e.outer.ContainerList(ctx, container.ListOptions{All: true, Filters: e.label()})
	if err != nil {
		return fmt.Errorf("list containers: %w", err)
	}
	for _, c := range containers {
		err := e.outer.ContainerRemove(ctx, c.ID, container.RemoveOptions{Force: true, RemoveVolumes: true})
		if err != nil && !errdefs.IsNotFound(err) {
			return fmt.Errorf("remove container %s: %w", c.ID, err)
		}
	}
	return nil
}

// removeGroups removes the control groups that an engine without privileges
// makes outside its container, with a container that sees them.
func (e *Engine) removeGroups(ctx context.Context) error {
	if e.State.Dind.Privileged {
		return nil
	}
	config := &container.Config{
		Image:      Image,
		Labels:     e.labels(),
		Entrypoint: []string{"sh", "-c", `find ` + groups + `/*/"$0" -depth -type d -exec rmdir {} \; 2>/dev/null; true`, e.name()},
	}
	host := &container.HostConfig{NetworkMode: "none", Binds: []string{groups + ":" + groups + ":rw"}}
	created, err := e.outer.ContainerCreate(ctx, config, host, nil, nil, e.name()+"-groups")
	if err != nil {
		return fmt.Errorf("remove control groups: %w", err)
	}
	// Removed with the label whatever comes next.
	defer func() { _ = e.removeContainers(context.WithoutCancel(ctx)) }()
	ended, failed := e.outer.ContainerWait(ctx, created.ID, container.WaitConditionNextExit)
	if err := e.outer.ContainerStart(ctx, created.ID, container.StartOptions{}); err != nil {
		return fmt.Errorf("remove control groups: %w", err)
	}
	select {
	case <-ended:
		return nil
	case err := <-failed:
		return fmt.Errorf("remove control groups: %w", err)
	}
}

func (e *Engine) removeNetworks(ctx context.Context) error {
	networks, err := e.outer.NetworkList(ctx, network.ListOptions{Filters: e.label()})
	if err != nil {
		return fmt.Errorf("list networks: %w", err)
	}
	for _, n := range networks {
		full, err := e.outer.NetworkInspect(ctx, n.ID, network.InspectOptions{})
		if err != nil {
			return fmt.Errorf("look at network %s: %w", n.Name, err)
		}
		for id, endpoint := range full.Containers {
			e.Say("container %s loses network %s", endpoint.Name, n.Name)
			if err := e.outer.NetworkDisconnect(ctx, n.ID, id, true); err != nil {
				return fmt.Errorf("take container %s off network %s: %w", endpoint.Name, n.Name, err)
			}
		}
		if err := e.outer.NetworkRemove(ctx, n.ID); err != nil {
			return fmt.Errorf("remove network %s: %w", n.Name, err)
		}
	}
	return nil
}

func (e *Engine) removeVolumes(ctx context.Context) error {
	volumes, err := e.outer.VolumeList(ctx, volume.ListOptions{Filters: e.label()})
	if err != nil {
		return fmt.Errorf("list volumes: %w", err)
	}
	for _, v := range volumes.Volumes {
		if err := e.outer.VolumeRemove(ctx, v.Name, true); err != nil && !errdefs.IsNotFound(err) {
			return fmt.Errorf("remove volume %s: %w", v.Name, err)
		}
	}
	return nil
}
