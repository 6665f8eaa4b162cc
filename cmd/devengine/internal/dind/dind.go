// Package dind runs docker:dind on another Docker Engine, the outer one: in a
// private network under the alias docker, published on 127.0.0.1, with a
// registry beside it as its mirror. All that it makes on the outer engine
// carries the folder's label.
package dind

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/docker/docker/client"

	"airdock.dev/airdock/cmd/devengine/internal/certificate"
	"airdock.dev/airdock/cmd/devengine/internal/engine"
	"airdock.dev/airdock/cmd/devengine/internal/folder"
	"airdock.dev/airdock/cmd/devengine/internal/network"
)

const (
	// Image is what runs; a local image of this name does.
	Image = "docker:dind"
	// pullBegin is how long a pull may take until its first layer comes.
	pullBegin = 20 * time.Second
	// startLimit bounds the start of the engine in its container.
	startLimit = time.Minute
)

// Engine is the docker:dind of one folder.
type Engine struct {
	Folder *folder.Folder
	State  *folder.State
	// Say tells a person what happens.
	Say   func(format string, args ...any)
	outer *client.Client
}

// names on the outer engine.

func (e *Engine) name() string           { return "devengine-" + e.Folder.ID }
func (e *Engine) registryName() string   { return e.name() + "-registry" }
func (e *Engine) registryVolume() string { return e.name() + "-registry" }

func (e *Engine) labels() map[string]string {
	return map[string]string{engine.Label: e.Folder.ID}
}

// Outer fills in the engine that the environment names, as the docker CLI
// reads it.
func Outer() *folder.Dind {
	outer := &folder.Dind{Host: os.Getenv(client.EnvOverrideHost)}
	if outer.Host == "" {
		outer.Host = client.DefaultDockerHost
	}
	if os.Getenv(client.EnvTLSVerify) == "" {
		return outer
	}
	outer.CertPath = os.Getenv(client.EnvOverrideCertPath)
	if home, err := os.UserHomeDir(); outer.CertPath == "" && err == nil {
		outer.CertPath = filepath.Join(home, ".docker")
	}
	return outer
}

// Connect makes a client of the engine in the container.
func (e *Engine) Connect() (*client.Client, error) {
	return engine.Connect(engine.Address(e.State.Port), e.Folder.File("certs", "client"))
}

// open connects with the outer engine and sees that it answers.
func (e *Engine) open(ctx context.Context) error {
	outer, err := engine.Connect(e.State.Dind.Host, e.State.Dind.CertPath)
	if err != nil {
		return err
	}
	if err := engine.Ping(ctx, outer); err != nil {
		_ = outer.Close()
		return fmt.Errorf("outer engine %s: %w", e.State.Dind.Host, err)
	}
	e.outer = outer
	return nil
}

// Close lets go of the outer engine.
func (e *Engine) Close() {
	if e.outer != nil {
		_ = e.outer.Close()
	}
}

// Usable tells why the outer engine cannot run docker:dind; nil when it may.
// An engine of another devengine is not taken for one unless asked for.
func (e *Engine) Usable(ctx context.Context, asked bool) error {
	if e.State.Dind == nil {
		e.State.Dind = Outer()
	}
	socket, local := strings.CutPrefix(e.State.Dind.Host, "unix://")
	if _, err := os.Stat(socket); local && errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("no Docker Engine listens on %s", socket)
	}
	if err := e.open(ctx); err != nil {
		return err
	}
	info, err := e.outer.Info(ctx)
	if err != nil {
		return fmt.Errorf("outer engine: %w", err)
	}
	for _, label := range info.Labels {
		if strings.HasPrefix(label, engine.Label+"=") && !asked {
			return errors.New("the engine in DOCKER_HOST is one of devengine's own")
		}
	}
	there, err := engine.HasImage(ctx, e.outer, Image)
	if err != nil || there {
		return err
	}
	e.Say("pulling %s", Image)
	return engine.Pull(ctx, e.outer, Image, pullBegin)
}

// Up brings up what does not run yet and leaves alone what does.
func (e *Engine) Up(ctx context.Context, ports network.Ports) error {
	if e.outer == nil {
		if err := e.Usable(ctx, true); err != nil {
			return err
		}
	}
	running, err := e.running(ctx, e.name())
	if err != nil {
		return err
	}
	state := e.State
	if state.Port, err = ports.Engine.Choose(state.Port, running); err != nil {
		return err
	}
	// The registry's port is published by the engine's container.
	if state.RegistryPort, err = ports.Registry.Choose(state.RegistryPort, running, state.Port); err != nil {
		return err
	}
	if err := e.chooseNetwork(ctx); err != nil {
		return err
	}
	if err := e.Folder.Save(state); err != nil {
		return err
	}
	names := []string{"docker", "localhost", "127.0.0.1", e.name()}
	renewed, err := certificate.Ensure(e.Folder.File("certs"), names, time.Now())
	if err != nil {
		return err
	}
	if err := e.ensureNetwork(ctx); err != nil {
		return err
	}
	if err := e.ensureVolumes(ctx); err != nil {
		return err
	}
	if renewed || !running {
		if err := e.start(ctx); err != nil {
			return err
		}
	}
	if err := e.waitPing(ctx); err != nil {
		return err
	}
	return e.ensureRegistry(ctx)
}
