package main

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"

	"airdock.dev/airdock/protocol"
)

// keptLines is how much of a step's output is shown when it fails.
const keptLines = 20

// liveDisplay draws the steps that run at the bottom of a terminal, each with
// the last that it said, and leaves a line above for each that has ended.
type liveDisplay struct {
	bars  *mpb.Progress
	width int
	steps map[int32]*liveStep
}

type liveStep struct {
	bar    *mpb.Bar
	name   string
	began  time.Time
	output []string

	mu   sync.Mutex
	note string
}

func newLiveDisplay(out *os.File) *liveDisplay {
	width, _, err := term.GetSize(int(out.Fd()))
	if err != nil || width < 20 {
		width = 80
	}
	return &liveDisplay{bars: mpb.New(mpb.WithOutput(out), mpb.WithAutoRefresh(), mpb.WithWidth(width)), width: width, steps: map[int32]*liveStep{}}
}

func (d *liveDisplay) show(event *protocol.Event) {
	switch e := event.GetEvent().(type) {
	case *protocol.Event_StepStarted:
		d.start(e.StepStarted.GetNumber(), e.StepStarted.GetName())
	case *protocol.Event_StepProgress:
		d.note(e.StepProgress.GetNumber(), progressText(e.StepProgress))
	case *protocol.Event_StepOutput:
		for line := range strings.Lines(e.StepOutput.GetText()) {
			d.output(e.StepOutput.GetNumber(), strings.TrimRight(line, "\n"))
		}
	case *protocol.Event_StepWarning:
		d.above(warningText(e.StepWarning))
	case *protocol.Event_StepFinished:
		d.finish(e.StepFinished)
	case *protocol.Event_PushProgress:
		d.push(e.PushProgress)
	}
}

func (d *liveDisplay) start(number int32, name string) *liveStep {
	step := &liveStep{name: name, began: time.Now()}
	d.steps[number] = step
	step.bar = d.bars.New(0, mpb.NopStyle(), mpb.BarRemoveOnComplete(),
		mpb.PrependDecorators(decor.Any(func(decor.Statistics) string { return step.line(d.width) })))
	return step
}

// line is what stands on the terminal while the step runs.
func (s *liveStep) line(width int) string {
	s.mu.Lock()
	note := s.note
	s.mu.Unlock()
	text := fmt.Sprintf(" => %s %.1fs", s.name, time.Since(s.began).Seconds())
	if note != "" {
		text += "  " + note
	}
	return cut(text, width-1)
}

func cut(text string, width int) string {
	if runes := []rune(strings.Map(printable, text)); len(runes) > width {
		return string(runes[:width-1]) + "…"
	}
	return text
}

// printable keeps the output of a step from moving the cursor.
func printable(r rune) rune {
	if r < ' ' || r == 0x7f {
		return ' '
	}
	return r
}

func (d *liveDisplay) note(number int32, text string) {
	if step := d.steps[number]; step != nil {
		step.mu.Lock()
		step.note = strings.Map(printable, text)
		step.mu.Unlock()
	}
}

func (d *liveDisplay) output(number int32, line string) {
	d.note(number, line)
	if step := d.steps[number]; step != nil {
		step.output = append(step.output, line)
		step.output = step.output[max(0, len(step.output)-keptLines):]
	}
}

func (d *liveDisplay) finish(finished *protocol.StepFinished) {
	step := d.steps[finished.GetNumber()]
	if step == nil {
		return
	}
	delete(d.steps, finished.GetNumber())
	step.bar.Abort(true)
	mark := " => "
	if finished.GetError() != "" {
		mark = " !! "
		for _, line := range step.output {
			d.above("    " + line)
		}
	}
	d.above(cut(mark+step.name, d.width-12) + " " + strings.SplitN(finishedText(finished), ":", 2)[0])
}

func (d *liveDisplay) push(p *protocol.PushProgress) {
	if p.GetDone() {
		d.end(0)
		d.above(" => " + pushText(p))
		return
	}
	if d.steps[0] == nil {
		d.start(0, "Pushing "+p.GetImage())
	}
	d.note(0, pushText(p))
}

func (d *liveDisplay) end(number int32) {
	if step := d.steps[number]; step != nil {
		step.bar.Abort(true)
		step.bar.Wait()
		delete(d.steps, number)
	}
}

// above writes a line over the steps that run.
func (d *liveDisplay) above(text string) { _, _ = fmt.Fprintln(d.bars, text) }

func (d *liveDisplay) close(result *protocol.BuildResult) {
	for number := range d.steps {
		d.end(number)
	}
	if result != nil {
		d.above(resultText(result))
	}
	d.bars.Shutdown()
}
