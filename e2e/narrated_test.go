package e2e

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"airdock.dev/airdock/protocol"
)

// listener is a host of its own that asks for text.
type listener struct {
	*story
	files string
	calls protocol.AirdockClient
	ctx   context.Context
}

// plugin starts the process whose host the scenario is.
func (s *listener) plugin() {
	s.Helper()
	theirs, ours, err := os.Pipe()
	if err != nil {
		s.Fatal(err)
	}
	defer theirs.Close()
	command := exec.Command("airdock-plugin")
	command.ExtraFiles = []*os.File{theirs}
	command.Env = []string{"PATH=" + os.Getenv("PATH"), "TMPDIR=" + s.temp, protocol.EnvWatchFD + "=3"}
	process := goplugin.NewClient(&goplugin.ClientConfig{
		HandshakeConfig:  protocol.Handshake(),
		Plugins:          goplugin.PluginSet{protocol.PluginName: &protocol.Plugin{}},
		Cmd:              command,
		AllowedProtocols: []goplugin.Protocol{goplugin.ProtocolGRPC},
		AutoMTLS:         true,
		SkipHostEnv:      true,
		Logger:           hclog.NewNullLogger(),
	})
	s.Cleanup(func() {
		_ = ours.Close()
		s.noProcessIsLeft(10 * time.Second)
		process.Kill()
	})
	wire, err := process.Client()
	if err != nil {
		s.Fatal(err)
	}
	raw, err := wire.Dispense(protocol.PluginName)
	if err != nil {
		s.Fatal(err)
	}
	s.calls = raw.(protocol.AirdockClient)
	s.ctx = metadata.AppendToOutgoingContext(s.Context(), "airdock-log", "text")
}

// told are a call's lines, those that are not INFO with their level, its final event
// and its error. What differs from run to run is put as N, ID, HOST and T.
func (s *listener) told(stream grpc.ServerStreamingClient[protocol.Event], err error) ([]string, *protocol.Event, error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
	steady := func(line string) string {
		for found, put := range map[string]string{
			`sha256:[0-9a-f]{64}`:                      "ID",
			`\b[0-9a-f]{12}\b`:                         "ID",
			`(in|after) [0-9]+\.[0-9] s`:               "$1 N s",
			`[0-9]+ bytes of context`:                  "N bytes of context",
			regexp.QuoteMeta(os.Getenv("DOCKER_HOST")): "HOST",
			regexp.QuoteMeta(s.files):                  "T",
		} {
			line = regexp.MustCompile(found).ReplaceAllString(line, put)
		}
		return line
	}
	var lines []string
	var last *protocol.Event
	for {
		event, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return lines, last, nil
		}
		if err != nil {
			return lines, last, err
		}
		last = event
		switch e := event.GetEvent().(type) {
		case *protocol.Event_Log:
			level := ""
			if e.Log.GetLevel() != protocol.Log_INFO {
				level = e.Log.GetLevel().String() + " "
			}
			for line := range strings.SplitSeq(e.Log.GetText(), "\n") {
				lines = append(lines, level+steady(line))
			}
		case *protocol.Event_Output:
			lines = append(lines, "OUTPUT "+strings.TrimSuffix(e.Output.GetText(), "\n"))
		}
	}
}

// tells makes a call that succeeds and checks its lines.
func (s *listener) tells(lines []string, final *protocol.Event, err error) func(want ...string) {
	s.Helper()
	if err != nil || final == nil {
		s.Fatalf("%q, %v, %v", lines, final, err)
	}
	return func(want ...string) {
		s.Helper()
		if diff := cmp.Diff(want, lines); diff != "" {
			s.Errorf("-want +got:\n%s", diff)
		}
	}
}

// TestNarrated is a host that writes lines into a log and knows no event.
func TestNarrated(t *testing.T) {
	s := &listener{story: tell(t, "a host that asks for text gets what a person reads, in place of events"), files: t.TempDir()}
	s.plugin()
	s.step("a pull is a fold", func() {
		lines, final, err := s.told(s.calls.Pull(s.ctx, &protocol.PullRequest{Engine: s.engine(), Image: "bash"}))
		if err != nil || len(lines) < 3 {
			s.Fatalf("%q, %v", lines, err)
		}
		s.tells(append(lines[:1:1], lines[len(lines)-2:]...), final, err)("::group::Pulling image bash:latest", "Status: Image is up to date for bash:latest", "::endgroup::")
	})
	s.step("steps that run side by side have each a fold of their own", s.builds)
	s.step("a build that fails says why, with the Dockerfile's lines", s.failsToBuild)
	s.step("a volume and its files are a line each", s.fillsVolume)
	s.step("a run says where its container is and what it brings back", s.runs)
	s.eventually(10*time.Second, "no container is left", func() bool { return len(s.containers()) == 0 })
}

func (s *listener) build(key, dockerfile string, tags ...string) *protocol.BuildRequest {
	return &protocol.BuildRequest{
		Engine: s.engine(), Key: s.key(key), NoCache: true, Tags: tags,
		Dockerfile: &protocol.BuildRequest_DockerfileInline{DockerfileInline: dockerfile},
	}
}

func (s *listener) builds() {
	image := s.id + ":latest"
	s.Cleanup(func() { s.removeImage(image) })
	lines, _, err := s.told(s.calls.Build(s.ctx, s.build("build", `FROM bash AS one
RUN echo one; sleep 1; echo one again
FROM bash AS two
RUN echo two >&2
FROM bash
COPY --from=one /etc/passwd /one
COPY --from=two /etc/passwd /two
`, image)))
	if err != nil {
		s.Fatal(err)
	}
	text := strings.Join(lines, "\n") + "\n"
	for _, want := range []string{
		"::group::[one 2/2] RUN echo one; sleep 1; echo one again\none\none again\ndone in N s\n::endgroup::\n",
		"::group::[two 2/2] RUN echo two >&2\n[stderr] two\ndone in N s\n::endgroup::\n",
		"::endgroup::\nBuilt ID as " + image + " in N s: 0 of 4 steps from the cache, 4 built, N bytes of context sent\n",
	} {
		if !strings.Contains(text, want) {
			s.Errorf("not there: %s\nbut: %s", want, text)
		}
	}
	if nested := regexp.MustCompile(`(?m)^::group::.*\n(([^:\n].*)?\n)*::group::`).FindString(text); nested != "" {
		s.Errorf("a fold begins in another one: %s", nested)
	}
}

func (s *listener) failsToBuild() {
	lines, _, err := s.told(s.calls.Build(s.ctx, s.build("fails", "FROM bash\nRUN exit 3\n")))
	failure := protocol.FromError(err)
	if failure == nil || failure.Kind != protocol.ErrorKind_BUILD_STEP_FAILED || !strings.Contains(failure.Message, "RUN exit 3") {
		s.Fatalf("%q, %v", lines, err)
	}
	want := "::endgroup::\nERROR " + strings.ReplaceAll(strings.TrimRight(failure.Message, "\n"), "\n", "\nERROR ")
	if got := strings.Join(lines, "\n"); !strings.HasSuffix(got, want) || !strings.Contains(got, "\nFAILED after N s: ") {
		s.Errorf("%s\nhas not at its end: %s", got, want)
	}
}

func (s *listener) fillsVolume() {
	for name, content := range map[string]string{"a": "1", "b": "22"} {
		if err := os.WriteFile(filepath.Join(s.files, name), []byte(content), 0o600); err != nil {
			s.Fatal(err)
		}
	}
	v := &protocol.Volume{Name: s.id}
	s.tells(s.told(s.calls.VolumeCreate(s.ctx, &protocol.VolumeCreateRequest{
		Engine: s.engine(), Volume: v, Labels: map[string]string{testLabel: s.id},
	})))("Volume " + s.id + " is there.")
	s.tells(s.told(s.calls.VolumeInspect(s.ctx, &protocol.VolumeInspectRequest{Engine: s.engine(), Volume: v})))()
	put := &protocol.VolumePutRequest{
		Engine: s.engine(), Key: s.key("put"), Volume: v, Path: "data", Source: &protocol.VolumePutRequest_LocalPath{LocalPath: s.files},
	}
	s.tells(s.told(s.calls.VolumePut(s.ctx, put)))("Put 2 files (3 bytes) into the volume " + s.id + " in N s; 0 unchanged, 0 deleted.")
	s.tells(s.told(s.calls.VolumePut(s.ctx, put)))("Put 0 files (0 bytes) into the volume " + s.id + " in N s; 2 unchanged, 0 deleted.")
	for path, want := range map[string]string{
		"data/b": "Fetched 1 file (2 bytes) from the volume " + s.id + " to T/out/.",
		"none":   "The volume " + s.id + " has nothing at none: no file is fetched.",
	} {
		s.tells(s.told(s.calls.VolumeGet(s.ctx, &protocol.VolumeGetRequest{
			Engine: s.engine(), Key: s.key("get"), Volume: v,
			Output: &protocol.OutputSpec{Path: path, Target: s.files + "/out/", Optional: true},
		})))(want)
	}
	s.tells(s.told(s.calls.VolumeRemove(s.ctx, &protocol.VolumeRemoveRequest{Engine: s.engine(), Volume: v})))("Removed: " + s.id + ".")
}

func (s *listener) runs() {
	run := s.runCall("run", []string{"bash", "sh", "-c", "cat /in; cp /in /out"}, func(run *protocol.RunRequest) {
		run.Engine = s.engine()
		run.Container.Name = s.id
		run.Files = []*protocol.File{{Path: "/in", Source: &protocol.File_LocalPath{LocalPath: filepath.Join(s.files, "b")}}}
		run.Outputs = []*protocol.OutputSpec{
			{Path: "/out", Target: filepath.Join(s.files, "fetched")},
			{Path: "/none", Target: filepath.Join(s.files, "none"), Optional: true},
		}
	}).GetRun()
	lines, final, err := s.told(s.calls.Run(s.ctx, run))
	s.tells(lines, final, err)(
		"Copied 1 file (2 bytes) to /in in the container.",
		"Container "+s.id+" (ID) of image bash runs on HOST",
		"OUTPUT 22",
		"Fetched 1 file (2 bytes) from /out to T/fetched.",
		"The container has nothing at /none: no file is fetched.",
	)
	exit := final.GetExit()
	if exit.GetHeadline() != "Container "+exit.GetContainerId()[:12]+" exited with code 0." || !strings.HasPrefix(exit.GetReport(), exit.GetHeadline()+"\n  ran        ") {
		s.Errorf("exit %+v", exit)
	}
}
