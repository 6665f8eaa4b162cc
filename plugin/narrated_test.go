package plugin

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"airdock.dev/airdock/protocol"
)

// calling is a plugin process and a context for its calls, with more metadata.
func calling(t *testing.T, pairs ...string) (context.Context, protocol.AirdockClient) {
	t.Helper()
	client := protocol.NewAirdockClient(startProcess(t, nil).dial(t))
	return metadata.AppendToOutgoingContext(bearing(t.Context(), "Bearer "+testToken), pairs...), client
}

// kindsOf names events by their kinds, and those of a log by their lines.
func kindsOf(events []*protocol.Event) []string {
	var all []string
	for _, event := range events {
		text := fmt.Sprintf("%T", event.GetEvent())
		if log := event.GetLog(); log != nil {
			text = log.GetLevel().String() + " " + log.GetText()
		}
		all = append(all, strings.TrimPrefix(text, "*protocol.Event_"))
	}
	return all
}

func ended(t *testing.T, stream grpc.ServerStreamingClient[protocol.Event], err error) ([]*protocol.Event, error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return drain(stream)
}

// TestNarratedRun: the metadata, and nothing else, puts lines in the place of events.
func TestNarratedRun(t *testing.T) {
	t.Parallel()
	told := []string{
		"INFO ::group::Pulling image bash:latest", "INFO Pulled bash:latest", "INFO ::endgroup::",
		"INFO Container box (c0ffee) of image bash runs on HOST", "Output", "Exit",
	}
	plain := []string{"PullProgress", "Started", "Output", "Exit"}
	for name, c := range map[string]struct {
		metadata []string
		want     []string
	}{
		"asked for":      {[]string{"airdock-log", "text"}, told},
		"another value":  {[]string{"airdock-log", "json"}, plain},
		"two values":     {[]string{"airdock-log", "json", "airdock-log", "text"}, told},
		"not asked for":  {nil, plain},
		"an empty value": {[]string{"airdock-log", ""}, plain},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := startDaemon(t)
			ctx, client := calling(t, c.metadata...)
			run := request(d, "k1")
			run.Container.Name = "box"
			run.Pull = protocol.PullPolicy_PULL_ALWAYS
			stream, err := client.Run(ctx, run)
			if err != nil {
				t.Fatal(err)
			}
			var events []*protocol.Event
			for {
				event, err := stream.Recv()
				if err != nil {
					t.Fatal(err)
				}
				events = append(events, event)
				if event.GetOutput() != nil {
					break
				}
			}
			if _, err := client.Stop(ctx, &protocol.StopRequest{Engine: d.engine(), Key: "k1"}); err != nil {
				t.Fatal(err)
			}
			rest, err := drain(stream)
			if err != nil {
				t.Fatal(err)
			}
			events = append(events, rest...)
			got := kindsOf(events)
			for i := range got {
				got[i] = strings.ReplaceAll(got[i], d.engine().GetHosts()[0], "HOST")
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if exit := events[len(events)-1].GetExit(); !strings.HasPrefix(exit.GetHeadline(), "Container c0ffee exited with code 143 (SIGTERM): ") {
				t.Errorf("exit %+v", exit)
			}
		})
	}
}

// TestNarratedFailure: a call that fails is a failure as before, and a build's
// message stands in the log, too.
func TestNarratedFailure(t *testing.T) {
	t.Parallel()
	d := startDaemon(t)
	ctx, client := calling(t, "airdock-log", "text")
	stream, err := client.Build(ctx, &protocol.BuildRequest{Engine: d.engine(), Key: "no key"})
	events, err := ended(t, stream, err)
	wantKind(t, err, protocol.ErrorKind_INVALID_REQUEST)
	if diff := cmp.Diff([]string{"ERROR " + protocol.FromError(err).Message}, kindsOf(events)); diff != "" {
		t.Errorf("build: -want +got:\n%s", diff)
	}
	stream, err = client.Run(ctx, request(d, "no key"))
	events, err = ended(t, stream, err)
	wantKind(t, err, protocol.ErrorKind_INVALID_REQUEST)
	if len(events) != 0 {
		t.Errorf("run: %v", events)
	}
}

// TestNarratedKnowsTheRequest: only a call that makes a volume says that it is there.
func TestNarratedKnowsTheRequest(t *testing.T) {
	t.Parallel()
	d := startDaemon(t)
	ctx, client := calling(t, "airdock-log", "text")
	stream, err := client.VolumeCreate(ctx, &protocol.VolumeCreateRequest{Engine: d.engine(), Volume: &protocol.Volume{Name: "v"}})
	events, err := ended(t, stream, err)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"INFO Volume v is there.", "VolumeInfo"}, kindsOf(events)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
