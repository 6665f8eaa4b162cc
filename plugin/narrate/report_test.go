package narrate

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/timestamppb"

	"airdock.dev/airdock/protocol"
)

func TestHeadline(t *testing.T) {
	t.Parallel()
	for want, exit := range map[string]*protocol.Exit{
		"Container 0123456789ab exited with code 3.":                              {ExitCode: 3},
		"Container 0123456789ab exited with code 137 (SIGKILL): why.":             {ExitCode: 137, Signal: "SIGKILL", Explanation: "why"},
		"Container 0123456789ab exited with code 1; the engine says: no disk.":    {ExitCode: 1, EngineError: "no disk"},
		"Container 0123456789ab exited with code 1: why; the engine says: a\nb%.": {ExitCode: 1, Explanation: "why", EngineError: "a\nb%"},
	} {
		exit.ContainerId = "0123456789abcdef"
		if got := Headline(exit); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestReport(t *testing.T) {
	t.Parallel()
	at := func(nanos int) *timestamppb.Timestamp {
		return timestamppb.New(time.Date(2024, 1, 2, 3, 4, 5, nanos, time.UTC))
	}
	var tail strings.Builder
	full := []string{
		"  ran        2024-01-02T03:04:05Z to 2024-01-02T03:04:07.500Z, 2.500 s",
		"  memory     peak 32.0 MiB, limit 64.0 MiB",
		"  CPU        1.23 s",
		"  OOM kills  2",
		"  the end of stderr:",
	}
	for number := range 30 {
		fmt.Fprintf(&tail, "line %d\n", number)
		if number >= 10 {
			full = append(full, fmt.Sprintf("    line %d", number))
		}
	}
	for name, c := range map[string]struct {
		exit *protocol.Exit
		want []string
	}{
		"all that can be known": {&protocol.Exit{
			StartedAt: at(0), FinishedAt: at(2_500_000_000), PeakMemory: 32 << 20, MemoryLimit: 64 << 20, CpuSeconds: 1.234,
			OomKills: 2, StderrTail: tail.String(),
		}, full},
		"nothing":         {&protocol.Exit{}, nil},
		"no end":          {&protocol.Exit{StartedAt: at(0)}, nil},
		"peak not known":  {&protocol.Exit{MemoryLimit: 1 << 20}, []string{"  memory     peak unknown, limit 1.0 MiB"}},
		"no limit":        {&protocol.Exit{PeakMemory: 1 << 20}, []string{"  memory     peak 1.0 MiB"}},
		"an end too soon": {&protocol.Exit{StartedAt: at(1500), FinishedAt: at(0)}, []string{"  ran        2024-01-02T03:04:05.000001500Z to 2024-01-02T03:04:05Z, -0.000 s"}},
		"ends of lines": {
			&protocol.Exit{StderrTail: "a\r\nb\rc\fd\u2028e\n\n\u0085f"},
			[]string{"  the end of stderr:", "    a", "    b", "    c", "    d", "    e", "    ", "    ", "    f"},
		},
	} {
		c.exit.ContainerId = "abc"
		want := append([]string{"Container abc exited with code 0."}, c.want...)
		if diff := cmp.Diff(strings.Join(want, "\n"), Report(c.exit)); diff != "" {
			t.Errorf("%s: -want +got:\n%s", name, diff)
		}
	}
}

// TestStamp: a time reads as protobuf's JSON has it, which hosts print, too.
func TestStamp(t *testing.T) {
	t.Parallel()
	for _, nanos := range []int64{0, 1, 10, 999, 1000, 100_000, 999_999, 1_000_000, 500_000_000, 999_999_999} {
		at := timestamppb.New(time.Unix(1_700_000_000, nanos))
		want, err := protojson.Marshal(at)
		if got := `"` + stamp(at) + `"`; err != nil || got != string(want) {
			t.Errorf("%d: got %s, want %s (%v)", nanos, got, want, err)
		}
	}
}
