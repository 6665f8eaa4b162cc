package build

import (
	"regexp"
	"strings"
	"time"

	"airdock.dev/airdock/plugin/logs"
	"airdock.dev/airdock/protocol"
)

// progressInterval bounds how often one transfer of a step is reported.
const progressInterval = 100 * time.Millisecond

// instruction is a step of the Dockerfile, as the builders name them:
// "[2/4] RUN make", "[stage 2/4] COPY . .". All else is the builder's own.
var instruction = regexp.MustCompile(`^\[(?:[^\]]* )?\d+/\d+\] ([A-Za-z]+)`)

// step is the state of one step.
type step struct {
	number   int32
	name     string
	open     bool // the last event of its start or end was StepStarted
	began    time.Time
	seconds  float64
	cached   bool
	finished bool
	failed   string
	text     [3]logs.Text
	reported map[string]time.Time
}

// verb is the Dockerfile's instruction, or "".
func (s *step) verb() string {
	if found := instruction.FindStringSubmatch(s.name); found != nil {
		return strings.ToUpper(found[1])
	}
	return ""
}

// steps makes events of what a builder says of its steps. It is for one
// goroutine.
type steps struct {
	send func(*protocol.Event) error
	mask mask
	all  map[string]*step
	// ordered are all, by number.
	ordered []*step
}

func newSteps(send func(*protocol.Event) error, mask mask) *steps {
	return &steps{send: send, mask: mask, all: map[string]*step{}}
}

// of returns the step with the builder's own id, new or not.
func (s *steps) of(id, name string) *step {
	found := s.all[id]
	if found == nil {
		found = &step{number: int32(len(s.ordered) + 1), name: s.mask.text(name), reported: map[string]time.Time{}}
		s.all[id] = found
		s.ordered = append(s.ordered, found)
	}
	return found
}

func (s *steps) start(step *step) error {
	if step.open {
		return nil
	}
	step.open = true
	return s.send(&protocol.Event{Event: &protocol.Event_StepStarted{StepStarted: &protocol.StepStarted{
		Number: step.number,
		Name:   step.name,
	}}})
}

// output takes a piece of what a step printed.
func (s *steps) output(step *step, stream protocol.Output_Stream, piece []byte) error {
	return s.print(step, stream, step.text[stream].Add(piece))
}

func (s *steps) print(step *step, stream protocol.Output_Stream, text string) error {
	if text == "" {
		return nil
	}
	if err := s.start(step); err != nil {
		return err
	}
	return s.send(&protocol.Event{Event: &protocol.Event_StepOutput{StepOutput: &protocol.StepOutput{
		Number: step.number,
		Stream: stream,
		Text:   s.mask.text(text),
	}}})
}

// progress takes the state of a transfer. The first and the last are always told.
func (s *steps) progress(step *step, item string, current, total int64, done bool) error {
	last, known := step.reported[item]
	if known && !done && time.Since(last) < progressInterval {
		return nil
	}
	step.reported[item] = time.Now()
	if err := s.start(step); err != nil {
		return err
	}
	return s.send(&protocol.Event{Event: &protocol.Event_StepProgress{StepProgress: &protocol.StepProgress{
		Number:  step.number,
		Item:    item,
		Current: current,
		Total:   total,
		Done:    done,
	}}})
}

func (s *steps) warn(step *step, message, url string, line int32) error {
	return s.send(&protocol.Event{Event: &protocol.Event_StepWarning{StepWarning: &protocol.StepWarning{
		Number:  step.number,
		Message: s.mask.text(message),
		Url:     url,
		Line:    line,
	}}})
}

// finish ends a step. One that starts again, has nothing to say and ends again
// is not told of twice.
func (s *steps) finish(step *step, cached bool, failed string) error {
	told := step.finished && !step.open
	step.finished, step.cached, step.failed = true, cached, s.mask.text(failed)
	if told && failed == "" {
		return nil
	}
	if err := s.start(step); err != nil {
		return err
	}
	for _, stream := range []protocol.Output_Stream{protocol.Output_STDOUT, protocol.Output_STDERR} {
		if err := s.print(step, stream, step.text[stream].End()); err != nil {
			return err
		}
	}
	step.open = false
	return s.send(&protocol.Event{Event: &protocol.Event_StepFinished{StepFinished: &protocol.StepFinished{
		Number:  step.number,
		Name:    step.name,
		Cached:  cached,
		Seconds: step.seconds,
		Error:   step.failed,
	}}})
}

// count returns how many steps of the Dockerfile were cached and built. FROM is
// none: it builds nothing.
func (s *steps) count() (cached, built int32) {
	for _, step := range s.ordered {
		switch verb := step.verb(); {
		case verb == "" || verb == "FROM" || !step.finished:
		case step.cached:
			cached++
		default:
			built++
		}
	}
	return cached, built
}

// failure returns the step that failed by itself, and not because another one
// did, or nil.
func (s *steps) failure() *step {
	for _, step := range s.ordered {
		if step.failed != "" && !strings.Contains(step.failed, "context canceled") {
			return step
		}
	}
	return nil
}
