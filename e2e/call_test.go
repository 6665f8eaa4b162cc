package e2e

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/durationpb"

	"airdock.dev/airdock/protocol"
)

// runCall is a run of the scenario, removed in the end.
func (s *story) runCall(key string, command []string, change func(*protocol.RunRequest)) *protocol.Call {
	run := &protocol.RunRequest{
		Key:       s.key(key),
		Container: &protocol.Container{Image: command[0], Command: command[1:], Labels: map[string]string{testLabel: s.id}},
		Remove:    protocol.RemovePolicy_REMOVE_FORCE,
		StopGrace: durationpb.New(0),
	}
	if change != nil {
		change(run)
	}
	return &protocol.Call{Operation: &protocol.Call_Run{Run: run}}
}

// key is a run's key that no other scenario has.
func (s *story) key(name string) string {
	key := s.id + "-" + name
	return key[max(0, len(key)-100):]
}

func (s *story) startCall(call *protocol.Call, flags ...string) *process {
	s.Helper()
	command := s.command(append(flags, "call")...)
	text, err := protojson.Marshal(call)
	if err != nil {
		s.Fatal(err)
	}
	command.Stdin = strings.NewReader(string(text))
	return s.startCommand(command)
}

// called is the outcome of `airdock call`.
type called struct {
	result
	events []*protocol.Event
}

func (c called) last() *protocol.Event {
	if len(c.events) == 0 {
		return nil
	}
	return c.events[len(c.events)-1]
}

// kinds are the events by their names, output left out.
func (c called) kinds() []string {
	var kinds []string
	for line := range strings.Lines(c.stdout) {
		var event map[string]json.RawMessage
		_ = json.Unmarshal([]byte(line), &event)
		for name := range event {
			if name != "output" {
				kinds = append(kinds, name)
			}
		}
	}
	return kinds
}

// call makes one call to its end; text is what stands on standard input.
func (s *story) call(text string, flags ...string) called {
	s.Helper()
	command := s.command(append(flags, "call")...)
	command.Stdin = strings.NewReader(text)
	got := called{result: s.finish(command)}
	for line := range strings.Lines(got.stdout) {
		event := &protocol.Event{}
		if err := protojson.Unmarshal([]byte(line), event); err != nil {
			s.Fatalf("%q is no event: %v", line, err)
		}
		got.events = append(got.events, event)
	}
	if got.last() == nil {
		s.Fatalf("no event; stderr: %s", got.stderr)
	}
	return got
}

func (s *story) callTo(call *protocol.Call, flags ...string) called {
	s.Helper()
	text, err := protojson.Marshal(call)
	if err != nil {
		s.Fatal(err)
	}
	return s.call(string(text), flags...)
}

func TestCallRun(t *testing.T) {
	s := tell(t, "a call prints one event a line, the outcome last, and ends with the container's code")
	got := s.callTo(s.runCall("run", []string{"bash", "-c", "echo out; echo err >&2; exit 3"}, nil))
	if got.code != 3 || got.stderr != "" {
		s.Errorf("code %d, stderr %q", got.code, got.stderr)
	}
	if want := []string{"started", "exit"}; !slices.Equal(got.kinds(), want) {
		s.Errorf("events %v, want %v", got.kinds(), want)
	}
	text := map[protocol.Output_Stream]string{}
	for _, event := range got.events {
		text[event.GetOutput().GetStream()] += event.GetOutput().GetText()
	}
	if text[protocol.Output_STDOUT] != "out\n" || text[protocol.Output_STDERR] != "err\n" {
		s.Errorf("output %q", text)
	}
	exit := got.last().GetExit()
	if exit.GetExitCode() != 3 || !exit.GetRemoved() || exit.GetStopped() || exit.GetStderrTail() != "err" {
		s.Errorf("exit %+v", exit)
	}
	// Engine 20.10 takes the start of a short container up to a millisecond after
	// its end.
	if took := exit.GetFinishedAt().AsTime().Sub(exit.GetStartedAt().AsTime()); took < -time.Second || took > time.Minute {
		s.Errorf("it ran for %s", took)
	}
	s.nothingIsLeft(0)
}

// TestCallCodeZeroIsThere: a program looks for the code in the last line.
func TestCallCodeZeroIsThere(t *testing.T) {
	s := tell(t, "the exit code 0 stands in the last line, too")
	got := s.callTo(s.runCall("run", []string{"busybox", "true"}, nil))
	lines := strings.Split(strings.TrimSpace(got.stdout), "\n")
	if !strings.Contains(lines[len(lines)-1], `"exit_code":0`) || got.code != 0 {
		s.Errorf("code %d, last line %s", got.code, lines[len(lines)-1])
	}
}

func TestCallInfo(t *testing.T) {
	s := tell(t, "a call describes the engine")
	got := s.call(`{"info": {}}`)
	if info := got.last().GetEngineInfo(); got.code != 0 || len(got.events) != 1 || info.GetVersion() == "" || info.GetOs() != "linux" {
		s.Errorf("code %d, %s", got.code, got.stdout)
	}
	s.noProcessIsLeft(0)
}

func TestCallStop(t *testing.T) {
	s := tell(t, "a run is stopped by its key from another process")
	run := s.startCall(s.runCall("k", []string{"busybox", "sh", "-c", "trap 'echo bye; exit 5' TERM; echo ready; while :; do sleep 0.1; done"},
		func(r *protocol.RunRequest) { r.StopGrace = durationpb.New(10 * time.Second) }))
	run.prints("ready")
	var stopped called
	s.step("the stop answers when the container is gone, and names it", func() {
		stopped = s.callTo(&protocol.Call{Operation: &protocol.Call_Stop{Stop: &protocol.StopRequest{Key: s.key("k"), Grace: durationpb.New(5 * time.Second)}}})
		if stopped.code != 0 || len(stopped.last().GetStopped().GetContainers()) != 1 || len(s.containers()) != 0 {
			s.Errorf("code %d, %s, %d containers are left", stopped.code, stopped.stdout, len(s.containers()))
		}
	})
	s.step("the run ends with what its container said last", func() {
		if rest := run.ends(10 * time.Second); !strings.Contains(rest.stdout, "bye") || rest.code != 5 {
			s.Errorf("code %d, %s, %s", rest.code, rest.stdout, rest.stderr)
		}
	})
	s.step("a second stop finds nothing and is no error", func() {
		again := s.callTo(&protocol.Call{Operation: &protocol.Call_Stop{Stop: &protocol.StopRequest{Key: s.key("k")}}})
		if again.code != 0 || len(again.last().GetStopped().GetContainers()) != 0 {
			s.Errorf("code %d, %s", again.code, again.stdout)
		}
	})
	s.nothingIsLeft(5 * time.Second)
}

func TestCallNoCall(t *testing.T) {
	for name, text := range map[string]string{
		"nothing":             "",
		"no JSON":             "run bash",
		"no operation":        "{}",
		"unknown operation":   `{"fly": {}}`,
		"a misspelled member": `{"run": {"contaner": {}}}`,
		"two operations":      `{"info": {}, "stop": {"key": "x"}}`,
		"a wrong type":        `{"run": {"container": {"command": "ls"}}}`,
	} {
		t.Run(name, func(t *testing.T) {
			s := tell(t, "what is no call is refused in a line of JSON")
			got := s.call(text)
			if failure := got.last().GetError(); failure.GetKind() != protocol.ErrorKind_INVALID_REQUEST || len(got.events) != 1 {
				s.Errorf("got %s", got.stdout)
			}
			if got.code != 125 {
				s.Errorf("code %d", got.code)
			}
			s.noProcessIsLeft(0)
		})
	}
}

func TestEngineInfo(t *testing.T) {
	s := tell(t, "airdock engine info is a table for a person and an object for a program")
	text := s.airdock("engine", "info")
	for _, word := range []string{"Version:", "API version:", "Platform:", "linux/", "BuildKit:", "Swarm:", "Plugin:"} {
		if !strings.Contains(text.stdout, word) {
			s.Errorf("%q is not in\n%s", word, text.stdout)
		}
	}
	object := s.airdock("engine", "info", "--json")
	var info map[string]any
	if err := json.Unmarshal([]byte(object.stdout), &info); err != nil || text.code != 0 || object.code != 0 {
		s.Fatalf("codes %d and %d, %v\n%s", text.code, object.code, err, object.stdout)
	}
	for _, name := range []string{"version", "api_version", "min_api_version", "os", "arch", "kernel", "buildkit", "swarm", "swarm_manager", "plugin_version", "host"} {
		if _, there := info[name]; !there {
			s.Errorf("%s is not in\n%s", name, object.stdout)
		}
	}
	wrong := s.airdock("--host", "tcp://127.0.0.1:1", "engine", "info")
	if wrong.code != 1 || wrong.stdout != "" || strings.Count(wrong.stderr, "\n") != 1 || !strings.Contains(wrong.stderr, "127.0.0.1:1") {
		s.Errorf("code %d, stdout %q, stderr %q", wrong.code, wrong.stdout, wrong.stderr)
	}
}
