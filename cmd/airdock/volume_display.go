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

// transferDisplay shows how far files are: a bar on a terminal, plain lines
// elsewhere.
type transferDisplay struct {
	out   *os.File
	quiet bool
	bar   bar
	last  time.Time
}

func newTransferDisplay(out *os.File, quiet bool) *transferDisplay {
	return &transferDisplay{out: out, quiet: quiet}
}

func (d *transferDisplay) show(p *protocol.TransferProgress) {
	switch {
	case d.quiet:
	case term.IsTerminal(int(d.out.Fd())):
		doing, _ := transferVerbs(p)
		d.bar.draw(d.out, doing+" "+p.GetPath(), p.GetBytes(), p.GetBytesTotal())
		if p.GetDone() {
			d.close()
		}
	default:
		d.line(d.out, p)
	}
}

func (d *transferDisplay) close() { d.bar.close() }

func (d *transferDisplay) line(out io.Writer, p *protocol.TransferProgress) {
	doing, did := transferVerbs(p)
	switch {
	case p.GetDone():
		fmt.Fprintf(out, "%s %s: %s\n", did, p.GetPath(), transferred(p))
	case d.last.IsZero():
		fmt.Fprintf(out, "%s %s\n", doing, p.GetPath())
		d.last = time.Now()
	case time.Since(d.last) >= lineInterval:
		fmt.Fprintf(out, "%s %s: %s\n", doing, p.GetPath(), transferred(p))
		d.last = time.Now()
	}
}

func transferVerbs(p *protocol.TransferProgress) (doing, did string) {
	if p.GetFetch() {
		return "Fetching", "Fetched"
	}
	return "Sending", "Sent"
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
