package plugin

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/go-units"
	"golang.org/x/sys/unix"
	"google.golang.org/protobuf/types/known/timestamppb"

	"airdock.dev/airdock/plugin/engine"
	"airdock.dev/airdock/plugin/narrate"
	"airdock.dev/airdock/protocol"
)

// oomSlack is how long after the end of a container its memory kill may be
// reported.
const oomSlack = 300 * time.Millisecond

// exitOf describes how the container ended. The code is known already; an
// engine that does not answer now takes only the details away.
func (r *runner) exitOf(ctx context.Context, made *created, code int64) *protocol.Exit {
	exit := &protocol.Exit{
		ExitCode:    int32(code),
		ContainerId: made.id,
		Stopped:     r.control.wasStopped(),
		Signal:      signalOf(code),
		StderrTail:  r.stderr.text(),
	}
	callCtx, done := r.within(context.WithoutCancel(ctx))
	defer done()
	found, err := r.api.ContainerInspect(callCtx, made.id)
	switch {
	case err != nil:
		r.log.Warn("the details of the exit are not known", "container", made.name, "error", err)
	case found.State != nil:
		r.addState(callCtx, exit, found)
	}
	exit.PeakMemory, exit.CpuSeconds, exit.OomKills = r.observed.figures()
	if exit.OomKilled && exit.OomKills == 0 {
		exit.OomKills = 1
	}
	if exit.OomKills > 0 {
		// The last report is up to a second old; what the kernel acted on is not.
		exit.PeakMemory = max(exit.PeakMemory, exit.MemoryLimit)
	}
	exit.Explanation = explain(exit)
	exit.Headline = narrate.Headline(exit)
	exit.Report = narrate.Report(exit)
	return exit
}

func (r *runner) addState(ctx context.Context, exit *protocol.Exit, found container.InspectResponse) {
	state := found.State
	exit.OomKilled = state.OOMKilled
	exit.EngineError = state.Error
	exit.StartedAt = engineTime(state.StartedAt)
	exit.FinishedAt = engineTime(state.FinishedAt)
	if found.HostConfig != nil {
		exit.MemoryLimit = found.HostConfig.Memory
	}
	if exit.MemoryLimit == 0 && !exit.OomKilled || exit.StartedAt == nil || exit.FinishedAt == nil {
		return
	}
	until := exit.FinishedAt.AsTime()
	if until.Before(exit.StartedAt.AsTime()) {
		until = exit.StartedAt.AsTime() // engine 20.10 takes the two times in any order
	}
	if exit.OomKilled || exit.ExitCode != 0 {
		until = until.Add(oomSlack)
	}
	r.lookBackForOOMs(ctx, found.ID, exit.StartedAt.AsTime(), until)
}

// signalOf names the signal that an exit code stands for by the shells' custom.
func signalOf(code int64) string {
	if code <= 128 || code > 128+64 {
		return ""
	}
	return unix.SignalName(unix.Signal(code - 128))
}

// explain says in a sentence what an exit code means. The customs of shells and
// runtimes are what it goes by, so that it is a hint and no proof.
func explain(exit *protocol.Exit) string {
	code := exit.GetExitCode()
	limit := ""
	if exit.GetMemoryLimit() > 0 {
		limit = " of " + units.BytesSize(float64(exit.GetMemoryLimit()))
	}
	switch {
	case exit.GetOomKills() > 0 && exit.GetSignal() == "SIGKILL":
		return "the kernel killed the container because it reached its memory limit" + limit
	case exit.GetOomKills() > 0:
		return fmt.Sprintf("the kernel killed %d process(es) in the container, because it reached its memory limit%s, and the container went on",
			exit.GetOomKills(), limit)
	case code == 0:
		return ""
	case exit.GetStopped():
		return "the container was stopped on request"
	case code == 125:
		return "the program itself gave the code that docker run gives when the engine fails"
	case code == 126:
		return "a command was found but may not be executed, or is no program"
	case code == 127:
		return "a command was not found in the image; check its spelling, the PATH and the image"
	case exit.GetSignal() != "":
		return "the program was ended by the signal " + exit.GetSignal()
	}
	return ""
}

// startFailure finds the kind of a start that the engine refused. The engine
// has only the runtime's sentence, whose words these are in runc and crun.
func (r *runner) startFailure(err error) error {
	text := err.Error()
	missing := (strings.Contains(text, "executable file") && strings.Contains(text, "not found")) ||
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
			"the command is no program for this engine's platform: %w; take an image that is made for it", err)
	case strings.Contains(text, "unable to find user"), strings.Contains(text, "unable to find group"):
		return invalid("the image %s has no such user: %w; name one of its /etc/passwd, or a number", r.spec.GetContainer().GetImage(), err)
	case strings.Contains(text, "network") && strings.Contains(text, "not found"):
		return r.networkFailure(err, string(networkMode(r.spec.GetContainer())))
	}
	return engine.Failure(err, r.host, "start container")
}

func (r *runner) networkFailure(err error, name string) error {
	if errdefs.IsNotFound(err) {
		return protocol.Errorf(protocol.ErrorKind_NETWORK_NOT_FOUND,
			"the engine at %s has no network %s; create it there first: %w", r.host, name, err)
	}
	return engine.Failure(err, r.host, "connect network "+name)
}

func engineTime(text string) *timestamppb.Timestamp {
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil || t.Year() <= 1 {
		return nil
	}
	return timestamppb.New(t)
}
