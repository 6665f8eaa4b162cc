package protocol_test

import (
	"context"
	"errors"
	"io"
	"testing"

	goplugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"airdock.dev/airdock/protocol"
)

// failing answers every call with one failure.
type failing struct {
	protocol.UnimplementedAirdockServer
	failure func() error
}

func (f *failing) Run(*protocol.RunRequest, grpc.ServerStreamingServer[protocol.Event]) error {
	return f.failure()
}

func (f *failing) Stop(context.Context, *protocol.StopRequest) (*protocol.StopResponse, error) {
	return nil, f.failure()
}

func dispense(t *testing.T, service protocol.AirdockServer) protocol.AirdockClient {
	t.Helper()
	client, _ := goplugin.TestPluginGRPCConn(t, false, goplugin.PluginSet{
		protocol.PluginName: &protocol.Plugin{Service: service},
	})
	t.Cleanup(func() { _ = client.Close() })
	raw, err := client.Dispense(protocol.PluginName)
	if err != nil {
		t.Fatal(err)
	}
	return raw.(protocol.AirdockClient)
}

// TestFailureOverTheWire sends every kind through a real socket, from a unary
// and from a streaming call.
func TestFailureOverTheWire(t *testing.T) {
	t.Parallel()
	var next error
	client := dispense(t, &failing{failure: func() error { return next }})
	for _, kind := range everyKind() {
		next = protocol.Errorf(kind, "about %s", kind)
		_, unary := client.Stop(t.Context(), &protocol.StopRequest{})
		stream, err := client.Run(t.Context(), &protocol.RunRequest{})
		if err != nil {
			t.Fatal(err)
		}
		_, streamed := stream.Recv()
		for call, err := range map[string]error{"Stop": unary, "Run": streamed} {
			got := protocol.FromError(err)
			if got == nil || got.Kind != kind || got.Message != "about "+kind.String() {
				t.Errorf("%s with %s: got %+v of %v", call, kind, got, err)
			}
		}
	}
}

// TestHandshakeIsFresh: a caller that changes what it got changes nobody else's.
func TestHandshakeIsFresh(t *testing.T) {
	t.Parallel()
	changed := protocol.Handshake()
	changed.MagicCookieValue = "changed"
	if protocol.Handshake().MagicCookieValue == "changed" {
		t.Error("the handshake can be changed by a caller")
	}
}

func TestRunEndsWithoutFinalEvent(t *testing.T) {
	t.Parallel()
	client := dispense(t, &failing{failure: func() error { return nil }})
	stream, err := client.Run(t.Context(), &protocol.RunRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if event, err := stream.Recv(); !errors.Is(err, io.EOF) {
		t.Errorf("got %v, %v; the wire itself adds no event", event, err)
	}
}
