package native

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/containerd/errdefs"
	types "github.com/docker/docker/api/types/network"
	"github.com/docker/docker/client"

	"airdock.dev/airdock/cmd/devengine/internal/engine"
	"airdock.dev/airdock/cmd/devengine/internal/network"
	"airdock.dev/airdock/cmd/devengine/internal/process"
	"airdock.dev/airdock/cmd/devengine/internal/registry"
	"airdock.dev/airdock/cmd/devengine/internal/wait"
)

// registry starts the mirror, a plain registry on this machine's loopback.
func (e *Engine) registry(ctx context.Context) error {
	if e.State.Native.Registry.Alive() {
		return nil
	}
	for _, sub := range []string{"logs", "registry"} {
		if err := os.MkdirAll(e.Folder.File(sub), 0o700); err != nil {
			return fmt.Errorf("start registry: %w", err)
		}
	}
	config := e.Folder.File("registry.yml")
	mirror := registry.Local(e.State.RegistryPort)
	if err := os.WriteFile(config, registryConfig(mirror.Address, e.Folder.File("registry")), 0o600); err != nil {
		return fmt.Errorf("start registry: %w", err)
	}
	daemon, err := e.start("registry", &e.State.Native.Registry, "docker-registry", "serve", config)
	if err != nil {
		return err
	}
	err = await(ctx, daemon, func() error { return mirror.Ping(ctx) })
	if err != nil {
		return fmt.Errorf("start registry: %w", err)
	}
	return nil
}

// containerd starts one of our own even though dockerd could: dockerd takes
// the machine's containerd where there is one, and two engines in it would see
// each other's containers.
func (e *Engine) containerd(ctx context.Context) error {
	if e.State.Native.Containerd.Alive() {
		return nil
	}
	// A dockerd without its containerd does not recover by itself.
	if err := e.State.Native.Dockerd.Stop(ctx, stopGrace); err != nil {
		return err
	}
	if err := e.sweepContainers(ctx); err != nil {
		return err
	}
	for _, path := range []string{e.run(), e.Folder.File("data")} {
		if err := os.MkdirAll(path, 0o711); err != nil {
			return fmt.Errorf("start containerd: %w", err)
		}
	}
	// The sockets in it have no other protection than the folder's mode.
	if err := os.Chmod(e.run(), 0o700); err != nil {
		return fmt.Errorf("start containerd: %w", err)
	}
	config := e.Folder.File("containerd.toml")
	if err := os.WriteFile(config, containerdConfig(e.Folder.File("data", "containerd"), e.run()), 0o600); err != nil {
		return fmt.Errorf("start containerd: %w", err)
	}
	daemon, err := e.start("containerd", &e.State.Native.Containerd, "containerd", "--config", config)
	if err != nil {
		return err
	}
	err = await(ctx, daemon, func() error {
		connection, err := net.Dial("unix", e.socket())
		if err == nil {
			_ = connection.Close()
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("start containerd: %w", err)
	}
	return nil
}

// dockerd starts the engine and waits until it answers over mutual TLS.
func (e *Engine) dockerd(ctx context.Context) error {
	api, err := e.Connect()
	if err != nil {
		return err
	}
	defer func() { _ = api.Close() }()
	plan, err := network.NewPlan(e.Folder.ID, e.State.Native.Range)
	if err != nil {
		return err
	}
	if e.running() {
		return engine.WaitPing(ctx, api, startLimit, nil)
	}
	config := e.Folder.File("dockerd.json")
	if err := os.WriteFile(config, e.dockerdConfig(plan), 0o600); err != nil {
		return fmt.Errorf("start dockerd: %w", err)
	}
	// A pid file of a killed dockerd would stop the next one if its number is
	// in use again.
	pidfile := filepath.Join(e.run(), "dockerd.pid")
	if err := os.Remove(pidfile); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("start dockerd: %w", err)
	}
	args := []string{
		"dockerd", "--config-file", config,
		"--data-root", e.Folder.File("data"),
		"--exec-root", e.run(),
		"--pidfile", pidfile,
		"--containerd", e.socket(),
	}
	daemon, err := e.start("dockerd", &e.State.Native.Dockerd, args...)
	if err != nil {
		return err
	}
	e.Say("starting dockerd on %s", e.address())
	if err := engine.WaitPing(ctx, api, startLimit, daemon.Err); err != nil {
		return fmt.Errorf("start dockerd: %w", err)
	}
	return ensureGateway(ctx, api, plan)
}

// ensureGateway makes the network that a swarm would otherwise make, with a
// bridge whose name is the same for every engine of the machine.
func ensureGateway(ctx context.Context, api *client.Client, plan network.Plan) error {
	const name = "docker_gwbridge"
	_, err := api.NetworkInspect(ctx, name, types.InspectOptions{})
	if err == nil || !errdefs.IsNotFound(err) {
		return err
	}
	subnet := plan.GatewaySubnet()
	_, err = api.NetworkCreate(ctx, name, types.CreateOptions{
		Driver: "bridge",
		Options: map[string]string{
			"com.docker.network.bridge.name":       plan.Gateway(),
			"com.docker.network.bridge.enable_icc": "false",
		},
		IPAM: &types.IPAM{Config: []types.IPAMConfig{{Subnet: subnet.String(), Gateway: subnet.Addr().Next().String()}}},
	})
	if err != nil {
		return fmt.Errorf("make network %s: %w", name, err)
	}
	return nil
}

// await waits until a daemon answers, or ends.
func await(ctx context.Context, daemon *process.Daemon, answers func() error) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	var last error
	err := wait.Until(ctx, 20*time.Millisecond, func() (bool, error) {
		if last = answers(); last == nil {
			return true, nil
		}
		return false, daemon.Err()
	})
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("it does not answer within %s: %w", startLimit, last)
	}
	return err
}
