package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"airdock.dev/airdock/protocol"
)

func newApp(t *testing.T) *app {
	t.Helper()
	a := &app{}
	set := pflag.NewFlagSet("airdock", pflag.ContinueOnError)
	a.engine.register(set)
	if err := set.Parse([]string{"--host", "tcp://here:2375"}); err != nil {
		t.Fatal(err)
	}
	return a
}

// TestReadCallFillsIn the engine and the key, where the caller left them out.
func TestReadCallFillsIn(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	for text, host := range map[string]string{
		`{"info": {}}`: "tcp://here:2375",
		`{"info": {"engine": {"hosts": ["tcp://there:1"]}}}`:                         "tcp://there:1",
		`{"run": {"container": {"image": "bash"}}}`:                                  "tcp://here:2375",
		`{"run": {"key": "k", "engine": {"hosts": ["tcp://there:1"]}}}`:              "tcp://there:1",
		`{"stop": {"key": "k"}}`:                                                     "tcp://here:2375",
		`{"run": {"stopGrace": "3s", "container": {"privateEnvironment": ["A=1"]}}}`: "tcp://here:2375",
	} {
		call, err := a.readCall(strings.NewReader(text))
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		engine := call.GetInfo().GetEngine()
		if run := call.GetRun(); run != nil {
			engine = run.GetEngine()
			if given := strings.Contains(text, `"key"`); given != (run.GetKey() == "k") || run.GetKey() == "" {
				t.Errorf("%s: the key is %q", text, run.GetKey())
			}
		}
		if call.GetStop() != nil {
			engine = call.GetStop().GetEngine()
		}
		if got := engine.GetHosts(); len(got) != 1 || got[0] != host {
			t.Errorf("%s: the engine is %v, want %s", text, got, host)
		}
	}
}

// TestReadCallFillsInEveryOperation, and a key where the operation has one that
// names the operation itself.
func TestReadCallFillsInEveryOperation(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	keys := map[string]bool{"run": true, "build": true, "volume_put": true, "volume_get": true}
	for _, name := range strings.Split(operationNames(), ", ") {
		call, err := a.readCall(strings.NewReader(`{"` + name + `": {}}`))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		operation := call.ProtoReflect().Get(call.ProtoReflect().WhichOneof(operations())).Message().Interface()
		if engine := operation.(interface{ GetEngine() *protocol.Engine }).GetEngine(); len(engine.GetHosts()) != 1 {
			t.Errorf("%s: the engine is %v", name, engine)
		}
		if made, hasKey := operation.(keyed); hasKey && keys[name] != (made.GetKey() != "") {
			t.Errorf("%s: the key is %q", name, made.GetKey())
		}
		delete(keys, name)
	}
	if len(keys) != 0 {
		t.Errorf("no operations: %v", keys)
	}
}

// TestPrintEvent: one line, with the names of the contract, and with what is 0.
func TestPrintEvent(t *testing.T) {
	t.Parallel()
	for want, event := range map[string]*protocol.Event{
		`"exit_code":0`:      {Event: &protocol.Event_Exit{Exit: &protocol.Exit{}}},
		`"removed":false`:    {Event: &protocol.Event_Exit{Exit: &protocol.Exit{}}},
		`"text":"a\nb\n"`:    {Event: &protocol.Event_Output{Output: &protocol.Output{Text: "a\nb\n"}}},
		`"stream":"STDERR"`:  {Event: &protocol.Event_Output{Output: &protocol.Output{Stream: protocol.Output_STDERR}}},
		`"kind":"INTERNAL"`:  failed(errors.New("x")),
		`"message":"x: y"`:   failed(fmt.Errorf("x: %w", errors.New("y"))),
		`"kind":"STOPPED"`:   failed(protocol.Errorf(protocol.ErrorKind_STOPPED, "x")),
		`"retryable":false`:  failed(protocol.Errorf(protocol.ErrorKind_INVALID_REQUEST, "x")),
		`"error":{"kind":"N`: failed(fmt.Errorf("run: %w", protocol.Errorf(protocol.ErrorKind_NAME_IN_USE, "x"))),
	} {
		var out bytes.Buffer
		if err := printEvent(&out, event); err != nil {
			t.Errorf("%s: %v", want, err)
		}
		if line := out.String(); !strings.Contains(line, want) || strings.Count(line, "\n") != 1 || !strings.HasSuffix(line, "}\n") {
			t.Errorf("%q, want %s in one line", line, want)
		}
	}
}

func TestExitCodes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err  error
		want int
	}{
		{protocol.Errorf(protocol.ErrorKind_COMMAND_NOT_FOUND, "x"), 127},
		{protocol.Errorf(protocol.ErrorKind_COMMAND_NOT_EXECUTABLE, "x"), 126},
		{protocol.Errorf(protocol.ErrorKind_IMAGE_NOT_FOUND, "x"), 125},
		{fmt.Errorf("run: %w", protocol.Errorf(protocol.ErrorKind_COMMAND_NOT_FOUND, "x")), 127},
		{errors.New("the plugin died"), 125},
	} {
		if got := runExitCode(c.err); got != c.want {
			t.Errorf("%v: %d, want %d", c.err, got, c.want)
		}
	}
	for _, c := range []struct {
		err  error
		want int
	}{{nil, 0}, {&exitError{code: 7}, 7}, {fmt.Errorf("x: %w", &exitError{code: 9}), 9}} {
		if got := report(c.err); got != c.want {
			t.Errorf("%v: %d, want %d", c.err, got, c.want)
		}
	}
}

func TestHint(t *testing.T) {
	t.Parallel()
	for want, exit := range map[string]*protocol.Exit{
		"":              {ExitCode: 1, Explanation: "an ordinary failure"},
		"engine's word": {ExitCode: 127, EngineError: "engine's word"},
		"out of memory": {ExitCode: 137, OomKilled: true, Explanation: "out of memory"},
	} {
		if got := hint(exit); got != want {
			t.Errorf("%v: %q, want %q", exit, got, want)
		}
	}
}

// TestPullDisplayLines: off a terminal a pull is a few plain lines.
func TestPullDisplayLines(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	d := newProgressDisplay(os.Stderr, false)
	say := func(p *protocol.PullProgress) { d.line(&out, p, pullSentences(p)) }
	for n := range 100 {
		say(&protocol.PullProgress{Image: "bash:latest", Layers: 2, Bytes: int64(n), BytesTotal: 100})
	}
	d.last = time.Now().Add(-time.Minute)
	say(&protocol.PullProgress{Image: "bash:latest", Layers: 2, LayersDone: 1, Bytes: 1 << 20, BytesTotal: 2 << 20})
	say(&protocol.PullProgress{Image: "bash:latest", Done: true, Status: "Status: Downloaded"})
	want := "Pulling bash:latest\nPulling bash:latest: 1 of 2 layers, 1MiB of 2MiB\nPulled bash:latest: Status: Downloaded\n"
	if out.String() != want {
		t.Errorf("got\n%swant\n%s", out.String(), want)
	}
}
