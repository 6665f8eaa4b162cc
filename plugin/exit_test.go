package plugin

import (
	"context"
	"io"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/events"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"airdock.dev/airdock/protocol"
)

func TestExplain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		exit *protocol.Exit
		want string
	}{
		"success":              {&protocol.Exit{}, ""},
		"an ordinary code":     {&protocol.Exit{ExitCode: 3}, ""},
		"the engine's code":    {&protocol.Exit{ExitCode: 125}, "docker run"},
		"not executable":       {&protocol.Exit{ExitCode: 126}, "may not be executed"},
		"not found":            {&protocol.Exit{ExitCode: 127}, "not found in the image"},
		"128 is no signal":     {&protocol.Exit{ExitCode: 128}, ""},
		"killed":               {&protocol.Exit{ExitCode: 137, Signal: "SIGKILL"}, "SIGKILL"},
		"crashed":              {&protocol.Exit{ExitCode: 139, Signal: "SIGSEGV"}, "SIGSEGV"},
		"stopped":              {&protocol.Exit{ExitCode: 137, Signal: "SIGKILL", Stopped: true}, "on request"},
		"stopped, ended well":  {&protocol.Exit{Stopped: true}, ""},
		"out of memory":        {&protocol.Exit{ExitCode: 137, Signal: "SIGKILL", OomKilled: true, OomKills: 1, MemoryLimit: 64 << 20}, "memory limit of 64MiB"},
		"out of memory, child": {&protocol.Exit{ExitCode: 0, OomKills: 2, MemoryLimit: 64 << 20}, "2 process(es)"},
		"no signal that is":    {&protocol.Exit{ExitCode: 255}, ""},
		"above the signals":    {&protocol.Exit{ExitCode: 200}, ""},
	} {
		got := explain(c.exit)
		if (c.want == "") != (got == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s: %q, want %q in it", name, got, c.want)
		}
	}
}

func TestSignalOf(t *testing.T) {
	t.Parallel()
	for code, want := range map[int64]string{
		0: "", 1: "", 127: "", 128: "", 129: "SIGHUP", 130: "SIGINT", 137: "SIGKILL", 139: "SIGSEGV", 143: "SIGTERM", 192: "", 193: "", 255: "",
	} {
		if got := signalOf(code); got != want {
			t.Errorf("%d is %q, want %q", code, got, want)
		}
	}
}

// TestRunExitTells has everything that an engine knows of an exit.
func TestRunExitTells(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		started := time.Now().UTC()
		api := &fakeAPI{
			wait: endsWith(137, 10*time.Second),
			inspect: func(string) (container.InspectResponse, error) {
				return container.InspectResponse{ContainerJSONBase: &container.ContainerJSONBase{
					ID: "c0ffee",
					State: &container.State{
						Status: container.StateExited, ExitCode: 137, OOMKilled: true, Error: "",
						StartedAt: started.Format(time.RFC3339Nano), FinishedAt: started.Add(10 * time.Second).Format(time.RFC3339Nano),
					},
					HostConfig: &container.HostConfig{Resources: container.Resources{Memory: 64 << 20}},
				}}, nil
			},
			stats: func() (io.ReadCloser, error) {
				return io.NopCloser(strings.NewReader(`{"memory_stats":{"usage":1000,"max_usage":5000},"cpu_stats":{"cpu_usage":{"total_usage":1500000000}}}` +
					`{"memory_stats":{"usage":2000},"cpu_stats":{"cpu_usage":{"total_usage":2500000000}}}`)), nil
			},
			// The kill is reported live, and again by the look back.
			events: func(context.Context, events.ListOptions) []events.Message {
				return []events.Message{killed("c0ffee", 7)}
			},
		}
		r, _ := newRun(t, api, nil)
		exit, err := r.run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		at := func(t time.Time) string { return t.Format("2006-01-02T15:04:05Z") } // in a bubble seconds are whole
		headline := "Container c0ffee exited with code 137 (SIGKILL): the kernel killed the container because it reached its memory limit of 64MiB."
		want := &protocol.Exit{
			ExitCode: 137, OomKilled: true, Removed: true, ContainerId: "c0ffee", Signal: "SIGKILL", OomKills: 1,
			StartedAt: timestamppb.New(started), FinishedAt: timestamppb.New(started.Add(10 * time.Second)),
			PeakMemory: 64 << 20, CpuSeconds: 2.5, MemoryLimit: 64 << 20,
			Explanation: "the kernel killed the container because it reached its memory limit of 64MiB",
			Headline:    headline,
			Report: headline + "\n  ran        " + at(started) + " to " + at(started.Add(10*time.Second)) + ", 10.000 s\n" +
				"  memory     peak 64.0 MiB, limit 64.0 MiB\n  CPU        2.50 s\n  OOM kills  1",
		}
		if diff := cmp.Diff(want, exit, protocmp.Transform()); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	})
}

// TestRunExitWithoutDetails: an engine that cannot be asked any more takes away
// the details, and not the code.
func TestRunExitWithoutDetails(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		api := &fakeAPI{wait: endsWith(3, time.Second)}
		r, _ := newRun(t, api, nil)
		exit, err := r.run(t.Context())
		if text := "Container c0ffee exited with code 3."; err != nil || exit.GetExitCode() != 3 || exit.GetHeadline() != text || exit.GetReport() != text {
			t.Errorf("exit %+v, %v", exit, err)
		}
	})
}

// TestRunTimeout stops what runs for too long, and only that.
func TestRunTimeout(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		runs  time.Duration
		calls string
		late  bool
	}{
		"too long": {time.Hour, "create box, start c0ffee, stop c0ffee in 3 s, remove c0ffee", true},
		"in time":  {59 * time.Second, "create box, start c0ffee, remove c0ffee", false},
	} {
		inBubble(t, func(t *testing.T) {
			box := newStoppable(time.Second)
			timer := time.AfterFunc(c.runs, func() { _ = box.stop(t.Context(), 0) })
			defer timer.Stop()
			api := &fakeAPI{wait: box.wait, stop: box.stop}
			r, _ := newRun(t, api, func(spec *protocol.RunRequest) { spec.RunTimeout = durationpb.New(time.Minute) })
			began := time.Now()
			_, err := r.run(t.Context())
			if c.late {
				wantKind(t, err, protocol.ErrorKind_RUN_TIMEOUT, "1m0s")
			} else if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if took := time.Since(began); took > 62*time.Second || api.seen() != c.calls {
				t.Errorf("%s: %s in %s, want %s", name, api.seen(), took, c.calls)
			}
		})
	}
}

// TestTail keeps the end of stderr, in whole lines and whole characters.
func TestTail(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("0123456789 €\n", 1000)
	for name, c := range map[string]struct {
		pieces []*protocol.Output
		want   string
	}{
		"nothing":         {nil, ""},
		"stdout is not":   {[]*protocol.Output{{Stream: protocol.Output_STDOUT, Text: "out\n"}}, ""},
		"lines":           {[]*protocol.Output{{Stream: protocol.Output_STDERR, Text: "a\n"}, {Stream: protocol.Output_STDERR, Text: "b\n"}}, "a\nb"},
		"bytes":           {[]*protocol.Output{{Stream: protocol.Output_STDERR, Data: []byte("a\xff\n")}}, "a\uFFFD"},
		"the end of much": {[]*protocol.Output{{Stream: protocol.Output_STDERR, Text: long}}, strings.TrimRight(long[len(long)-tailSize/15*15:], "\n")},
		"in many pieces":  {pieces(long), strings.TrimRight(long[len(long)-tailSize/15*15:], "\n")},
	} {
		var kept tail
		for _, piece := range c.pieces {
			kept.add(piece)
		}
		if got := kept.text(); got != c.want || !utf8.ValidString(got) {
			t.Errorf("%s: %d bytes %.40q, want %d bytes %.40q", name, len(got), got, len(c.want), c.want)
		}
	}
}

func pieces(text string) []*protocol.Output {
	var all []*protocol.Output
	for len(text) > 0 {
		n := min(7, len(text))
		all = append(all, &protocol.Output{Stream: protocol.Output_STDERR, Data: []byte(text[:n])})
		text = text[n:]
	}
	return all
}
