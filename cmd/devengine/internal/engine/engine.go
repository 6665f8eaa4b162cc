// Package engine speaks with a Docker Engine: it waits for its answer, tries
// whether images can be pulled, and empties an engine before its end. It
// imports wait and nothing else of ours.
package engine

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"time"

	"github.com/docker/docker/client"

	"airdock.dev/airdock/cmd/devengine/internal/wait"
)

// Label marks what devengine makes on an engine, and its engines themselves,
// with the id of the folder.
const Label = "dev.airdock.devengine"

// Address is the DOCKER_HOST of an engine on a port of this machine.
func Address(port int) string { return "tcp://127.0.0.1:" + strconv.Itoa(port) }

// Connect makes a client for host with the three files that the docker CLI
// looks for in certificates; with none of them for an empty certificates.
func Connect(host, certificates string) (*client.Client, error) {
	options := []client.Opt{client.WithHost(host), client.WithAPIVersionNegotiation()}
	if certificates != "" {
		options = append(options, client.WithTLSClientConfig(
			filepath.Join(certificates, "ca.pem"),
			filepath.Join(certificates, "cert.pem"),
			filepath.Join(certificates, "key.pem")))
	}
	api, err := client.NewClientWithOpts(options...)
	if err != nil {
		return nil, fmt.Errorf("client for engine %s: %w", host, err)
	}
	return api, nil
}

// Ping asks once, within two seconds.
func Ping(ctx context.Context, api *client.Client) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	_, err := api.Ping(ctx)
	return err
}

// WaitPing waits until the engine answers. It ends early when failed, which
// may be nil, returns an error.
func WaitPing(ctx context.Context, api *client.Client, limit time.Duration, failed func() error) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	var last error
	err := wait.Until(ctx, 50*time.Millisecond, func() (bool, error) {
		if last = Ping(ctx, api); last == nil {
			return true, nil
		}
		if failed == nil {
			return false, nil
		}
		return false, failed()
	})
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("engine %s does not answer a ping within %s: %w", api.DaemonHost(), limit, last)
	}
	return err
}

// Part is a process or container that an engine of a folder consists of.
type Part struct {
	Name string `json:"name"`
	// ID is a pid or the name of a container.
	ID      string `json:"id"`
	Running bool   `json:"running"`
}
