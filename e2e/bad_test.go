package e2e

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/protobuf/types/known/structpb"

	"airdock.dev/airdock/protocol"
)

// certificate is a file of DOCKER_CERT_PATH as material of a request.
func certificate(folder, name string) *protocol.Material {
	return &protocol.Material{Source: &protocol.Material_Path{Path: filepath.Join(folder, name)}}
}

// object is an object of the Engine API.
func object(members map[string]any) *structpb.Struct {
	made, err := structpb.NewStruct(members)
	if err != nil {
		panic(err)
	}
	return made
}

// badInputs are what a user gives wrong about a container.
var badInputs = map[string]struct {
	kind    protocol.ErrorKind
	code    int
	says    string
	command []string
	change  func(*story, *protocol.RunRequest)
}{
	"image not found": {protocol.ErrorKind_IMAGE_NOT_FOUND, 125, "airdock-no-such-image:latest", []string{os.Getenv("AIRDOCK_TEST_REGISTRY") + "/airdock-no-such-image"}, nil},
	"image never pulled": {protocol.ErrorKind_IMAGE_NOT_FOUND, 125, "never", []string{"airdock-no-such-image"},
		func(_ *story, r *protocol.RunRequest) { r.Pull = protocol.PullPolicy_PULL_NEVER }},
	"registry unreachable":      {protocol.ErrorKind_REGISTRY_UNREACHABLE, 125, "127.0.0.1:1/", []string{"127.0.0.1:1/x"}, nil},
	"registry unknown":          {protocol.ErrorKind_REGISTRY_UNREACHABLE, 125, "registry.invalid", []string{"registry.invalid/x"}, nil},
	"image name without sense":  {protocol.ErrorKind_INVALID_REQUEST, 125, "Not An Image", []string{"Not An Image"}, nil},
	"image name missing":        {protocol.ErrorKind_INVALID_REQUEST, 125, "image", []string{""}, nil},
	"image without a command":   {protocol.ErrorKind_INVALID_REQUEST, 125, "command", []string{"EMPTY"}, nil},
	"command not in the image":  {protocol.ErrorKind_COMMAND_NOT_FOUND, 127, "no-such-program", []string{"busybox", "no-such-program"}, nil},
	"path not in the image":     {protocol.ErrorKind_COMMAND_NOT_FOUND, 127, "/no/such/program", []string{"busybox", "/no/such/program"}, nil},
	"command not executable":    {protocol.ErrorKind_COMMAND_NOT_EXECUTABLE, 126, "/etc/passwd", []string{"busybox", "/etc/passwd"}, nil},
	"entrypoint not in the way": {protocol.ErrorKind_COMMAND_NOT_FOUND, 127, "nope", []string{"busybox"}, func(_ *story, r *protocol.RunRequest) { r.Container.Entrypoint = []string{"nope"} }},
	"bind source missing": {protocol.ErrorKind_MOUNT_SOURCE_MISSING, 125, "/no/such/folder", []string{"busybox", "true"},
		func(_ *story, r *protocol.RunRequest) {
			r.Container.Mounts = []*structpb.Struct{object(map[string]any{"Type": "bind", "Source": "/no/such/folder", "Target": "/m"})}
		}},
	"mount misspelled": {protocol.ErrorKind_INVALID_REQUEST, 125, "Sorce", []string{"busybox", "true"},
		func(_ *story, r *protocol.RunRequest) {
			r.Container.Mounts = []*structpb.Struct{object(map[string]any{"Type": "bind", "Sorce": "/tmp", "Target": "/m"})}
		}},
	"a volume and no command": {protocol.ErrorKind_COMMAND_NOT_FOUND, 127, "nope", []string{"busybox", "nope"},
		func(s *story, r *protocol.RunRequest) {
			r.Container.Mounts = []*structpb.Struct{object(map[string]any{
				"Type": "volume", "Target": "/m", "VolumeOptions": map[string]any{"Labels": map[string]any{testLabel: s.id}},
			})}
		}},
	"network missing": {protocol.ErrorKind_NETWORK_NOT_FOUND, 125, "no-such-network", []string{"busybox", "true"},
		func(_ *story, r *protocol.RunRequest) { r.Container.NetworkMode = "no-such-network" }},
	"second network missing": {protocol.ErrorKind_NETWORK_NOT_FOUND, 125, "no-such-network", []string{"busybox", "true"},
		func(_ *story, r *protocol.RunRequest) {
			r.Container.Networks = []*protocol.Network{{Name: "bridge"}, {Name: "no-such-network"}}
		}},
	"user missing": {protocol.ErrorKind_INVALID_REQUEST, 125, "no-such-user", []string{"busybox", "true"},
		func(_ *story, r *protocol.RunRequest) { r.Container.User = "no-such-user" }},
	"key without sense":          {protocol.ErrorKind_INVALID_REQUEST, 125, "no key", []string{"busybox", "true"}, func(_ *story, r *protocol.RunRequest) { r.Key = "a b" }},
	"memory below the engine's":  {protocol.ErrorKind_INVALID_REQUEST, 125, "memory", []string{"busybox", "true"}, func(_ *story, r *protocol.RunRequest) { r.Container.Memory = "1k" }},
	"API version from the times": {protocol.ErrorKind_API_VERSION_UNSUPPORTED, 125, "1.99", []string{"busybox", "true"}, func(s *story, r *protocol.RunRequest) { r.Engine = s.engine(); r.Engine.ApiVersion = "1.99" }},
}

// TestBadInput: each has its own kind and a sentence that says what to do, and
// leaves nothing behind.
func TestBadInput(t *testing.T) {
	for name, c := range badInputs {
		t.Run(name, func(t *testing.T) {
			s := tell(t, "bad input: "+name)
			if c.command[0] == "EMPTY" {
				c.command = []string{s.emptyImage()}
			}
			got := s.callTo(s.runCall("bad", c.command, func(r *protocol.RunRequest) {
				if c.change != nil {
					c.change(s, r)
				}
			}))
			s.wantFailure(got, c.kind, c.code, c.says)
			s.nothingIsLeft(0)
		})
	}
}

// wantFailure checks the last line of a call and its code.
func (s *story) wantFailure(got called, kind protocol.ErrorKind, code int, says string) {
	s.Helper()
	failure := got.last().GetError()
	if failure == nil || failure.GetKind() != kind || got.code != code {
		s.Fatalf("code %d, want %d and %s; %s%s", got.code, code, kind, got.stdout, got.stderr)
	}
	if !strings.Contains(failure.GetMessage(), says) || strings.Contains(failure.GetMessage(), "\n") || len(failure.GetMessage()) > 700 {
		s.Errorf("the message is %q, want %q in a sentence or two", failure.GetMessage(), says)
	}
	if failure.GetRetryable() != kind.Retryable() {
		s.Errorf("retryable is %v", failure.GetRetryable())
	}
}

func TestNameInUse(t *testing.T) {
	s := tell(t, "a name that another container has is refused, and that container stays as it is")
	s.want(s.airdock("run", "--name", s.id, "busybox", "true"), 0, "")
	got := s.callTo(s.runCall("second", []string{"busybox", "true"}, func(r *protocol.RunRequest) { r.Container.Name = s.id }))
	s.wantFailure(got, protocol.ErrorKind_NAME_IN_USE, 125, s.id)
	if left := s.containers(); len(left) != 1 || left[0].State != "exited" {
		s.Errorf("left are %+v", left)
	}
	s.noProcessIsLeft(0)
}

// freePort is an address where nothing listens.
func freePort(t *testing.T) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return "tcp://" + listener.Addr().String()
}
