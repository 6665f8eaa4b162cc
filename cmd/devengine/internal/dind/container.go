package dind

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/docker/pkg/stdcopy"
	"github.com/docker/go-connections/nat"

	"airdock.dev/airdock/cmd/devengine/internal/engine"
)

// running tells whether a container of ours runs. One of that name that is not
// ours is an error: it is not ours to remove.
func (e *Engine) running(ctx context.Context, name string) (bool, error) {
	found, err := e.outer.ContainerInspect(ctx, name)
	if errdefs.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look for container %s: %w", name, err)
	}
	if found.Config.Labels[engine.Label] != e.Folder.ID {
		return false, fmt.Errorf("container %s on %s is not devengine's: remove or rename it", name, e.State.Dind.Host)
	}
	return found.State.Running, nil
}

// start runs the engine's container: privileged, as docker:dind wants it, or,
// where the machine does not allow that, with the capabilities that it does.
func (e *Engine) start(ctx context.Context) error {
	e.Say("starting %s on %s, published on %s", Image, e.State.Dind.Host, engine.Address(e.State.Port))
	e.State.Dind.Privileged = true
	privileged := e.try(ctx, &container.HostConfig{Privileged: true}, nil)
	if privileged == nil {
		return e.Folder.Save(e.State)
	}
	if ctx.Err() != nil {
		return privileged
	}
	e.Say("it does not start privileged (%v): trying with a list of capabilities", privileged)
	e.State.Dind.Privileged = false
	if err := e.Folder.Save(e.State); err != nil {
		return err
	}
	host, script, err := e.unprivileged(ctx)
	if err != nil {
		return err
	}
	if err := e.try(ctx, host, script); err != nil {
		return fmt.Errorf("run %s: %w", Image, errors.Join(
			fmt.Errorf("privileged: %w", privileged), fmt.Errorf("with a list of capabilities: %w", err)))
	}
	return nil
}

// try replaces the container by a new one and waits until the engine in it
// answers. Script, where given, runs before the image's own entry point.
func (e *Engine) try(ctx context.Context, host *container.HostConfig, script []string) error {
	for _, name := range []string{e.registryName(), e.name()} { // the first shares the second's network
		if err := e.removeContainer(ctx, name); err != nil {
			return err
		}
	}
	config, err := e.configure(ctx, host, script)
	if err != nil {
		return err
	}
	// Published on the loopback alone: a certificate is no reason to be
	// reachable from elsewhere.
	host.PortBindings = nat.PortMap{}
	for port := range config.ExposedPorts {
		public := strconv.Itoa(e.State.Port)
		if port != enginePort {
			public = port.Port()
		}
		host.PortBindings[port] = []nat.PortBinding{{HostIP: "127.0.0.1", HostPort: public}}
	}
	networks := &network.NetworkingConfig{EndpointsConfig: map[string]*network.EndpointSettings{
		e.State.Dind.Network: {Aliases: []string{"docker"}},
	}}
	created, err := e.outer.ContainerCreate(ctx, config, host, networks, nil, e.name())
	if err != nil {
		return fmt.Errorf("create container %s: %w", e.name(), err)
	}
	if err := e.putCertificates(ctx, created.ID); err != nil {
		return err
	}
	if err := e.outer.ContainerStart(ctx, created.ID, container.StartOptions{}); err != nil {
		return fmt.Errorf("start container %s: %w", e.name(), err)
	}
	return e.waitPing(ctx)
}

// enginePort is where docker:dind listens with TLS.
const enginePort = nat.Port("2376/tcp")

func (e *Engine) configure(ctx context.Context, host *container.HostConfig, script []string) (*container.Config, error) {
	image, err := e.outer.ImageInspect(ctx, Image)
	if err != nil {
		return nil, fmt.Errorf("look at image %s: %w", Image, err)
	}
	registryPort := nat.Port(strconv.Itoa(e.State.RegistryPort) + "/tcp")
	args := []string{
		"--registry-mirror=http://127.0.0.1:" + registryPort.Port(),
		"--label=" + engine.Label + "=" + e.Folder.ID,
	}
	config := &container.Config{
		Image:        Image,
		Hostname:     "docker",
		Labels:       e.labels(),
		Env:          []string{"DOCKER_TLS_CERTDIR=/certs"},
		Cmd:          args,
		ExposedPorts: nat.PortSet{enginePort: {}, registryPort: {}},
	}
	if script != nil {
		config.Entrypoint = append(script, image.Config.Entrypoint...)
		config.Cmd = append(config.Cmd, "--cgroup-parent=/"+e.name())
	}
	host.Binds = append(host.Binds, e.name()+":/var/lib/docker")
	return config, nil
}

// putCertificates copies the server's and the client's certificates into the
// container. A bind mount would need the outer engine to see our folder, and
// without the CA's key docker:dind takes them as they are.
func (e *Engine) putCertificates(ctx context.Context, id string) error {
	var archive bytes.Buffer
	writer := tar.NewWriter(&archive)
	for _, owner := range []string{"server", "client"} {
		for _, name := range []string{"ca.pem", "cert.pem", "key.pem"} {
			text, err := os.ReadFile(e.Folder.File("certs", owner, name))
			if err != nil {
				return fmt.Errorf("put certificates: %w", err)
			}
			header := &tar.Header{Name: filepath.Join("certs", owner, name), Mode: 0o600, Size: int64(len(text))}
			if err := errors.Join(writer.WriteHeader(header), write(writer, text)); err != nil {
				return fmt.Errorf("put certificates: %w", err)
			}
		}
	}
	if err := writer.Close(); err != nil {
		return fmt.Errorf("put certificates: %w", err)
	}
	if err := e.outer.CopyToContainer(ctx, id, "/", &archive, container.CopyToContainerOptions{}); err != nil {
		return fmt.Errorf("put certificates: %w", err)
	}
	return nil
}

func write(to *tar.Writer, text []byte) error {
	_, err := to.Write(text)
	return err
}

// waitPing waits for the engine in the container, and explains by its log when
// the container ends instead.
func (e *Engine) waitPing(ctx context.Context) error {
	api, err := e.Connect()
	if err != nil {
		return err
	}
	defer func() { _ = api.Close() }()
	return engine.WaitPing(ctx, api, startLimit, func() error {
		running, err := e.running(ctx, e.name())
		if err != nil || running {
			return err
		}
		return fmt.Errorf("container %s has ended; the last lines of its log:\n%s", e.name(), e.log(ctx, e.name()))
	})
}

// log is the end of a container's log.
func (e *Engine) log(ctx context.Context, name string) string {
	stream, err := e.outer.ContainerLogs(ctx, name, container.LogsOptions{ShowStdout: true, ShowStderr: true, Tail: "20"})
	if err != nil {
		return err.Error()
	}
	defer func() { _ = stream.Close() }()
	var text bytes.Buffer
	if _, err := stdcopy.StdCopy(&text, &text, stream); err != nil {
		return err.Error()
	}
	return strings.TrimSpace(text.String())
}

func (e *Engine) removeContainer(ctx context.Context, name string) error {
	if _, err := e.running(ctx, name); err != nil {
		return err
	}
	err := e.outer.ContainerRemove(ctx, name, container.RemoveOptions{Force: true, RemoveVolumes: true})
	if err != nil && !errdefs.IsNotFound(err) {
		return fmt.Errorf("remove container %s: %w", name, err)
	}
	return nil
}
