package narrate

import (
	"fmt"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"airdock.dev/airdock/protocol"
)

// reportLines is how many of the last lines of stderr a report has.
const reportLines = 20

// Headline says in one or two sentences how a container ended: Exit.headline, from
// the other fields.
func Headline(exit *protocol.Exit) string {
	text := fmt.Sprintf("Container %s exited with code %d", shortID(exit.GetContainerId()), exit.GetExitCode())
	if exit.GetSignal() != "" {
		text += fmt.Sprintf(" (%s)", exit.GetSignal())
	}
	if exit.GetExplanation() != "" {
		text += ": " + exit.GetExplanation()
	}
	if exit.GetEngineError() != "" {
		text += "; the engine says: " + exit.GetEngineError()
	}
	return text + "."
}

// Report says all that is known of a container's end, a line each: Exit.report, from
// the other fields.
func Report(exit *protocol.Exit) string {
	lines := []string{Headline(exit)}
	add := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	if from, to := exit.GetStartedAt(), exit.GetFinishedAt(); from != nil && to != nil {
		add("  ran        %s to %s, %.3f s", stamp(from), stamp(to), float64(to.AsTime().Sub(from.AsTime()))/float64(time.Second))
	}
	if exit.GetPeakMemory() != 0 || exit.GetMemoryLimit() != 0 {
		peak, limit := "unknown", ""
		if exit.GetPeakMemory() != 0 {
			peak = mebibytes(exit.GetPeakMemory())
		}
		if exit.GetMemoryLimit() != 0 {
			limit = ", limit " + mebibytes(exit.GetMemoryLimit())
		}
		add("  memory     peak %s%s", peak, limit)
	}
	if exit.GetCpuSeconds() != 0 {
		add("  CPU        %.2f s", exit.GetCpuSeconds())
	}
	if exit.GetOomKills() != 0 {
		add("  OOM kills  %d", exit.GetOomKills())
	}
	if exit.GetStderrTail() != "" {
		add("  the end of stderr:")
		tail := viewedLines(exit.GetStderrTail())
		for _, line := range tail[max(0, len(tail)-reportLines):] {
			add("    %s", line)
		}
	}
	return strings.Join(lines, "\n")
}

// viewedLines splits a text wherever a viewer may begin a new line, so that each
// stands indented in its report.
func viewedLines(text string) []string {
	ends := []string{"\r\n", "\n"}
	for _, end := range "\r\v\f\x1c\x1d\x1e\u0085\u2028\u2029" {
		ends = append(ends, string(end), "\n")
	}
	return strings.Split(strings.TrimSuffix(strings.NewReplacer(ends...).Replace(text), "\n"), "\n")
}

// stamp writes a time as protobuf's JSON does: with 0, 3, 6 or 9 digits of fraction.
func stamp(t *timestamppb.Timestamp) string {
	text := t.AsTime().Format("2006-01-02T15:04:05.000000000")
	text = strings.TrimSuffix(strings.TrimSuffix(text, "000"), "000")
	return strings.TrimSuffix(text, ".000") + "Z"
}

func mebibytes(size int64) string { return fmt.Sprintf("%.1f MiB", float64(size)/(1<<20)) }
