package narrate

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"airdock.dev/airdock/protocol"
)

// steps tells of a build's steps, each in a fold of its own. Steps run side by side
// and folds cannot: one step is shown live, and what the others do is kept, in
// bounded memory, until that one is finished. Then those that finished meanwhile
// follow, whole, and the next one of the rest is live.
type steps struct {
	log  *log
	live *step
	// waiting are in the order in which they began.
	waiting []*step
	names   map[int32]string
}

func (s *steps) write(event *protocol.Event) {
	switch e := event.GetEvent().(type) {
	case *protocol.Event_StepStarted:
		s.start(e.StepStarted.GetNumber(), e.StepStarted.GetName())
	case *protocol.Event_StepOutput:
		s.add(e.StepOutput.GetNumber(), outputPiece(e.StepOutput))
	case *protocol.Event_StepProgress:
		if running := s.running(e.StepProgress.GetNumber()); running != nil {
			running.progress(e.StepProgress, time.Now())
		}
	case *protocol.Event_StepWarning:
		s.add(e.StepWarning.GetNumber(), piece{text: warning(e.StepWarning)})
	case *protocol.Event_StepFinished:
		s.finish(e.StepFinished)
	}
}

// close tells what still waits and ends the fold that is open: also after a build
// that failed.
func (s *steps) close() {
	for len(s.waiting) > 0 {
		s.showWaiting(s.waiting[0])
	}
	if s.live != nil {
		s.live.hide()
		s.live = nil
	}
}

func (s *steps) running(number int32) *step {
	if s.live != nil && s.live.number == number {
		return s.live
	}
	for _, waiting := range s.waiting {
		if waiting.number == number {
			return waiting
		}
	}
	return nil
}

func (s *steps) start(number int32, name string) *step {
	s.names[number] = name
	started := s.running(number)
	if started == nil {
		started = &step{log: s.log, number: number, name: name, due: time.Now().Add(interval)}
		if s.live == nil || s.live.end != "" {
			s.show(started)
		} else {
			s.waiting = append(s.waiting, started)
		}
	}
	started.end = ""
	return started
}

func (s *steps) add(number int32, p piece) {
	running := s.running(number)
	if running == nil { // a remark on a step whose fold is closed: it gets another one
		running = s.start(number, cmp.Or(s.names[number], fmt.Sprintf("step %d", number)))
		running.end = "(the step was finished before)"
	}
	running.add(p)
}

// finish leaves the live step's fold open, for the step may start again, until
// another one needs its place.
func (s *steps) finish(finished *protocol.StepFinished) {
	ended := s.running(finished.GetNumber())
	if ended == nil {
		ended = s.start(finished.GetNumber(), finished.GetName())
	}
	ended.end = ending(finished)
	if ended != s.live {
		return
	}
	for _, waiting := range slices.Clone(s.waiting) {
		if waiting.end != "" {
			s.showWaiting(waiting)
		}
	}
	if len(s.waiting) > 0 {
		s.showWaiting(s.waiting[0])
	}
}

func (s *steps) showWaiting(next *step) {
	s.waiting = slices.DeleteFunc(s.waiting, func(waiting *step) bool { return waiting == next })
	s.show(next)
}

func (s *steps) show(next *step) {
	if s.live != nil {
		s.live.hide()
	}
	s.live = next
	next.show()
}
