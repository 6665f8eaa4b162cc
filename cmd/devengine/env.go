package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"airdock.dev/airdock/cmd/devengine/internal/engine"
	"airdock.dev/airdock/cmd/devengine/internal/folder"
)

func newEnv() *cobra.Command {
	return &cobra.Command{
		Use:   "env",
		Short: `Print the environment of a running engine, for eval "$(devengine env)"`,
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			dir, err := cmd.Flags().GetString("dir")
			if err != nil {
				return err
			}
			f, state, err := folder.Peek(dir)
			if err != nil {
				return err
			}
			if state == nil || state.Port == 0 {
				return errors.New("no engine is up in " + f.Path + ": start it with `devengine up --dir " + quote(f.Path) + "`")
			}
			return printEnv(cmd.OutOrStdout(), f.Path, state)
		},
	}
}

// printEnv prints what the docker CLI, the plugin and the tests read.
func printEnv(to io.Writer, path string, state *folder.State) error {
	lines := [][2]string{
		{"DOCKER_HOST", engine.Address(state.Port)},
		{"DOCKER_CERT_PATH", filepath.Join(path, "certs", "client")},
		{"DOCKER_TLS_VERIFY", "1"},
	}
	if state.RegistryPort != 0 {
		lines = append(lines, [2]string{"AIRDOCK_TEST_REGISTRY", fmt.Sprintf("127.0.0.1:%d", state.RegistryPort)})
	}
	for _, line := range lines {
		if _, err := fmt.Fprintf(to, "export %s=%s\n", line[0], quote(line[1])); err != nil {
			return err
		}
	}
	return nil
}

// quote makes one word of a POSIX shell out of any text.
func quote(text string) string {
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
