// Package native runs an engine of the machine's own packages: a registry, a
// containerd and a dockerd, apart from every other engine on the machine by
// their folders, bridge, address range, control group and chains.
package native

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/docker/docker/client"

	"airdock.dev/airdock/cmd/devengine/internal/certificate"
	"airdock.dev/airdock/cmd/devengine/internal/engine"
	"airdock.dev/airdock/cmd/devengine/internal/folder"
	"airdock.dev/airdock/cmd/devengine/internal/network"
	"airdock.dev/airdock/cmd/devengine/internal/process"
	"airdock.dev/airdock/cmd/devengine/internal/program"
)

// startLimit bounds the start of each daemon; 3 to 8 s is usual for a dockerd.
const startLimit = time.Minute

// Engine is the native engine of one folder.
type Engine struct {
	Folder *folder.Folder
	State  *folder.State
	// Say tells a person what happens.
	Say func(format string, args ...any)
}

// Files of the engine outside its folder, under the one name that its id gives.

func groupName(id string) string  { return "devengine-" + id }
func (e *Engine) run() string     { return e.Folder.RunPath() }
func (e *Engine) socket() string  { return filepath.Join(e.run(), "containerd.sock") }
func (e *Engine) client() string  { return e.Folder.File("certs", "client") }
func (e *Engine) running() bool   { return e.State.Native.Dockerd.Alive() }
func (e *Engine) address() string { return engine.Address(e.State.Port) }

// Connect makes a client of the engine.
func (e *Engine) Connect() (*client.Client, error) {
	return engine.Connect(e.address(), e.client())
}

// Close has nothing to let go of.
func (e *Engine) Close() {}

// Up brings up what does not run yet and leaves alone what does. The state is
// saved before each step that it must be known after.
func (e *Engine) Up(ctx context.Context, ports network.Ports) error {
	if os.Geteuid() != 0 {
		return errors.New("an engine of this machine's own needs root and the packages docker.io, docker-registry, iproute2 and iptables, which it then installs: run devengine as root, or let it reach a Docker Engine that can run docker:dind (DOCKER_HOST)")
	}
	// One engine at a time installs programs, chooses ports and ranges, and
	// takes them into use.
	machine, err := folder.Lock(ctx, "/run")
	if err != nil {
		return fmt.Errorf("lock /run: %w", err)
	}
	defer func() { _ = machine.Close() }()
	if err := e.prepare(ctx); err != nil {
		return err
	}
	if err := e.removeStrays(ctx); err != nil {
		return err
	}
	if err := e.choose(ports); err != nil {
		return err
	}
	if err := e.Folder.Save(e.State); err != nil {
		return err
	}
	renewed, err := certificate.Ensure(e.Folder.File("certs"), []string{"docker", "localhost", "127.0.0.1"}, time.Now())
	if err != nil {
		return err
	}
	if renewed && e.running() {
		e.Say("the certificates were renewed: the engine starts anew with them")
		if err := e.State.Native.Dockerd.Stop(ctx, stopGrace); err != nil {
			return err
		}
	}
	for _, step := range []func(context.Context) error{e.network, e.registry, e.containerd, e.dockerd} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// prepare sees that the machine has the programs of an engine.
func (e *Engine) prepare(ctx context.Context) error {
	if e.State.Native == nil {
		e.State.Native = new(folder.Native)
	}
	return program.Ensure(ctx, e.Say,
		program.Package{Name: "docker.io", Program: "dockerd"},
		program.Package{Name: "containerd", Program: "containerd"},
		program.Package{Name: "docker-registry", Program: "docker-registry"},
		program.Package{Name: "iproute2", Program: "ip"},
		program.Package{Name: "iptables", Program: "iptables"})
}

// removeStrays ends what an engine that is no longer there left running: its
// containers, to which a new dockerd would give ten seconds' grace, and a daemon
// that an up was killed over before it could save who it is.
func (e *Engine) removeStrays(ctx context.Context) error {
	if e.running() {
		return nil
	}
	native := e.State.Native
	return process.Sweep(ctx, e.Folder.ID, groupName(e.Folder.ID), native.Registry, native.Containerd)
}

// choose fills in ports and the address range where the state has none, or
// where another program has taken a port while the engine was down.
func (e *Engine) choose(ports network.Ports) error {
	state := e.State
	port, err := ports.Engine.Choose(state.Port, e.running())
	if err != nil {
		return err
	}
	mirror, err := ports.Registry.Choose(state.RegistryPort, state.Native.Registry.Alive(), port)
	if err != nil {
		return err
	}
	if mirror != state.RegistryPort && e.running() {
		return fmt.Errorf("port %d of the registry was taken by another program: free it, or run `devengine down` for this folder first", state.RegistryPort)
	}
	state.Port, state.RegistryPort = port, mirror
	if state.Native.Range == "" {
		used, err := network.Used()
		if err != nil {
			return err
		}
		chosen, err := network.FreeRange(e.Folder.ID, used)
		if err != nil {
			return err
		}
		state.Native.Range = chosen.String()
	}
	forward, err := os.ReadFile("/proc/sys/net/ipv4/ip_forward")
	if err == nil && strings.TrimSpace(string(forward)) == "0" {
		state.Native.Forwarding = true
	}
	return nil
}

// network makes the bridge, and the packet filter rules where it works.
func (e *Engine) network(ctx context.Context) error {
	plan, err := network.NewPlan(e.Folder.ID, e.State.Native.Range)
	if err != nil {
		return err
	}
	if err := network.EnsureBridge(ctx, plan); err != nil {
		return err
	}
	if err := network.EnsureFilter(ctx, plan); err != nil {
		e.Say("containers will not reach beyond this machine, as its packet filter does not work: %v", err)
	}
	return nil
}

// start runs a daemon and saves who it is.
func (e *Engine) start(name string, identity *process.Identity, args ...string) (*process.Daemon, error) {
	path, err := program.Find(args[0])
	if err != nil {
		return nil, err
	}
	args[0] = path
	daemon, err := process.Start(e.Folder.ID, e.Folder.File("logs", name+".log"), args...)
	if err != nil {
		return nil, err
	}
	*identity = daemon.Identity
	return daemon, e.Folder.Save(e.State)
}
