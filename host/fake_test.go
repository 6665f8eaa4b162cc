package host

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"airdock.dev/airdock/protocol"
)

// fakeName begins the name under which this test program is a plugin process;
// the rest of the name says which. A host passes on no environment of a test.
const fakeName = "fake-plugin-"

func TestMain(m *testing.M) {
	if which, isPlugin := strings.CutPrefix(filepath.Base(os.Args[0]), fakeName); isPlugin {
		serveFake(which)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// fakePlugin answers calls by its functions.
type fakePlugin struct {
	protocol.UnimplementedAirdockServer
	run  func(request *protocol.RunRequest, stream grpc.ServerStreamingServer[protocol.Event]) error
	info func(stream grpc.ServerStreamingServer[protocol.Event]) error
	stop func(ctx context.Context, request *protocol.StopRequest) (*protocol.StopResponse, error)
}

func (f *fakePlugin) Run(request *protocol.RunRequest, stream grpc.ServerStreamingServer[protocol.Event]) error {
	return f.run(request, stream)
}

func (f *fakePlugin) Info(_ *protocol.InfoRequest, stream grpc.ServerStreamingServer[protocol.Event]) error {
	return f.info(stream)
}

func (f *fakePlugin) Stop(ctx context.Context, request *protocol.StopRequest) (*protocol.StopResponse, error) {
	return f.stop(ctx, request)
}

func started() *protocol.Event {
	return &protocol.Event{Event: &protocol.Event_Started{Started: &protocol.Started{ContainerId: "c0ffee"}}}
}

func printed(data []byte) *protocol.Event {
	return &protocol.Event{Event: &protocol.Event_Output{Output: &protocol.Output{Stream: protocol.Output_STDOUT, Data: data}}}
}

func exited(code int32) *protocol.Event {
	return &protocol.Event{Event: &protocol.Event_Exit{Exit: &protocol.Exit{ExitCode: code}}}
}

func described() *protocol.Event {
	return &protocol.Event{Event: &protocol.Event_EngineInfo{EngineInfo: &protocol.EngineInfo{Version: "28.0"}}}
}

// sends is a run of these events.
func sends(events ...*protocol.Event) func(*protocol.RunRequest, grpc.ServerStreamingServer[protocol.Event]) error {
	return func(_ *protocol.RunRequest, stream grpc.ServerStreamingServer[protocol.Event]) error {
		for _, event := range events {
			if err := stream.Send(event); err != nil {
				return err
			}
		}
		return nil
	}
}

func untilCancelled(_ *protocol.RunRequest, stream grpc.ServerStreamingServer[protocol.Event]) error {
	for stream.Context().Err() == nil {
		if err := stream.Send(printed([]byte("again\n"))); err != nil {
			return err
		}
	}
	return stream.Context().Err()
}

func environmentOfIt(_ *protocol.RunRequest, stream grpc.ServerStreamingServer[protocol.Event]) error {
	return sends(printed([]byte(strings.Join(os.Environ(), "\n"))), exited(0))(nil, stream)
}

func dies(_ *protocol.RunRequest, stream grpc.ServerStreamingServer[protocol.Event]) error {
	_ = stream.Send(started())
	os.Exit(3)
	return nil
}

func sizeOf(request *protocol.RunRequest, stream grpc.ServerStreamingServer[protocol.Event]) error {
	return sends(printed(make([]byte, len(request.GetFiles()[0].GetContent()))), exited(0))(nil, stream)
}

// fakes are the plugins that a test can start, by their name.
func fakes() map[string]*fakePlugin {
	full := func(stream grpc.ServerStreamingServer[protocol.Event]) error { return stream.Send(described()) }
	none := func(grpc.ServerStreamingServer[protocol.Event]) error { return nil }
	stopped := func(context.Context, *protocol.StopRequest) (*protocol.StopResponse, error) {
		return &protocol.StopResponse{Containers: []string{"c0ffee"}}, nil
	}
	failed := protocol.Errorf(protocol.ErrorKind_NAME_IN_USE, "taken")
	return map[string]*fakePlugin{
		"healthy":     {run: sends(started(), printed([]byte("hello\n")), exited(7)), info: full, stop: stopped},
		"stubborn":    {run: sends(exited(0)), info: full},
		"no-final":    {run: sends(started()), info: none},
		"wrong-final": {run: sends(started(), described()), info: func(s grpc.ServerStreamingServer[protocol.Event]) error { return s.Send(exited(0)) }},
		"fails": {
			run:  func(*protocol.RunRequest, grpc.ServerStreamingServer[protocol.Event]) error { return failed },
			info: func(grpc.ServerStreamingServer[protocol.Event]) error { return failed },
			stop: func(context.Context, *protocol.StopRequest) (*protocol.StopResponse, error) { return nil, failed },
		},
		"fails-late": {run: func(_ *protocol.RunRequest, s grpc.ServerStreamingServer[protocol.Event]) error {
			_ = s.Send(started())
			return failed
		}},
		"dies":        {run: dies},
		"endless":     {run: untilCancelled},
		"environment": {run: environmentOfIt},
		"size":        {run: sizeOf},
	}
}

func serveFake(which string) {
	if which == "talks" {
		fmt.Println("hello, I am no plugin")
		return
	}
	service := fakes()[which]
	if which != "stubborn" {
		go func() {
			_, _ = io.Copy(io.Discard, os.NewFile(3, "host"))
			os.Exit(0)
		}()
	}
	goplugin.Serve(&goplugin.ServeConfig{
		HandshakeConfig: protocol.Handshake(),
		Plugins:         goplugin.PluginSet{protocol.PluginName: &protocol.Plugin{Service: service}},
		Logger:          hclog.NewNullLogger(),
		GRPCServer: func(opts []grpc.ServerOption) *grpc.Server {
			return grpc.NewServer(append(opts, grpc.MaxRecvMsgSize(protocol.MaxMessageSize), grpc.MaxSendMsgSize(protocol.MaxMessageSize))...)
		},
	})
}

// pathOf is where that fake is started from.
func pathOf(t *testing.T, which string) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), fakeName+which)
	if err := os.Symlink(self, path); err != nil {
		t.Fatal(err)
	}
	return path
}

// start starts a fake and closes it after the test.
func start(t *testing.T, which string) *Client {
	t.Helper()
	client, err := Start(pathOf(t, which), hclog.NewNullLogger())
	t.Cleanup(func() {
		if client != nil {
			client.Close()
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// quickly fails a test that takes longer than it should.
func quickly(t *testing.T, what string, within time.Duration, do func()) {
	t.Helper()
	began := time.Now()
	do()
	if took := time.Since(began); took > within {
		t.Errorf("%s took %s, want at most %s", what, took, within)
	}
}
