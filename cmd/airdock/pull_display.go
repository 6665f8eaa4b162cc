package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/docker/go-units"
	"golang.org/x/term"

	"airdock.dev/airdock/protocol"
)

// lineInterval is how often a pull is reported where there is no terminal.
const lineInterval = 5 * time.Second

// pullDisplay shows the progress of a pull: a bar on a terminal, plain lines
// elsewhere.
type pullDisplay struct {
	out   *os.File
	quiet bool
	bar   bar
	last  time.Time
}

func newPullDisplay(out *os.File, quiet bool) *pullDisplay {
	return &pullDisplay{out: out, quiet: quiet}
}

func (d *pullDisplay) show(p *protocol.PullProgress) {
	switch {
	case d.quiet:
	case term.IsTerminal(int(d.out.Fd())):
		d.draw(p)
	default:
		d.line(d.out, p)
	}
}

func (d *pullDisplay) draw(p *protocol.PullProgress) {
	d.bar.draw(d.out, "Pulling "+p.GetImage(), p.GetBytes(), p.GetBytesTotal())
	if p.GetDone() {
		d.close()
	}
}

// close completes the bar, so that what comes next starts on a line of its own.
func (d *pullDisplay) close() { d.bar.close() }

func (d *pullDisplay) line(out io.Writer, p *protocol.PullProgress) {
	switch {
	case p.GetDone():
		fmt.Fprintf(out, "Pulled %s: %s\n", p.GetImage(), p.GetStatus())
	case d.last.IsZero():
		fmt.Fprintf(out, "Pulling %s\n", p.GetImage())
		d.last = time.Now()
	case time.Since(d.last) >= lineInterval:
		fmt.Fprintf(out, "Pulling %s: %d of %d layers, %s of %s\n", p.GetImage(), p.GetLayersDone(), p.GetLayers(),
			units.BytesSize(float64(p.GetBytes())), units.BytesSize(float64(p.GetBytesTotal())))
		d.last = time.Now()
	}
}
