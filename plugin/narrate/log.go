package narrate

import (
	"fmt"
	"strings"

	"airdock.dev/airdock/protocol"
)

// log sends a call's events. After the first one that cannot be sent it sends
// nothing more.
type log struct {
	send func(*protocol.Event) error
	err  error
}

func (l *log) pass(event *protocol.Event) error {
	if l.err == nil {
		l.err = l.send(event)
	}
	return l.err
}

func (l *log) write(level protocol.Log_Level, text string) {
	_ = l.pass(&protocol.Event{Event: &protocol.Event_Log{Log: &protocol.Log{Level: level, Text: text}}})
}

// info sends a line; an empty text is no line.
func (l *log) info(text string) {
	if text != "" {
		l.write(protocol.Log_INFO, text)
	}
}

// output sends what a program printed, each line with a mark before it. Only \n
// ends a line, and an empty line is one, too.
func (l *log) output(mark, text string) {
	if text != "" {
		l.write(protocol.Log_INFO, mark+strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n"+mark))
	}
}

// sizeWords is a size in bytes as one reads it.
func sizeWords(size int64) string {
	if size >= 100_000 {
		return fmt.Sprintf("%.1f MB", float64(size)/1e6)
	}
	return fmt.Sprintf("%d bytes", size)
}

// amount is how much was transferred: "12 files (3.4 MB)".
func amount(files, size int64) string {
	plural := "s"
	if files == 1 {
		plural = ""
	}
	return fmt.Sprintf("%d file%s (%s)", files, plural, sizeWords(size))
}
