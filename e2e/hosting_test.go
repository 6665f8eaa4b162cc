package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
)

// tools is where make puts the protoc of requirements/tools.txt, and grpcio.
const tools = "../.cache/tools/bin/python"

// hostInPython is examples/host/host.py as its reader has it: alone in a folder
// with the code that protoc makes of airdock.proto.
func (s *story) hostInPython() func(args ...string) *exec.Cmd {
	s.Helper()
	python, err := filepath.Abs(tools)
	if err != nil {
		s.Fatal(err)
	}
	folder := s.TempDir()
	made := exec.CommandContext(s.Context(), python, "-m", "grpc_tools.protoc", "-I", "../protocol",
		"--python_out="+folder, "--grpc_python_out="+folder, "../protocol/airdock.proto")
	if out, err := made.CombinedOutput(); err != nil {
		s.Fatalf("protoc: %v; make test-engine installs it\n%s", err, out)
	}
	program, err := os.ReadFile("../examples/host/host.py")
	if err != nil {
		s.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "host.py"), program, 0o600); err != nil {
		s.Fatal(err)
	}
	return func(args ...string) *exec.Cmd {
		command := exec.CommandContext(s.Context(), python, append([]string{"host.py"}, args...)...)
		command.Dir = folder
		command.Env = append(os.Environ(), "TMPDIR="+s.temp, "PYTHONDONTWRITEBYTECODE=1")
		command.WaitDelay = 20 * time.Second
		return command
	}
}

// containersNaming finds those that a host of its own made: the scenario's id is
// in their command.
func (s *story) containersNaming() []container.Summary {
	s.Helper()
	ctx, cancel := s.context()
	defer cancel()
	all, err := engineAPI().ContainerList(ctx, container.ListOptions{All: true, Filters: filters.NewArgs(filters.Arg("label", "dev.airdock.key"))})
	if err != nil {
		s.Fatal(err)
	}
	var found []container.Summary
	for _, one := range all {
		if strings.Contains(one.Command, s.id) {
			found = append(found, one)
		}
	}
	return found
}

func TestHostInPython(t *testing.T) {
	s := tell(t, "a host in plain Python, with nothing of ours but airdock.proto, runs a container")
	host := s.hostInPython()
	s.step("it prints what the container prints, on the same stream, and ends with its code", func() {
		got := s.finish(host("bash", "bash", "-c", "echo one; echo two; echo three >&2; exit 3 # "+s.id))
		s.want(got, 3, "one\ntwo\n")
		if got.stderr != "three\n" {
			s.Errorf("stderr %q", got.stderr)
		}
	})
	s.step("it has stopped the plugin, which left no socket and no container", func() {
		s.noProcessIsLeft(0)
		if left := s.containersNaming(); len(left) != 0 {
			s.Errorf("%d containers are left", len(left))
		}
	})
	s.step("an error is one sentence", func() {
		command := host("bash", "true")
		command.Env = append(command.Env, "DOCKER_CERT_PATH="+s.temp)
		got := s.finish(command)
		if got.code != 1 || strings.Count(got.stderr, "\n") != 1 || !strings.Contains(got.stderr, "ca.pem cannot be read") {
			s.Errorf("code %d, stderr %q", got.code, got.stderr)
		}
		s.noProcessIsLeft(0)
	})
}

func TestKilledHostInPython(t *testing.T) {
	s := tell(t, "when a host in plain Python is killed, its plugin stops the container and goes")
	command := s.hostInPython()("bash", "bash", "-c", "echo ready; sleep 600 # "+s.id)
	running := s.startCommand(command)
	running.prints("ready")
	if len(s.containersNaming()) != 1 || len(s.plugins()) != 1 {
		s.Fatalf("%d containers and %d plugins run", len(s.containersNaming()), len(s.plugins()))
	}
	running.signal(syscall.SIGKILL)
	s.eventually(15*time.Second, "no container is left", func() bool { return len(s.containersNaming()) == 0 })
	s.noProcessIsLeft(15 * time.Second)
}
