package plugin

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/durationpb"

	"airdock.dev/airdock/protocol"
)

func request(d *daemon, key string) *protocol.RunRequest {
	return &protocol.RunRequest{
		Engine: d.engine(), Key: key, Remove: protocol.RemovePolicy_REMOVE_FORCE,
		Container: &protocol.Container{Image: "bash"},
	}
}

// begin starts a run and returns its stream once the container has printed.
func begin(t *testing.T, ctx context.Context, client protocol.AirdockClient, run *protocol.RunRequest) grpc.ServerStreamingClient[protocol.Event] {
	t.Helper()
	stream, err := client.Run(ctx, run)
	if err != nil {
		t.Fatal(err)
	}
	for {
		event, err := stream.Recv()
		if err != nil {
			t.Fatal(err)
		}
		if event.GetOutput().GetText() == "hello\n" {
			return stream
		}
	}
}

// drain reads a stream to its end.
func drain(stream grpc.ServerStreamingClient[protocol.Event]) ([]*protocol.Event, error) {
	var all []*protocol.Event
	for {
		event, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return all, err
		}
		all = append(all, event)
	}
}

func TestInfoOverTheWire(t *testing.T) {
	t.Parallel()
	d := startDaemon(t)
	client, _ := serveInProcess(t)
	stream, err := client.Info(t.Context(), &protocol.InfoRequest{Engine: d.engine()})
	if err != nil {
		t.Fatal(err)
	}
	got, err := drain(stream)
	if err != nil {
		t.Fatal(err)
	}
	want := []*protocol.Event{{Event: &protocol.Event_EngineInfo{EngineInfo: &protocol.EngineInfo{
		Host: d.engine().GetHosts()[0], Version: "20.10.24", ApiVersion: "1.41", MinApiVersion: "1.12", Os: "linux", Arch: "amd64",
		Kernel: "6.1", Name: "box", StorageDriver: "overlay2", Buildkit: true, Swarm: "active", SwarmManager: true,
		PluginVersion: protocol.Version,
	}}}}
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestInfoFailureOverTheWire(t *testing.T) {
	t.Parallel()
	d := startDaemon(t)
	d.Close()
	client, _ := serveInProcess(t)
	stream, err := client.Info(t.Context(), &protocol.InfoRequest{Engine: d.engine()})
	if err != nil {
		t.Fatal(err)
	}
	events, err := drain(stream)
	wantKind(t, err, protocol.ErrorKind_ENGINE_UNREACHABLE, d.engine().GetHosts()[0])
	if len(events) != 0 {
		t.Errorf("events %v", events)
	}
}

// TestRunRefusesOverTheWire has the requests that cannot be meant; the engine
// is not asked at all.
func TestRunRefusesOverTheWire(t *testing.T) {
	t.Parallel()
	d := startDaemon(t)
	client, _ := serveInProcess(t)
	for name, change := range map[string]func(*protocol.RunRequest){
		"no key":            func(r *protocol.RunRequest) { r.Key = "" },
		"a key with spaces": func(r *protocol.RunRequest) { r.Key = "a b" },
		"no container":      func(r *protocol.RunRequest) { r.Container = nil },
		"no image":          func(r *protocol.RunRequest) { r.Container.Image = "" },
		"not an image":      func(r *protocol.RunRequest) { r.Container.Image = "A B" },
		"no engine":         func(r *protocol.RunRequest) { r.Engine = nil },
		"negative grace":    func(r *protocol.RunRequest) { r.StopGrace = durationpb.New(-time.Second) },
		"no time to run":    func(r *protocol.RunRequest) { r.RunTimeout = durationpb.New(0) },
		"no time to pull":   func(r *protocol.RunRequest) { r.PullInactivityTimeout = durationpb.New(0) },
		"two main networks": func(r *protocol.RunRequest) {
			r.Container.NetworkMode, r.Container.Networks = "host", []*protocol.Network{{Name: "n"}}
		},
		"a nameless network": func(r *protocol.RunRequest) { r.Container.Networks = []*protocol.Network{{}} },
		"a file without path": func(r *protocol.RunRequest) {
			r.Files = []*protocol.File{{Source: &protocol.File_Content{Content: []byte("x")}}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			run := request(d, "k1")
			change(run)
			stream, err := client.Run(t.Context(), run)
			if err != nil {
				t.Fatal(err)
			}
			_, err = drain(stream)
			wantKind(t, err, protocol.ErrorKind_INVALID_REQUEST)
		})
	}
	if d.seen() != "" {
		t.Errorf("the engine was asked for %s", d.seen())
	}
}

func TestStopOverTheWire(t *testing.T) {
	t.Parallel()
	d := startDaemon(t)
	client, _ := serveInProcess(t)
	stream := begin(t, t.Context(), client, request(d, "k1"))

	again, err := client.Run(t.Context(), request(d, "k1"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = drain(again)
	wantKind(t, err, protocol.ErrorKind_NAME_IN_USE, "k1")

	stopped, err := client.Stop(t.Context(), &protocol.StopRequest{Engine: d.engine(), Key: "k1", Grace: durationpb.New(time.Second)})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"c0ffee"}, stopped.GetContainers()); diff != "" {
		t.Error(diff)
	}
	// Stop returns after the removal.
	if want := "create, start, stop in 1, remove"; d.seen() != want {
		t.Errorf("%s, want %s", d.seen(), want)
	}
	rest, err := drain(stream)
	if err != nil || len(rest) != 1 {
		t.Fatalf("%v, %v", rest, err)
	}
	if exit := rest[0].GetExit(); exit.GetExitCode() != 143 || !exit.GetStopped() || !exit.GetRemoved() {
		t.Errorf("exit %+v", exit)
	}
}

// TestStopOfWhatNobodyFollows: by the label, on whatever engine is named.
func TestStopOfWhatNobodyFollows(t *testing.T) {
	t.Parallel()
	d := startDaemon(t)
	d.keys["left"] = "old"
	client, _ := serveInProcess(t)
	for key, c := range map[string]struct {
		found []string
		calls string
	}{
		"none": {nil, ""},
		"old":  {[]string{"left"}, "stop in 3, remove"},
	} {
		stopped, err := client.Stop(t.Context(), &protocol.StopRequest{Engine: d.engine(), Key: key})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.found, stopped.GetContainers()); diff != "" {
			t.Errorf("%s: %s", key, diff)
		}
		if key == "old" && d.seen() != c.calls {
			t.Errorf("%s, want %s", d.seen(), c.calls)
		}
	}
}

func TestStopRefusesOverTheWire(t *testing.T) {
	t.Parallel()
	d := startDaemon(t)
	client, _ := serveInProcess(t)
	for name, stop := range map[string]*protocol.StopRequest{
		"no key":         {Engine: d.engine()},
		"no engine":      {Key: "k1"},
		"negative grace": {Engine: d.engine(), Key: "k1", Grace: durationpb.New(-5 * time.Second)},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := client.Stop(t.Context(), stop)
			wantKind(t, err, protocol.ErrorKind_INVALID_REQUEST)
		})
	}
}

// TestRunCancelledOverTheWire: a host that gives up its call has the container
// settled behind its back.
func TestRunCancelledOverTheWire(t *testing.T) {
	t.Parallel()
	d := startDaemon(t)
	client, _ := serveInProcess(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	begin(t, ctx, client, request(d, "k1"))
	cancel()
	eventually(t, "the container is stopped and removed", func() bool { return d.seen() == "create, start, stop in 3, remove" })
	// The key is free again.
	eventually(t, "the run is over", func() bool {
		stopped, err := client.Stop(t.Context(), &protocol.StopRequest{Engine: d.engine(), Key: "k1"})
		return err == nil && len(stopped.GetContainers()) == 0
	})
}

// TestHostLostOverTheWire: the end of the host settles every run.
func TestHostLostOverTheWire(t *testing.T) {
	t.Parallel()
	for policy, calls := range map[protocol.HostLostPolicy]string{
		protocol.HostLostPolicy_HOST_LOST_STOP: "create, start, stop in 3, remove",
		protocol.HostLostPolicy_HOST_LOST_KEEP: "create, start",
	} {
		d := startDaemon(t)
		client, lose := serveInProcess(t)
		run := request(d, "k1")
		run.OnHostLost = policy
		stream := begin(t, t.Context(), client, run)
		lose()
		_, err := drain(stream)
		if status.Code(err) != codes.Canceled || protocol.FromError(err) != nil {
			t.Errorf("%s: the call ended with %v", policy, err)
		}
		if !strings.HasPrefix(d.seen(), calls) || len(d.seen()) != len(calls) {
			t.Errorf("%s: %s, want %s", policy, d.seen(), calls)
		}
	}
}
