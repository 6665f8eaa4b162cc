package build

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/buildkit/client"
	"github.com/opencontainers/go-digest"

	"airdock.dev/airdock/protocol"
)

// told writes events as lines that a person can compare.
type told struct{ lines []string }

func (t *told) send(event *protocol.Event) error {
	var line string
	switch e := event.GetEvent().(type) {
	case *protocol.Event_StepStarted:
		line = fmt.Sprintf("#%d starts: %s", e.StepStarted.GetNumber(), e.StepStarted.GetName())
	case *protocol.Event_StepOutput:
		line = fmt.Sprintf("#%d %s: %q", e.StepOutput.GetNumber(), e.StepOutput.GetStream(), e.StepOutput.GetText())
	case *protocol.Event_StepProgress:
		p := e.StepProgress
		line = fmt.Sprintf("#%d %s %d of %d, done %t", p.GetNumber(), p.GetItem(), p.GetCurrent(), p.GetTotal(), p.GetDone())
	case *protocol.Event_StepWarning:
		line = fmt.Sprintf("#%d warns: %s", e.StepWarning.GetNumber(), e.StepWarning.GetMessage())
	case *protocol.Event_StepFinished:
		f := e.StepFinished
		line = fmt.Sprintf("#%d ends: cached %t, %.1f s, %s", f.GetNumber(), f.GetCached(), f.GetSeconds(), f.GetError())
	}
	t.lines = append(t.lines, strings.TrimSuffix(line, ", "))
	return nil
}

func at(seconds float64) *time.Time {
	moment := time.Unix(1000, 0).Add(time.Duration(seconds * float64(time.Second)))
	return &moment
}

func vertex(id, name string, started, completed *time.Time) *client.Vertex {
	return &client.Vertex{Digest: digest.FromString(id), Name: name, Started: started, Completed: completed}
}

func cachedVertex(id, name string) *client.Vertex {
	v := vertex(id, name, at(0), at(0))
	v.Cached = true
	return v
}

func TestStepsOfBuildKit(t *testing.T) {
	t.Parallel()
	from, run := "[1/3] FROM bash", "[3/3] RUN make"
	output := func(text string) *client.VertexLog {
		return &client.VertexLog{Vertex: digest.FromString("run"), Stream: 1, Data: []byte(text)}
	}
	reports := []*client.SolveStatus{
		{Vertexes: []*client.Vertex{vertex("from", from, nil, nil), vertex("run", run, nil, nil)}},
		{Vertexes: []*client.Vertex{vertex("from", from, at(0), nil)}},
		{Vertexes: []*client.Vertex{vertex("from", from, at(0), at(1))}},
		// It starts again, and only then has something to fetch.
		{Vertexes: []*client.Vertex{vertex("from", from, at(1), nil)}},
		{Statuses: []*client.VertexStatus{{ID: "sha256:1", Vertex: digest.FromString("from"), Current: 5, Total: 10}}},
		{Vertexes: []*client.Vertex{vertex("from", from, at(1), at(3)), cachedVertex("copy", "[2/3] COPY a b")}},
		{Vertexes: []*client.Vertex{vertex("run", run, at(3), nil)}, Logs: []*client.VertexLog{output("one\ntw")}},
		// The end and the last output come in one report.
		{Vertexes: []*client.Vertex{vertex("run", run, at(3), at(5))}, Logs: []*client.VertexLog{output("o\nunended")}},
		// It starts and ends once more without a word.
		{Vertexes: []*client.Vertex{vertex("run", run, at(6), at(6))}},
	}
	var events told
	s := newSteps(events.send, newMask(nil))
	for _, report := range reports {
		if err := s.add(report); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{
		"#1 starts: [1/3] FROM bash",
		"#1 ends: cached false, 1.0 s",
		"#1 starts: [1/3] FROM bash",
		"#1 sha256:1 5 of 10, done false",
		"#1 ends: cached false, 3.0 s",
		"#2 starts: [2/3] COPY a b",
		"#2 ends: cached true, 0.0 s",
		"#3 starts: [3/3] RUN make",
		`#3 STDOUT: "one\n"`,
		`#3 STDOUT: "two\n"`,
		`#3 STDOUT: "unended\n"`,
		"#3 ends: cached false, 2.0 s",
	}
	// The cached step is seen in the report in which FROM ends.
	if diff := cmp.Diff(want, events.lines); diff != "" {
		t.Errorf("events (- want, + got):\n%s", diff)
	}
	if cached, built := s.count(); cached != 1 || built != 1 {
		t.Errorf("%d cached and %d built, want 1 and 1: FROM is no step", cached, built)
	}
}

func TestStepsOfTheClassicBuilder(t *testing.T) {
	t.Parallel()
	answer := `{"stream":"Step 1/3 : FROM bash"}
{"stream":"\n"}
{"status":"Pulling fs layer","progressDetail":{},"id":"abc"}
{"status":"Downloading","progressDetail":{"current":3,"total":9},"id":"abc"}
{"stream":" ---> 0123\n"}
{"stream":"Step 2/3 : COPY a b"}
{"stream":"\n"}
{"stream":" ---> Using cache\n"}
{"stream":" ---> 4567\n"}
{"stream":"Step 3/3 : RUN make"}
{"stream":"\n"}
{"stream":" ---> Running in 89ab\n"}
{"stream":"to stdout\n"}
{"stream":"\u001b[91mto stderr\n\u001b[0m"}
{"stream":"Removing intermediate container 89ab\n"}
{"stream":" ---> cdef\n"}
{"aux":{"ID":"sha256:cdef"}}
{"stream":"Successfully built cdef\n"}
`
	var events told
	stream := &classicStream{steps: newSteps(events.send, newMask(nil))}
	if err := stream.read(strings.NewReader(answer)); err != nil {
		t.Fatal(err)
	}
	if stream.image != "sha256:cdef" {
		t.Errorf("image %q", stream.image)
	}
	want := []string{
		"#1 starts: [1/3] FROM bash",
		"#1 abc: Pulling fs layer 0 of 0, done true",
		"#1 abc: Downloading 3 of 9, done false",
		"#1 ends: cached false, 0.0 s",
		"#2 starts: [2/3] COPY a b",
		"#2 ends: cached true, 0.0 s",
		"#3 starts: [3/3] RUN make",
		`#3 STDOUT: "to stdout\n"`,
		`#3 STDERR: "to stderr\n"`,
		"#3 ends: cached false, 0.0 s",
	}
	if diff := cmp.Diff(want, events.lines); diff != "" {
		t.Errorf("events (- want, + got):\n%s", diff)
	}
	if cached, built := stream.steps.count(); cached != 1 || built != 1 {
		t.Errorf("%d cached and %d built, want 1 and 1", cached, built)
	}
}

func TestClassicAnswerWithoutAnImageIsAnError(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]string{
		"cut":   `{"stream":"Step 1/3 : FROM bash"}`,
		"error": `{"stream":"Step 1/1 : RUN x"}{"errorDetail":{"code":1,"message":"it failed"},"error":"it failed"}`,
	} {
		stream := &classicStream{steps: newSteps((&told{}).send, newMask(nil))}
		if err := stream.read(strings.NewReader(answer)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
