package narrate

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"airdock.dev/airdock/protocol"
)

func starts(number int32) *protocol.Event {
	return &protocol.Event{Event: &protocol.Event_StepStarted{StepStarted: &protocol.StepStarted{
		Number: number, Name: fmt.Sprintf("step %d", number),
	}}}
}

func says(number int32, text string) *protocol.Event {
	return &protocol.Event{Event: &protocol.Event_StepOutput{StepOutput: &protocol.StepOutput{
		Number: number, Stream: protocol.Output_STDOUT, Text: text,
	}}}
}

func complains(number int32, text string) *protocol.Event {
	event := says(number, text)
	event.GetStepOutput().Stream = protocol.Output_STDERR
	return event
}

func finishes(number int32) *protocol.Event {
	return &protocol.Event{Event: &protocol.Event_StepFinished{StepFinished: &protocol.StepFinished{
		Number: number, Name: fmt.Sprintf("step %d", number), Seconds: 1,
	}}}
}

func finishesCached(number int32) *protocol.Event {
	event := finishes(number)
	event.GetStepFinished().Cached = true
	return event
}

func fails(number int32, reason string) *protocol.Event {
	event := finishes(number)
	event.GetStepFinished().Error = reason
	return event
}

func warns(number int32, warning *protocol.StepWarning) *protocol.Event {
	warning.Number = number
	return &protocol.Event{Event: &protocol.Event_StepWarning{StepWarning: warning}}
}

func sends(number int32, progress *protocol.StepProgress) *protocol.Event {
	progress.Number, progress.Item = number, "sending"
	return &protocol.Event{Event: &protocol.Event_StepProgress{StepProgress: progress}}
}

// fold is how a step stands in the log.
func fold(number int, lines ...string) []string {
	return slices.Concat([]string{fmt.Sprintf("::group::step %d", number)}, lines, []string{"::endgroup::"})
}

const done = "done in 1.0 s"

// buildCase is what happens in a build and what is told of it, an empty line as \n.
type buildCase struct {
	events []*protocol.Event
	open   bool // the last fold is not closed yet
	want   []string
}

func (c buildCase) check(t *testing.T) {
	teller := newTeller(&protocol.BuildRequest{})
	teller.tell(t, c.events...)
	if !c.open {
		teller.Fail(protocol.Errorf(protocol.ErrorKind_STOPPED, "stopped"))
		teller.Fail(protocol.Errorf(protocol.ErrorKind_STOPPED, "closing twice closes once"))
	}
	for i, line := range teller.lines {
		if line == "" {
			teller.lines[i] = "\n"
		}
	}
	teller.wants(t, c.want...)
}

func TestSteps(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]buildCase{
		"one after the other": {
			events: []*protocol.Event{starts(1), finishesCached(1), starts(2), says(2, "out\n"), complains(2, "err\n"), finishes(2)},
			want:   slices.Concat(fold(1, "CACHED"), fold(2, "out", "[stderr] err", done)),
		},
		"the first of parallel ones is live": {
			events: []*protocol.Event{starts(1), starts(2), starts(3), says(2, "two\n"), says(1, "one\n")},
			open:   true,
			want:   []string{"::group::step 1", "one"},
		},
		"the others follow whole": {
			events: []*protocol.Event{
				starts(1), starts(2), starts(3), says(2, "two\n"), says(1, "one\n"), says(3, "three\n"), finishes(3), finishes(1),
				says(2, "two again\n"), fails(2, "exit code: 3"),
			},
			want: slices.Concat(fold(1, "one", done), fold(3, "three", done), fold(2, "two", "two again", "FAILED after 1.0 s: exit code: 3")),
		},
		"one that starts again keeps its fold": {
			events: []*protocol.Event{starts(1), finishes(1), starts(1), says(1, "more\n"), finishes(1), starts(2)},
			want:   slices.Concat(fold(1, "more", done), fold(2)),
		},
		"one that starts again while it waits": {
			events: []*protocol.Event{
				starts(1), starts(2), starts(3), finishes(2), starts(2), finishes(3), finishes(1), says(2, "more\n"), finishes(2),
			},
			want: slices.Concat(fold(1, done), fold(3, done), fold(2, "more", done)),
		},
	} {
		t.Run(name, func(t *testing.T) { c.check(t) })
	}
}

// TestStepsSay has what steps print, and what is said of them.
func TestStepsSay(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]buildCase{
		"late output holds nothing up": {
			events: []*protocol.Event{starts(1), finishes(1), starts(2), finishes(2), says(1, "late\n"), starts(3)},
			want: slices.Concat(fold(1, done), fold(2, done),
				fold(1, "late", "(the step was finished before)"), fold(3)),
		},
		"late output of a step with another name": {
			events: []*protocol.Event{
				{Event: &protocol.Event_StepStarted{StepStarted: &protocol.StepStarted{Number: 1, Name: "[1/2] FROM bash"}}},
				finishes(1), starts(2), says(1, "late\n"), finishes(2),
			},
			want: slices.Concat([]string{"::group::[1/2] FROM bash", done, "::endgroup::"}, fold(2, done),
				[]string{"::group::[1/2] FROM bash", "late", "(the step was finished before)", "::endgroup::"}),
		},
		"output of a step that nobody knows": {
			events: []*protocol.Event{says(7, "x\n")},
			want:   fold(7, "x", "(the step was finished before)"),
		},
		"an end without a beginning": {
			events: []*protocol.Event{finishes(1)},
			want:   fold(1, done),
		},
		"lines": {
			events: []*protocol.Event{
				starts(1), says(1, "a\nb\n"), says(1, "\n"), says(1, "a\n\n"), says(1, ""), says(1, "long "), says(1, "line\n"),
				says(1, "100%\r\v\f\u2028\n"), complains(1, "a %s\n\n"),
			},
			want: fold(1, "a\nb", "\n", "a\n", "long ", "line", "100%\r\v\f\u2028", "[stderr] a %s\n[stderr] "),
		},
		"warnings": {
			events: []*protocol.Event{
				starts(1), warns(1, &protocol.StepWarning{Message: "JSON", Line: 3, Url: "https://docs.example/r"}),
				warns(1, &protocol.StepWarning{Message: "no more"}),
			},
			want: fold(1, "Warning: line 3: JSON (https://docs.example/r)", "Warning: no more"),
		},
	} {
		t.Run(name, func(t *testing.T) { c.check(t) })
	}
}

// TestWaitingIsBounded: of a step that waits the end is kept.
func TestWaitingIsBounded(t *testing.T) {
	t.Parallel()
	teller := newTeller(&protocol.BuildRequest{})
	teller.tell(t, starts(1), starts(2))
	for number := range waitingPieces + 100 {
		teller.tell(t, says(2, fmt.Sprintf("line %d\n", number)))
	}
	last := teller.steps.waiting[0].kept
	if len(last) != waitingPieces || last[0].text != "line 100\n" {
		t.Errorf("%d pieces are kept, the first is %q", len(last), last[0].text)
	}
	teller.tell(t, says(2, strings.Repeat("x", waitingCharacters)+"\n"), says(2, "the end\n"))
	teller.Fail(protocol.Errorf(protocol.ErrorKind_STOPPED, "stopped"))
	teller.wants(t, append(fold(1), fold(2,
		"(The beginning of the output is left out: the step ran beside another one.)", "the end")...)...)
}

// TestStepProgress has a line now and then and one at the end.
func TestStepProgress(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		teller := newTeller(&protocol.BuildRequest{})
		teller.tell(t, sends(1, &protocol.StepProgress{Current: 5, Done: true}), starts(1), sends(1, &protocol.StepProgress{Current: 1}))
		passes(10 * time.Second)
		teller.tell(t,
			sends(1, &protocol.StepProgress{Current: 1e6, Total: 3e6}),
			sends(1, &protocol.StepProgress{Current: 2e6, Total: 3e6}),
			sends(1, &protocol.StepProgress{Current: 3e6, Total: 3e6, Done: true}),
			sends(1, &protocol.StepProgress{Done: true}))
		passes(10 * time.Second)
		teller.tell(t, sends(1, &protocol.StepProgress{Current: 7}))
		teller.wants(t, "::group::step 1", "sending 1.0 MB of 3.0 MB", "sending 3.0 MB", "sending 7 bytes")
	})
}
