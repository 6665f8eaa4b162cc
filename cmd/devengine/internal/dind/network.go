package dind

import (
	"context"
	"fmt"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/network"

	"airdock.dev/airdock/cmd/devengine/internal/engine"
)

// networkName is the network that Airflow's own container joins to find the
// engine under the name docker.
const networkName = "airflow-dev-network"

// chooseNetwork takes the plain name unless the outer engine has a network of
// that name from somebody else: in theirs a second container with the alias
// docker would answer for the first one.
func (e *Engine) chooseNetwork(ctx context.Context) error {
	if e.State.Dind.Network != "" {
		return nil
	}
	e.State.Dind.Network = networkName
	if _, err := e.hasNetwork(ctx); err == nil {
		return nil
	}
	e.State.Dind.Network = networkName + "-" + e.Folder.ID
	_, err := e.hasNetwork(ctx)
	return err
}

// hasNetwork tells whether our network is there. One of its name that is not
// ours is an error.
func (e *Engine) hasNetwork(ctx context.Context) (bool, error) {
	name := e.State.Dind.Network
	found, err := e.outer.NetworkInspect(ctx, name, network.InspectOptions{})
	if errdefs.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look for network %s: %w", name, err)
	}
	if found.Labels[engine.Label] != e.Folder.ID {
		return false, fmt.Errorf("network %s on %s is not this folder's: remove or rename it", name, e.State.Dind.Host)
	}
	return true, nil
}

func (e *Engine) ensureNetwork(ctx context.Context) error {
	there, err := e.hasNetwork(ctx)
	if err != nil || there {
		return err
	}
	name := e.State.Dind.Network
	if _, err := e.outer.NetworkCreate(ctx, name, network.CreateOptions{Driver: "bridge", Labels: e.labels()}); err != nil {
		return fmt.Errorf("make network %s: %w", name, err)
	}
	return nil
}
