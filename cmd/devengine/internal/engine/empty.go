package engine

import (
	"context"
	"errors"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/docker/api/types/swarm"
	"github.com/docker/docker/client"
	"golang.org/x/sync/errgroup"
)

// Empty takes an engine that is about to end out of its swarm and removes its
// containers and networks, so that they leave nothing on the machine. It goes
// on after an error; what it returns is for a log.
func Empty(ctx context.Context, api *client.Client) error {
	info, err := api.Info(ctx)
	if err != nil {
		return err
	}
	var errs []error
	if info.Swarm.LocalNodeState != swarm.LocalNodeStateInactive {
		errs = append(errs, api.SwarmLeave(ctx, true)) // its services would start anew
	}
	containers, err := api.ContainerList(ctx, container.ListOptions{All: true})
	errs = append(errs, err)
	group := new(errgroup.Group)
	group.SetLimit(8)
	for _, c := range containers {
		group.Go(func() error {
			return api.ContainerRemove(ctx, c.ID, container.RemoveOptions{Force: true, RemoveVolumes: true})
		})
	}
	errs = append(errs, group.Wait())
	networks, err := api.NetworkList(ctx, network.ListOptions{})
	errs = append(errs, err)
	for _, n := range networks {
		if n.Name == "bridge" || n.Name == "host" || n.Name == "none" {
			continue
		}
		errs = append(errs, api.NetworkRemove(ctx, n.ID))
	}
	return errors.Join(errs...)
}
