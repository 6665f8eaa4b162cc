package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/types/known/durationpb"

	"airdock.dev/airdock/host"
	"airdock.dev/airdock/protocol"
)

func (a *app) runCommand() *cobra.Command {
	var flags runFlags
	run := &cobra.Command{
		Use:                   "run [OPTIONS] IMAGE [COMMAND] [ARG...]",
		DisableFlagsInUseLine: true,
		Short:                 "Run a command in a new container on the engine",
		Long: `Run a command in a new container on the engine.

The container's standard output and error are those of this command, and its
exit code, too. Ctrl-C stops the container; a second one kills it. Where the
engine fails, the exit code is 125, or 126 and 127 for a command that cannot be
executed or is not there, as with docker run.`,
		Example: "  airdock run --rm bash ls -al /",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			request, err := flags.request(args)
			if err != nil {
				return &exitError{exitFailure, err.Error()}
			}
			request.Engine = a.engine.spec()
			return a.run(cmd.Context(), request, flags.quiet)
		},
	}
	// What follows the image belongs to the container's command.
	run.Flags().SetInterspersed(false)
	run.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return &exitError{exitFailure, err.Error()} })
	// Without this cobra takes -h, which is docker run's --hostname.
	run.Flags().Bool("help", false, "Show this help")
	flags.register(run.Flags())
	return run
}

func (a *app) run(ctx context.Context, request *protocol.RunRequest, quiet bool) error {
	client, err := a.start()
	if err != nil {
		return &exitError{exitFailure, err.Error()}
	}
	defer client.Close()
	call, unwatch := stopOnSignal(ctx, client, request)
	defer unwatch()

	pull, files := newProgressDisplay(os.Stderr, quiet), newProgressDisplay(os.Stderr, quiet)
	exit, err := client.Run(call, request, func(event *protocol.Event) error {
		switch e := event.GetEvent().(type) {
		case *protocol.Event_PullProgress:
			pull.pull(e.PullProgress)
		case *protocol.Event_TransferProgress:
			files.transfer(e.TransferProgress)
		case *protocol.Event_Output:
			return write(e.Output)
		}
		return nil
	})
	pull.close()
	files.close()
	if err != nil {
		a.cleanUp(ctx, request, err)
		return &exitError{runExitCode(err), err.Error()}
	}
	if exit.GetExitCode() != 0 {
		return &exitError{int(exit.GetExitCode()), hint(exit)}
	}
	return nil
}

// cleanUp stops what a plugin that died left behind, with another plugin.
func (a *app) cleanUp(ctx context.Context, request keyed, failed error) {
	if request == nil || !errors.Is(failed, host.ErrPluginDied) {
		return
	}
	client, err := a.start()
	if err == nil {
		defer client.Close()
		_, err = client.Stop(ctx, &protocol.StopRequest{Engine: request.GetEngine(), Key: request.GetKey()})
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "airdock: the container may still be there, with the label dev.airdock.key=%s: %v\n", request.GetKey(), err)
	}
}

// hint is what the exit code of the container alone does not say.
func hint(exit *protocol.Exit) string {
	switch {
	case exit.GetEngineError() != "":
		return exit.GetEngineError()
	case exit.GetOomKilled():
		return exit.GetExplanation()
	}
	return ""
}

func write(output *protocol.Output) error {
	to := io.Writer(os.Stdout)
	if output.GetStream() == protocol.Output_STDERR {
		to = os.Stderr
	}
	if _, err := to.Write(output.GetData()); err != nil {
		return fmt.Errorf("write the container's output: %w", err)
	}
	return nil
}

// keyed is a request that Stop can stop.
type keyed interface {
	GetEngine() *protocol.Engine
	GetKey() string
}

// answerTimeout bounds the wait for the answer to a stop after the run's end.
const answerTimeout = time.Second

// stopOnSignal makes the first signal stop the run's container and the next one
// kill it. The call, which must be made with the context that is returned, then
// ends by itself; the function that is returned ends the watching.
func stopOnSignal(ctx context.Context, client *host.Client, request keyed) (context.Context, func()) {
	call, giveUp := context.WithCancel(ctx)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	ctx, cancel := context.WithCancel(ctx)
	var stops sync.WaitGroup
	stops.Go(func() {
		stop := &protocol.StopRequest{Engine: request.GetEngine(), Key: request.GetKey()}
		for range signals {
			order := &protocol.StopRequest{Engine: stop.Engine, Key: stop.Key, Grace: stop.Grace}
			stops.Go(func() {
				answer, err := client.Stop(ctx, order)
				if err != nil && ctx.Err() == nil {
					fmt.Fprintln(os.Stderr, "airdock: stop the container: "+err.Error())
				}
				if len(answer.GetContainers()) == 0 {
					// The stop may have overtaken the call on its way to the plugin.
					time.AfterFunc(answerTimeout, giveUp)
				}
			})
			stop.Grace = durationpb.New(0)
		}
	})
	return call, func() {
		defer giveUp()
		signal.Stop(signals)
		close(signals)
		// The run is over, so that the answers to its stops are on their way; the
		// end of the plugin would overtake them.
		late := time.AfterFunc(answerTimeout, cancel)
		stops.Wait()
		late.Stop()
		cancel()
	}
}

// newKey identifies a run that no one else names.
func newKey() string { return "cli-" + strings.ToLower(rand.Text()) }
