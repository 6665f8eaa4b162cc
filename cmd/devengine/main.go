// Command devengine brings up a Docker Engine for development and tests, with
// mutual TLS on 127.0.0.1 and a registry as its mirror, keeps it in one folder,
// and takes it down again without a trace. It imports nothing of ours but its
// own internal packages.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// notRunning is the exit code of status for an engine that does not run.
const notRunning = 3

// exitError ends the program with a code and without a message.
type exitError int

func (e exitError) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is the program without its process.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	var exit exitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return int(exit)
	case ctx.Err() != nil:
		_, _ = fmt.Fprintln(stderr, "devengine: interrupted; what was begun is finished by `devengine up` or removed by `devengine down`")
		return 130
	default:
		_, _ = fmt.Fprintf(stderr, "devengine: %v\n", err)
		return 1
	}
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:           "devengine",
		Short:         "A Docker Engine for development: mutual TLS on 127.0.0.1, all of it in one folder",
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.PersistentFlags().String("dir", ".devengine", "the engine's folder; two folders are two engines")
	root.AddCommand(newUp(), newDown(), newStatus(), newEnv())
	return root
}

// speaker prints what happens to a person.
func speaker(cmd *cobra.Command) sayer {
	return func(format string, args ...any) {
		_, _ = fmt.Fprintf(cmd.ErrOrStderr(), "devengine: "+format+"\n", args...)
	}
}
