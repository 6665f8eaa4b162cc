package plugin

import (
	"context"
	"fmt"
	"strings"
	"time"

	"golang.org/x/sys/unix"
	"google.golang.org/protobuf/types/known/timestamppb"

	"airdock.dev/airdock/plugin/engine"
	"airdock.dev/airdock/protocol"
)

// exitOf describes how the container ended. The code is known already; an
// engine that does not answer now takes only the details away.
func (r *runner) exitOf(ctx context.Context, made *created, code int64) *protocol.Exit {
	exit := &protocol.Exit{ExitCode: int32(code), ContainerId: made.id, Stopped: r.control.wasStopped()}
	callCtx, done := r.within(context.WithoutCancel(ctx))
	defer done()
	found, err := r.api.ContainerInspect(callCtx, made.id)
	if err != nil {
		r.log.Warn("the details of the exit are not known", "container", made.name, "error", err)
	} else if state := found.State; state != nil {
		exit.OomKilled = state.OOMKilled
		exit.EngineError = state.Error
		exit.StartedAt = engineTime(state.StartedAt)
		exit.FinishedAt = engineTime(state.FinishedAt)
	}
	exit.Explanation = explain(exit)
	return exit
}

// explain says in a sentence what an exit code means; a shell's conventions
// are what it goes by, so that it is a hint and no proof.
func explain(exit *protocol.Exit) string {
	code := exit.GetExitCode()
	switch {
	case exit.GetOomKilled():
		return "the kernel killed the container because it reached its memory limit"
	case code == 0:
		return ""
	case exit.GetStopped():
		return "the container was stopped on request"
	case code == 125:
		return "the container's program itself gave the code that docker run gives when the engine fails"
	case code == 126:
		return "a command was found but may not be executed, or is no program"
	case code == 127:
		return "a command was not found in the image; check its spelling, the PATH and the image"
	case code > 128 && code <= 128+64:
		signal := unix.Signal(code - 128)
		if name := unix.SignalName(signal); name != "" {
			return fmt.Sprintf("the program was ended by signal %s", name)
		}
	}
	return ""
}

// startFailure finds the kind of a start that the engine refused. The engine
// has only the runtime's sentence, whose words these are in runc and crun.
func (r *runner) startFailure(err error) error {
	text := err.Error()
	missing := strings.Contains(text, "executable file not found") ||
		(strings.Contains(text, "exec") && strings.Contains(text, "no such file or directory") && !strings.Contains(text, "mount"))
	switch {
	case missing:
		return protocol.Errorf(protocol.ErrorKind_COMMAND_NOT_FOUND,
			"the image %s has no such command: %w; check the command's spelling and the image's PATH", r.spec.GetContainer().GetImage(), err)
	case strings.Contains(text, "permission denied") && strings.Contains(text, "exec"):
		return protocol.Errorf(protocol.ErrorKind_COMMAND_NOT_EXECUTABLE,
			"the command may not be executed: %w; check its mode and its first line", err)
	case strings.Contains(text, "exec format error"):
		return protocol.Errorf(protocol.ErrorKind_COMMAND_NOT_EXECUTABLE,
			"the command is no program for this engine's platform: %w", err)
	case strings.Contains(text, "network") && strings.Contains(text, "not found"):
		return protocol.Errorf(protocol.ErrorKind_NETWORK_NOT_FOUND,
			"the engine at %s has no network %s: create it there first: %w", r.host, r.spec.GetContainer().GetNetworkMode(), err)
	}
	return engine.Failure(err, r.host, "start container")
}

func engineTime(text string) *timestamppb.Timestamp {
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil || t.Year() <= 1 {
		return nil
	}
	return timestamppb.New(t)
}
