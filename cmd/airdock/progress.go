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

// lineInterval is how often progress is reported where there is no terminal.
const lineInterval = 5 * time.Second

// progress is how far a pull or a transfer is, in bytes; a total of 0 is unknown.
type progress interface {
	GetBytes() int64
	GetBytesTotal() int64
	GetDone() bool
}

// sentences say it at the beginning, on the way and at the end.
type sentences struct{ begin, onTheWay, end string }

// progressDisplay shows it: a bar on a terminal, plain lines elsewhere.
type progressDisplay struct {
	out   *os.File
	quiet bool
	bar   bar
	last  time.Time
}

func newProgressDisplay(out *os.File, quiet bool) *progressDisplay {
	return &progressDisplay{out: out, quiet: quiet}
}

func (d *progressDisplay) pull(p *protocol.PullProgress) { d.show(p, pullSentences(p)) }

func (d *progressDisplay) transfer(p *protocol.TransferProgress) { d.show(p, transferSentences(p)) }

func (d *progressDisplay) show(p progress, say sentences) {
	switch {
	case d.quiet:
	case term.IsTerminal(int(d.out.Fd())):
		d.bar.draw(d.out, say.begin, p.GetBytes(), p.GetBytesTotal())
		if p.GetDone() {
			d.close()
		}
	default:
		d.line(d.out, p, say)
	}
}

// close completes the bar, so that what comes next starts on a line of its own.
func (d *progressDisplay) close() { d.bar.close() }

func (d *progressDisplay) line(out io.Writer, p progress, say sentences) {
	switch {
	case p.GetDone():
		fmt.Fprintln(out, say.end)
	case d.last.IsZero():
		fmt.Fprintln(out, say.begin)
		d.last = time.Now()
	case time.Since(d.last) >= lineInterval:
		fmt.Fprintln(out, say.onTheWay)
		d.last = time.Now()
	}
}

func pullSentences(p *protocol.PullProgress) sentences {
	begin := "Pulling " + p.GetImage()
	return sentences{
		begin: begin,
		onTheWay: fmt.Sprintf("%s: %d of %d layers, %s of %s", begin, p.GetLayersDone(), p.GetLayers(),
			units.BytesSize(float64(p.GetBytes())), units.BytesSize(float64(p.GetBytesTotal()))),
		end: fmt.Sprintf("Pulled %s: %s", p.GetImage(), p.GetStatus()),
	}
}

func transferSentences(p *protocol.TransferProgress) sentences {
	doing, did := "Sending", "Sent"
	if p.GetFetch() {
		doing, did = "Fetching", "Fetched"
	}
	begin, soFar := doing+" "+p.GetPath(), transferred(p)
	return sentences{begin: begin, onTheWay: begin + ": " + soFar, end: did + " " + p.GetPath() + ": " + soFar}
}

// transferred leaves out the totals that nobody knows.
func transferred(p *protocol.TransferProgress) string {
	files, bytes := countFiles(p.GetFiles()), units.BytesSize(float64(p.GetBytes()))
	if total := p.GetFilesTotal(); total > 0 {
		files = fmt.Sprintf("%d of %s", p.GetFiles(), countFiles(total))
	}
	if total := p.GetBytesTotal(); total > 0 {
		bytes += " of " + units.BytesSize(float64(total))
	}
	return files + ", " + bytes
}

func countFiles(n int64) string {
	if n == 1 {
		return "1 file"
	}
	return fmt.Sprintf("%d files", n)
}
