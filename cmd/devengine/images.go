package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/spf13/cobra"

	"airdock.dev/airdock/cmd/devengine/internal/engine"
	"airdock.dev/airdock/cmd/devengine/internal/folder"
)

// buildImages builds every image of a folder on the engine, with the airdock
// command, which is a program of its own: nothing here imports it.
func buildImages(cmd *cobra.Command, path string, state *folder.State, images string) error {
	airdock, err := findAirdock()
	if err != nil {
		return err
	}
	build := exec.CommandContext(cmd.Context(), airdock, "build", "--all", images)
	build.Env = append(os.Environ(),
		"DOCKER_HOST="+engine.Address(state.Port),
		"DOCKER_CERT_PATH="+filepath.Join(path, "certs", "client"),
		"DOCKER_TLS_VERIFY=1")
	// What up itself prints on standard output is for a shell's eval.
	build.Stdout, build.Stderr = cmd.ErrOrStderr(), cmd.ErrOrStderr()
	build.Cancel = func() error { return build.Process.Signal(os.Interrupt) }
	if err := build.Run(); err != nil && !errors.Is(err, context.Canceled) {
		return fmt.Errorf("build the images of %s: %w; the engine is up all the same", images, err)
	}
	return cmd.Context().Err()
}

// findAirdock returns the airdock command beside this program, or on the PATH.
func findAirdock() (string, error) {
	if self, err := os.Executable(); err == nil {
		beside := filepath.Join(filepath.Dir(self), "airdock")
		if _, err := exec.LookPath(beside); err == nil {
			return beside, nil
		}
	}
	found, err := exec.LookPath("airdock")
	if err != nil {
		return "", errors.New("--images needs the airdock command beside devengine or on the PATH: build it with `make build`")
	}
	return found, nil
}
