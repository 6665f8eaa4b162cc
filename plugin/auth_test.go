package plugin

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/known/emptypb"

	"airdock.dev/airdock/protocol"
)

func bearing(ctx context.Context, authorization string) context.Context {
	return metadata.AppendToOutgoingContext(ctx, "authorization", authorization)
}

// everyMethod asks the plugin itself, by reflection, what can be called.
func everyMethod(t *testing.T, conn *grpc.ClientConn) []string {
	t.Helper()
	stream, err := grpc_reflection_v1.NewServerReflectionClient(conn).ServerReflectionInfo(bearing(t.Context(), "Bearer "+testToken))
	if err != nil {
		t.Fatal(err)
	}
	ask := func(request *grpc_reflection_v1.ServerReflectionRequest) *grpc_reflection_v1.ServerReflectionResponse {
		if err := stream.Send(request); err != nil {
			t.Fatal(err)
		}
		response, err := stream.Recv()
		if err != nil {
			t.Fatal(err)
		}
		return response
	}
	var methods []string
	services := ask(&grpc_reflection_v1.ServerReflectionRequest{
		MessageRequest: &grpc_reflection_v1.ServerReflectionRequest_ListServices{},
	}).GetListServicesResponse().GetService()
	for _, service := range services {
		files := ask(&grpc_reflection_v1.ServerReflectionRequest{
			MessageRequest: &grpc_reflection_v1.ServerReflectionRequest_FileContainingSymbol{FileContainingSymbol: service.GetName()},
		}).GetFileDescriptorResponse().GetFileDescriptorProto()
		for _, text := range files {
			file := &descriptorpb.FileDescriptorProto{}
			if err := proto.Unmarshal(text, file); err != nil {
				t.Fatal(err)
			}
			for _, s := range file.GetService() {
				if name := file.GetPackage() + "." + s.GetName(); name == service.GetName() {
					for _, method := range s.GetMethod() {
						methods = append(methods, "/"+name+"/"+method.GetName())
					}
				}
			}
		}
	}
	return methods
}

// callAnything calls a method of any shape with an empty message and returns
// how the call ended.
func callAnything(ctx context.Context, conn *grpc.ClientConn, method string) error {
	stream, err := conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true, ClientStreams: true}, method)
	if err != nil {
		return err
	}
	if err := stream.SendMsg(&emptypb.Empty{}); err != nil {
		return stream.RecvMsg(&emptypb.Empty{})
	}
	if err := stream.CloseSend(); err != nil {
		return err
	}
	return stream.RecvMsg(&emptypb.Empty{})
}

// TestTokenGuardEveryMethod walks every method of every service that the
// process offers, go-plugin's own among them.
func TestTokenGuardEveryMethod(t *testing.T) {
	t.Parallel()
	p := startProcess(t, nil)
	conn := p.dial(t)
	methods := everyMethod(t, conn)
	for _, must := range []string{
		"/airdock.v1.Airdock/Info", "/airdock.v1.Airdock/Run", "/airdock.v1.Airdock/Stop",
		"/plugin.GRPCController/Shutdown", "/plugin.GRPCStdio/StreamStdio", "/plugin.GRPCBroker/StartStream",
		"/grpc.health.v1.Health/Check", "/grpc.health.v1.Health/Watch", "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
	} {
		if !strings.Contains(strings.Join(methods, "\n")+"\n", must+"\n") {
			t.Errorf("%s is not among the methods %v", must, methods)
		}
	}
	for what, ctx := range map[string]context.Context{
		"no token":          t.Context(),
		"another token":     bearing(t.Context(), "Bearer another"),
		"a part of it":      bearing(t.Context(), "Bearer "+testToken[:10]),
		"more than it":      bearing(t.Context(), "Bearer "+testToken+"x"),
		"an empty token":    bearing(t.Context(), "Bearer "),
		"where it is":       bearing(t.Context(), "Bearer "+protocol.TokenInPipe),
		"without the word":  bearing(t.Context(), testToken),
		"two, none right":   bearing(bearing(t.Context(), "Bearer a"), "Bearer b"),
		"in another header": metadata.AppendToOutgoingContext(t.Context(), "token", testToken),
	} {
		for _, method := range methods {
			err := callAnything(ctx, conn, method)
			if status.Code(err) != codes.Unauthenticated {
				t.Errorf("%s, %s: got %v", method, what, err)
				continue
			}
			if failure := protocol.FromError(err); failure == nil || failure.Kind != protocol.ErrorKind_UNAUTHENTICATED || strings.Contains(failure.Message, testToken) {
				t.Errorf("%s, %s: got %+v", method, what, failure)
			}
		}
	}
	health, err := grpc_health_v1.NewHealthClient(conn).Check(bearing(t.Context(), "Bearer "+testToken), &grpc_health_v1.HealthCheckRequest{Service: "plugin"})
	if err != nil || health.GetStatus() != grpc_health_v1.HealthCheckResponse_SERVING {
		t.Errorf("after all that its own host gets %v, %v", health, err)
	}
	if strings.Contains(p.stderr.String(), testToken) {
		t.Error("the token is in the log")
	}
}

// TestTokenInEnvironment: a host that cannot write to the pipe names the token.
func TestTokenInEnvironment(t *testing.T) {
	t.Parallel()
	const named = "another token that nobody guesses"
	p := startProcess(t, func(p *process) { p.set(protocol.EnvToken, named) })
	health := grpc_health_v1.NewHealthClient(p.dial(t))
	for token, want := range map[string]codes.Code{named: codes.OK, testToken: codes.Unauthenticated} {
		_, err := health.Check(bearing(t.Context(), "Bearer "+token), &grpc_health_v1.HealthCheckRequest{Service: "plugin"})
		if status.Code(err) != want {
			t.Errorf("%q: %v, want %s", token, err, want)
		}
	}
}

// TestSocketOfAnotherUser connects as a user that may read everything but the
// folder of the socket.
func TestSocketOfAnotherUser(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can become another user")
	}
	p := startProcess(t, nil)
	p.dial(t)
	entries, err := os.ReadDir(p.dir)
	if err != nil || len(entries) != 1 {
		t.Fatalf("the socket's folder holds %v, %v", entries, err)
	}
	socket := filepath.Join(p.dir, entries[0].Name())
	connect := func() error {
		conn, err := net.Dial("unix", socket)
		if err == nil {
			_ = conn.Close()
		}
		return err
	}
	if err := connect(); err != nil {
		t.Errorf("its own user: %v", err)
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if _, err := unix.SetfsuidRetUid(65534); err != nil {
		t.Fatal(err)
	}
	err = connect()
	if _, back := unix.SetfsuidRetUid(0); back != nil {
		t.Fatal(back)
	}
	if !errors.Is(err, syscall.EACCES) {
		t.Errorf("another user: %v", err)
	}
}
