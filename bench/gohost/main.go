// Command gohost is a host of the plugin that does nothing with what it is
// given, for the benchmarks: what the wire and the plugin cost alone. Package
// contender says how it is asked.
//
//	gohost lines IMAGE CMD…   count a container's lines
//	gohost put|get VOLUME DIR a folder's content into a volume, or back
//	gohost spawn              start a plugin and have a call answered, without an engine
//	gohost engines HOST…      the plugin's memory after it spoke to each of the engines
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/hashicorp/go-hclog"

	"airdock.dev/airdock/bench/contender"
	"airdock.dev/airdock/host"
	"airdock.dev/airdock/protocol"
)

func main() {
	if err := run(context.Background(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "gohost:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return errors.New("say what to do: lines, put, get, spawn or engines")
	}
	plugin, err := host.Find()
	if err != nil {
		return err
	}
	return contender.Answer(func() (map[string]any, error) { return once(ctx, plugin, args[0], args[1:]) })
}

func once(ctx context.Context, plugin, what string, args []string) (map[string]any, error) {
	began := time.Now()
	client, err := host.Start(plugin, hclog.NewNullLogger())
	if err != nil {
		return nil, err
	}
	defer client.Close()
	switch {
	case what == "spawn":
		// It names no engine: that is the call's answer.
		_, err := client.Info(ctx, &protocol.InfoRequest{})
		return map[string]any{"milliseconds": float64(time.Since(began).Microseconds()) / 1000}, refused(err)
	case what == "lines" && len(args) > 1:
		return lines(ctx, client, args[0], args[1:])
	case (what == "put" || what == "get") && len(args) == 2:
		return carry(ctx, client, what, args[0], args[1])
	case what == "engines" && len(args) > 0:
		return engines(ctx, client, args)
	}
	return nil, fmt.Errorf("%s cannot be done with %d arguments", what, len(args))
}

func lines(ctx context.Context, client *host.Client, image string, command []string) (map[string]any, error) {
	name, value, _ := strings.Cut(os.Getenv("AIRDOCK_BENCH_LABEL"), "=")
	count := 0
	began := time.Now()
	ended, err := client.Run(ctx, &protocol.RunRequest{
		Engine: engine(os.Getenv("DOCKER_HOST")),
		Key:    fmt.Sprintf("bench.%d", began.UnixNano()),
		Remove: protocol.RemovePolicy_REMOVE_FORCE,
		Container: &protocol.Container{
			Image: image, Command: command, NetworkMode: "none", Labels: map[string]string{name: value}, LogDriver: "json-file",
		},
	}, func(event *protocol.Event) error {
		count += strings.Count(event.GetOutput().GetText(), "\n")
		return nil
	})
	if err == nil && ended.GetExitCode() != 0 {
		err = fmt.Errorf("the container ended with %d", ended.GetExitCode())
	}
	return map[string]any{"seconds": time.Since(began).Seconds(), "lines": count}, err
}

// engines asks each engine twice what it is: the first time the plugin connects.
func engines(ctx context.Context, client *host.Client, hosts []string) (map[string]any, error) {
	var took [2]time.Duration
	for round := range took {
		for _, address := range hosts {
			began := time.Now()
			if _, err := client.Info(ctx, &protocol.InfoRequest{Engine: engine(address)}); err != nil {
				return nil, err
			}
			took[round] += time.Since(began)
		}
	}
	milliseconds := func(of time.Duration) float64 { return of.Seconds() * 1000 / float64(len(hosts)) }
	memory, err := childMemory()
	return map[string]any{"first": milliseconds(took[0]), "again": milliseconds(took[1]), "plugin_mb": memory}, err
}

// childMemory is what the plugin, our only child, has of this machine's memory, in MB.
func childMemory() (float64, error) {
	lists, err := filepath.Glob("/proc/self/task/*/children")
	if err != nil {
		return 0, err
	}
	for _, list := range lists {
		children, _ := os.ReadFile(list)
		for _, child := range strings.Fields(string(children)) {
			status, _ := os.ReadFile("/proc/" + child + "/status")
			_, rest, _ := strings.Cut(string(status), "VmRSS:")
			var kibibytes float64
			if _, err := fmt.Sscan(rest, &kibibytes); err == nil {
				return kibibytes * 1024 / 1e6, nil
			}
		}
	}
	return 0, errors.New("the plugin's memory cannot be read in /proc")
}

// engine is one with the TLS material of DOCKER_CERT_PATH.
func engine(address string) *protocol.Engine {
	folder := os.Getenv("DOCKER_CERT_PATH")
	file := func(name string) *protocol.Material {
		return &protocol.Material{Source: &protocol.Material_Path{Path: filepath.Join(folder, name)}}
	}
	return &protocol.Engine{
		Hosts: []string{address},
		Tls:   &protocol.TLS{Ca: file("ca.pem"), Cert: file("cert.pem"), Key: file("key.pem")},
	}
}

// refused is nil for the error that was wanted.
func refused(err error) error {
	if failed := new(protocol.Failure); errors.As(err, &failed) && failed.Kind == protocol.ErrorKind_INVALID_REQUEST {
		return nil
	}
	return fmt.Errorf("the plugin did not refuse the call: %w", err)
}
