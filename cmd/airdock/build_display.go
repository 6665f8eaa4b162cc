package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/docker/go-units"
	"golang.org/x/term"

	"airdock.dev/airdock/protocol"
)

// buildDisplay shows a build.
type buildDisplay interface {
	show(event *protocol.Event)
	// close ends the display; result is nil when the build failed.
	close(result *protocol.BuildResult)
}

func newBuildDisplay(out *os.File, mode string, quiet bool) (buildDisplay, error) {
	switch {
	case quiet:
		return silentDisplay{}, nil
	case mode == "tty" || (mode == "auto" && term.IsTerminal(int(out.Fd()))):
		return newLiveDisplay(out), nil
	case mode == "auto" || mode == "plain":
		return &plainDisplay{out: out}, nil
	}
	return nil, fmt.Errorf("--progress %q is none of auto, plain, tty", mode)
}

type silentDisplay struct{}

func (silentDisplay) show(*protocol.Event)        {}
func (silentDisplay) close(*protocol.BuildResult) {}

// plainDisplay writes lines, each with the number of its step. Builds that run
// side by side share its lock and have a name before their lines.
type plainDisplay struct {
	out    io.Writer
	mu     *sync.Mutex
	prefix string
	told   time.Time
}

func (d *plainDisplay) show(event *protocol.Event) {
	switch e := event.GetEvent().(type) {
	case *protocol.Event_StepStarted:
		d.line(e.StepStarted.GetNumber(), e.StepStarted.GetName())
	case *protocol.Event_StepOutput:
		for line := range strings.Lines(e.StepOutput.GetText()) {
			d.line(e.StepOutput.GetNumber(), "| "+strings.TrimRight(line, "\n"))
		}
	case *protocol.Event_StepWarning:
		d.line(e.StepWarning.GetNumber(), warningText(e.StepWarning))
	case *protocol.Event_StepProgress:
		if p := e.StepProgress; p.GetCurrent() > 0 && (p.GetDone() || time.Since(d.told) >= lineInterval) {
			d.told = time.Now()
			d.line(e.StepProgress.GetNumber(), progressText(e.StepProgress))
		}
	case *protocol.Event_StepFinished:
		d.line(e.StepFinished.GetNumber(), finishedText(e.StepFinished))
	case *protocol.Event_PushProgress:
		if p := e.PushProgress; p.GetDone() || time.Since(d.told) >= lineInterval {
			d.told = time.Now()
			d.line(0, pushText(p))
		}
	}
}

func (d *plainDisplay) line(number int32, text string) {
	if d.mu != nil {
		d.mu.Lock()
		defer d.mu.Unlock()
	}
	switch {
	case number == 0:
		fmt.Fprintf(d.out, "%s%s\n", d.prefix, text)
	default:
		fmt.Fprintf(d.out, "%s#%d %s\n", d.prefix, number, text)
	}
}

func (d *plainDisplay) close(result *protocol.BuildResult) {
	if result != nil {
		d.line(0, resultText(result))
	}
}

func finishedText(step *protocol.StepFinished) string {
	switch {
	case step.GetError() != "":
		return "ERROR: " + step.GetError()
	case step.GetCached():
		return "CACHED"
	}
	return fmt.Sprintf("DONE %.1fs", step.GetSeconds())
}

func progressText(p *protocol.StepProgress) string {
	text := p.GetItem()
	if p.GetCurrent() > 0 {
		text += " " + units.HumanSize(float64(p.GetCurrent()))
	}
	if p.GetTotal() > 0 {
		text += " / " + units.HumanSize(float64(p.GetTotal()))
	}
	return text
}

func pushText(p *protocol.PushProgress) string {
	verb := "Pushing"
	if p.GetDone() {
		verb = "Pushed"
	}
	return fmt.Sprintf("%s %s: %d of %d layers, %s", verb, p.GetImage(), p.GetLayersDone(), p.GetLayers(), units.HumanSize(float64(p.GetBytes())))
}

func warningText(w *protocol.StepWarning) string {
	text := "WARNING: " + w.GetMessage()
	if w.GetLine() > 0 {
		text += fmt.Sprintf(" (line %d)", w.GetLine())
	}
	if w.GetUrl() != "" {
		text += ", see " + w.GetUrl()
	}
	return text
}

func resultText(result *protocol.BuildResult) string {
	name := strings.Join(result.GetTags(), ", ")
	if name == "" {
		name = "an image without a name"
	}
	return fmt.Sprintf("Built %s in %.1fs: %d of %d steps cached, %s sent, %s", name, result.GetSeconds(),
		result.GetStepsCached(), result.GetStepsCached()+result.GetStepsBuilt(), units.HumanSize(float64(result.GetContextBytes())), result.GetImageId())
}
