package engine

import (
	"context"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/docker/api/types/swarm"
	"github.com/docker/docker/client"
	"golang.org/x/sync/errgroup"
)

// Empty takes an engine that is about to end out of its swarm and removes its
// containers and networks in the orderly way, where it answers: their control
// groups may be the machine's own. What stays is swept afterwards.
func Empty(ctx context.Context, connect func() (*client.Client, error)) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	api, err := connect()
	if err != nil {
		return
	}
	defer func() { _ = api.Close() }()
	if Ping(ctx, api) == nil {
		empty(ctx, api)
	}
}

// empty goes on after an error: whatever it removes is one thing less to sweep.
func empty(ctx context.Context, api *client.Client) {
	if info, err := api.Info(ctx); err == nil && info.Swarm.LocalNodeState != swarm.LocalNodeStateInactive {
		_ = api.SwarmLeave(ctx, true) // its services would start anew
	}
	containers, _ := api.ContainerList(ctx, container.ListOptions{All: true})
	group := new(errgroup.Group)
	group.SetLimit(8)
	for _, c := range containers {
		group.Go(func() error {
			return api.ContainerRemove(ctx, c.ID, container.RemoveOptions{Force: true, RemoveVolumes: true})
		})
	}
	_ = group.Wait()
	networks, _ := api.NetworkList(ctx, network.ListOptions{})
	for _, n := range networks {
		if n.Name != "bridge" && n.Name != "host" && n.Name != "none" {
			_ = api.NetworkRemove(ctx, n.ID)
		}
	}
}
