package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/reflect/protoreflect"

	"airdock.dev/airdock/host"
	"airdock.dev/airdock/protocol"
)

func (a *app) callCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "call",
		Short: "Make one call of the protocol: a request as JSON in, one event as JSON a line out",
		Long: `Make one call of the protocol, for a shell, cron or a program without gRPC.

Standard input holds one message Call of airdock.proto as JSON, that is an
object with one of the members info, run, stop, build, pull, push, tag,
image_inspect, image_remove, volume_create, volume_inspect, volume_list,
volume_remove, volume_prune, volume_put and volume_get. Each event is one line of
JSON on standard output, as soon as it happens; the last line is the outcome, or
{"error": …}. A request without an engine is sent to the one of the flags and
the environment. Logs go to standard error. The exit code is the container's;
125, 126 and 127 mean what they mean with docker run.`,
		Example: `  echo '{"run": {"remove": "REMOVE_FORCE", "container": {"image": "bash", "command": ["ls", "/"]}}}' | airdock call`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			code, err := a.call(cmd.Context(), cmd.InOrStdin(), os.Stdout)
			if err != nil || code == 0 {
				return err
			}
			return &exitError{code: code}
		},
	}
}

// call returns the exit code; an error is one that has no line on out.
func (a *app) call(ctx context.Context, in io.Reader, out io.Writer) (int, error) {
	request, err := a.readCall(in)
	if err != nil {
		return exitFailure, printEvent(out, failed(protocol.Errorf(protocol.ErrorKind_INVALID_REQUEST, "%w", err)))
	}
	client, err := a.start()
	if err != nil {
		return exitFailure, printEvent(out, failed(err))
	}
	defer client.Close()
	final, code, err := perform(ctx, client, request, func(event *protocol.Event) error { return printEvent(out, event) })
	if err != nil {
		a.cleanUp(ctx, withContainer(request), err)
		return runExitCode(err), printEvent(out, failed(err))
	}
	return code, printEvent(out, final)
}

func perform(ctx context.Context, client *host.Client, request *protocol.Call, each func(*protocol.Event) error) (*protocol.Event, int, error) {
	switch operation := request.GetOperation().(type) {
	case *protocol.Call_Info:
		info, err := client.Info(ctx, operation.Info)
		return &protocol.Event{Event: &protocol.Event_EngineInfo{EngineInfo: info}}, 0, err
	case *protocol.Call_Run:
		call, unwatch := stopOnSignal(ctx, client, operation.Run)
		defer unwatch()
		exit, err := client.Run(call, operation.Run, each)
		return &protocol.Event{Event: &protocol.Event_Exit{Exit: exit}}, int(exit.GetExitCode()), err
	case *protocol.Call_Stop:
		stopped, err := client.Stop(ctx, operation.Stop)
		return &protocol.Event{Event: &protocol.Event_Stopped{Stopped: stopped}}, 0, err
	default:
		return performImage(ctx, client, request, each)
	}
}

// withContainer returns the operation if it leaves a container behind when its
// plugin dies.
func withContainer(request *protocol.Call) keyed {
	switch operation := request.GetOperation().(type) {
	case *protocol.Call_Run:
		return operation.Run
	case *protocol.Call_VolumePut:
		return operation.VolumePut
	case *protocol.Call_VolumeGet:
		return operation.VolumeGet
	}
	return nil
}

// readCall reads the request strictly and fills in what this program knows: the
// engine of its flags and environment, and a key for what can be stopped.
func (a *app) readCall(in io.Reader) (*protocol.Call, error) {
	text, err := io.ReadAll(in)
	if err != nil {
		return nil, fmt.Errorf("read standard input: %w", err)
	}
	request := &protocol.Call{}
	if err := protojson.Unmarshal(text, request); err != nil {
		return nil, fmt.Errorf("standard input is no call: %w", err)
	}
	a.complete(request)
	return request, nil
}

// complete sets the engine of any operation, and the key of one that has none and
// is not a stop: there the key says what to stop.
func (a *app) complete(request *protocol.Call) {
	call := request.ProtoReflect()
	chosen := call.WhichOneof(operations())
	if chosen == nil {
		return
	}
	operation, fields := call.Mutable(chosen).Message(), chosen.Message().Fields()
	if engine := fields.ByName("engine"); !operation.Has(engine) {
		operation.Set(engine, protoreflect.ValueOfMessage(a.engine.spec().ProtoReflect()))
	}
	if key := fields.ByName("key"); key != nil && !operation.Has(key) && request.GetStop() == nil {
		operation.Set(key, protoreflect.ValueOfString(newKey()))
	}
}

// operations are the members of Call.
func operations() protoreflect.OneofDescriptor {
	return (&protocol.Call{}).ProtoReflect().Descriptor().Oneofs().ByName("operation")
}

func failed(err error) *protocol.Event {
	failure := protocol.FromError(err)
	if failure == nil {
		failure = protocol.Errorf(protocol.ErrorKind_INTERNAL, "%w", err)
	}
	return &protocol.Event{Event: &protocol.Event_Error{Error: failure.Detail()}}
}

// printEvent writes one event as one line, with the names of airdock.proto and
// with all its fields, so that a program finds the exit code 0 as well.
func printEvent(out io.Writer, event *protocol.Event) error {
	line, err := compactJSON(event)
	if err != nil {
		return err
	}
	_, err = io.WriteString(out, line+"\n")
	return err
}
