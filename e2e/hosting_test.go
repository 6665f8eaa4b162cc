package e2e

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
)

// tools is where make puts protoc, and grpcio, of requirements/tools.txt.
const tools = "../.cache/tools/bin"

// hostingBlock is the commands of docs/hosting.md that name this file as what
// runs them.
var hostingBlock = regexp.MustCompile("(?s)<!-- run by: e2e/hosting_test.go -->\n```sh\n(.*?)```\n")

// hostInPython runs the commands of docs/hosting.md in a folder that has what
// they name and nothing else of ours, and returns a way to run the host again.
func (s *story) hostInPython() func(args ...string) *exec.Cmd {
	s.Helper()
	page, err := os.ReadFile("../docs/hosting.md")
	if err != nil {
		s.Fatal(err)
	}
	blocks := hostingBlock.FindAllStringSubmatch(string(page), -1)
	if len(blocks) != 1 {
		s.Fatalf("docs/hosting.md has %d blocks for this test, want 1", len(blocks))
	}
	python, err := filepath.Abs(tools)
	if err != nil {
		s.Fatal(err)
	}
	folder := s.TempDir()
	for _, name := range []string{"protocol/airdock.proto", "examples/host/host.py"} {
		text, err := os.ReadFile(filepath.Join("..", name))
		if err != nil {
			s.Fatal(err)
		}
		file := filepath.Join(folder, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o700), os.WriteFile(file, text, 0o600)); err != nil {
			s.Fatal(err)
		}
	}
	command := func(name string, args ...string) *exec.Cmd {
		cmd := exec.CommandContext(s.Context(), name, args...)
		cmd.Dir = folder
		cmd.Env = append(os.Environ(), "TMPDIR="+s.temp, "PYTHONDONTWRITEBYTECODE=1", "PYTHONPATH=.",
			"PATH="+python+string(filepath.ListSeparator)+os.Getenv("PATH"))
		cmd.WaitDelay = 20 * time.Second
		return cmd
	}
	said, err := command("sh", "-euc", blocks[0][1]).CombinedOutput()
	if err != nil || !strings.Contains(string(said), " etc\n") {
		s.Fatalf("the commands of docs/hosting.md: %v; make test-engine installs what they need\n%s", err, said)
	}
	return func(args ...string) *exec.Cmd {
		return command(filepath.Join(python, "python"), append([]string{"examples/host/host.py"}, args...)...)
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
