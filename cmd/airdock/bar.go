package main

import (
	"fmt"
	"os"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// bar is a bar on a terminal, which begins with its first state.
type bar struct {
	all *mpb.Progress
	one *mpb.Bar
}

// draw shows a state in bytes; a total of 0 is unknown.
func (b *bar) draw(out *os.File, title string, current, total int64) {
	if b.all == nil {
		b.all = mpb.New(mpb.WithOutput(out), mpb.WithWidth(40))
		b.one = b.all.AddBar(0, mpb.PrependDecorators(decor.Name(title+" ")), mpb.AppendDecorators(decor.Any(counter)))
	}
	b.one.SetTotal(total, false)
	b.one.SetCurrent(current)
}

func counter(s decor.Statistics) string {
	if s.Total <= 0 {
		return fmt.Sprintf("% .1f", decor.SizeB1024(s.Current))
	}
	return fmt.Sprintf("% .1f / % .1f", decor.SizeB1024(s.Current), decor.SizeB1024(s.Total))
}

// close completes the bar, so that what comes next starts on a line of its own.
func (b *bar) close() {
	if b.all == nil {
		return
	}
	b.one.SetTotal(-1, true)
	b.all.Wait()
	b.all, b.one = nil, nil
}
