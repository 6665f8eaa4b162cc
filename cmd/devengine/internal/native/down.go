package native

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"airdock.dev/airdock/cmd/devengine/internal/engine"
	"airdock.dev/airdock/cmd/devengine/internal/folder"
	"airdock.dev/airdock/cmd/devengine/internal/network"
	"airdock.dev/airdock/cmd/devengine/internal/process"
)

// stopGrace is how long a daemon may take to end by itself.
const stopGrace = 15 * time.Second

// Down ends the engine and removes what it made outside its folder, and leaves
// no mount inside. Everything is found by the folder's id, so it works after a
// crash, and without a state too.
func (e *Engine) Down(ctx context.Context) error {
	if e.State.Native == nil {
		e.State.Native = new(folder.Native)
	}
	native := e.State.Native
	if e.running() {
		engine.Empty(ctx, e.Connect)
		// What could not be removed in the orderly way would have ten seconds'
		// grace of dockerd.
		if err := process.KillGroup(ctx, groupName(e.Folder.ID)); err != nil {
			return err
		}
	}
	for _, daemon := range []process.Identity{native.Dockerd, native.Containerd, native.Registry} {
		if err := daemon.Stop(ctx, stopGrace); err != nil {
			return err
		}
	}
	if err := e.sweepContainers(ctx); err != nil {
		return err
	}
	database := e.Folder.File("data", "network", "files", "local-kv.db")
	if err := network.RemoveBridges(ctx, e.Folder.ID, native.Range, database); err != nil {
		return err
	}
	if err := network.RemoveFilter(ctx, e.Folder.ID); err != nil {
		return err
	}
	removePluginFolder()
	if err := folder.RemoveTree(e.run()); err != nil {
		return err
	}
	return e.stopForwarding()
}

// sweepContainers ends what a killed engine left running and unmounts what it
// left mounted. It must not be called while one of the daemons is to live.
func (e *Engine) sweepContainers(ctx context.Context) error {
	keep := e.State.Native.Registry
	if err := process.Sweep(ctx, e.Folder.ID, groupName(e.Folder.ID), keep); err != nil {
		return err
	}
	if err := e.removeShimSockets(); err != nil {
		return err
	}
	for _, path := range []string{e.run(), e.Folder.File("data")} {
		if err := folder.Unmount(path); err != nil {
			return err
		}
	}
	return nil
}

// removeShimSockets removes the sockets of killed shims. Containerd puts them
// all into one folder of the machine, under names that only the shim's own
// address file tells.
func (e *Engine) removeShimSockets() error {
	const sockets = "/run/containerd/s"
	files, err := filepath.Glob(filepath.Join(e.run(), "containerd", "*", "*", "*", "address"))
	if err != nil {
		return err
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // its container was removed meanwhile
		}
		path := strings.TrimPrefix(strings.TrimSpace(string(text)), "unix://")
		if filepath.Dir(path) != sockets {
			continue
		}
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("remove socket of a shim: %w", err)
		}
	}
	// Only while empty: another containerd may use them.
	_ = syscall.Rmdir(sockets)
	_ = syscall.Rmdir(filepath.Dir(sockets))
	return nil
}

// removePluginFolder removes the one folder that a dockerd before version 22
// makes outside its own, unless another engine's files are beside it.
func removePluginFolder() {
	const run, plugins = "/run/docker", "plugins"
	entries, err := os.ReadDir(run)
	if err != nil || len(entries) != 1 || entries[0].Name() != plugins {
		return
	}
	_ = syscall.Rmdir(filepath.Join(run, plugins))
	_ = syscall.Rmdir(run)
}

// stopForwarding sets the machine's forwarding of packets back, unless another
// bridge may need it by now.
func (e *Engine) stopForwarding() error {
	if !e.State.Native.Forwarding {
		return nil
	}
	bridges, err := filepath.Glob("/sys/class/net/*/bridge")
	if err != nil || len(bridges) > 0 {
		return err
	}
	if err := os.WriteFile("/proc/sys/net/ipv4/ip_forward", []byte("0\n"), 0); err != nil {
		return fmt.Errorf("set back ip_forward: %w", err)
	}
	return nil
}
