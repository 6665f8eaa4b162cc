// Command airdock is a host of the plugin for the command line: docker's verbs
// for people at a shell, and `call` for programs that speak JSON.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/hashicorp/go-hclog"
	"github.com/spf13/cobra"

	"airdock.dev/airdock/host"
	"airdock.dev/airdock/protocol"
)

// Exit codes of `docker run`, for what is no exit of the container.
const (
	exitFailure          = 125
	exitNotExecutable    = 126
	exitCommandNotFound  = 127
	exitOfOtherOperation = 1
)

// exitError ends the program with the code of a container.
type exitError struct {
	code    int
	message string
}

func (e *exitError) Error() string { return e.message }

// app is what every command of one invocation shares.
type app struct {
	engine   engineFlags
	logLevel string
	debug    bool
}

func main() {
	a := &app{}
	err := a.root().ExecuteContext(context.Background())
	os.Exit(report(err))
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "airdock",
		Short:         "Run, build and mount on a Docker Engine that is somewhere else",
		Version:       protocol.Version,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	a.engine.register(root.PersistentFlags())
	root.PersistentFlags().StringVar(&a.logLevel, "log-level", "warn", "What to log on standard error: debug, info, warn, error")
	root.PersistentFlags().BoolVarP(&a.debug, "debug", "D", false, "The same as --log-level debug")
	root.AddCommand(a.runCommand(), a.buildCommand(), a.imageCommand(), a.volumeCommand(), a.engineCommand(), a.callCommand())
	return root
}

// groupOnly is what a command does that only holds others: help, or an error for
// one that it does not hold.
func groupOnly(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("unknown command %q for %q", args[0], cmd.CommandPath())
	}
	return cmd.Help()
}

// start starts the plugin for one command.
func (a *app) start() (*host.Client, error) {
	path, err := host.Find()
	if err != nil {
		return nil, err
	}
	level := hclog.LevelFromString(a.logLevel)
	if a.debug {
		level = hclog.Debug
	}
	if level == hclog.NoLevel {
		return nil, fmt.Errorf("--log-level %q is none of debug, info, warn, error", a.logLevel)
	}
	return host.Start(path, hclog.New(&hclog.LoggerOptions{Name: "airdock", Level: level, Output: os.Stderr}))
}

// report prints what went wrong and returns the exit code for it.
func report(err error) int {
	if err == nil {
		return 0
	}
	if message := err.Error(); message != "" {
		fmt.Fprintln(os.Stderr, "airdock: "+message)
	}
	var exit *exitError
	if errors.As(err, &exit) {
		return exit.code
	}
	return exitOfOtherOperation
}

// runExitCode is the exit code of `airdock run` and of `airdock call` for an
// operation that failed.
func runExitCode(err error) int {
	failure := protocol.FromError(err)
	if failure == nil {
		return exitFailure
	}
	switch failure.Kind {
	case protocol.ErrorKind_COMMAND_NOT_FOUND:
		return exitCommandNotFound
	case protocol.ErrorKind_COMMAND_NOT_EXECUTABLE:
		return exitNotExecutable
	default:
		return exitFailure
	}
}
