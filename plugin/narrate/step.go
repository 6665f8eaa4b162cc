package narrate

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"airdock.dev/airdock/protocol"
)

// What is kept of a step that has to wait for its turn: its last pieces of output
// and their characters.
const (
	waitingPieces     = 500
	waitingCharacters = 64 << 10
)

// piece is what a step printed, or a remark on it, with the mark of its stream.
type piece struct{ mark, text string }

func outputPiece(output *protocol.StepOutput) piece {
	if output.GetStream() == protocol.Output_STDERR {
		return piece{"[stderr] ", output.GetText()}
	}
	return piece{"", output.GetText()}
}

// step is a step that is live, or what it has to say once it is its turn.
type step struct {
	log    *log
	number int32
	name   string
	// end is how it ended, once it did.
	end string
	// due is when the next line on a transfer is.
	due time.Time

	shown      bool
	kept       []piece
	characters int
	dropped    bool
}

func (s *step) add(p piece) {
	if s.shown {
		s.log.output(p.mark, p.text)
		return
	}
	// A clone, for the text may be a part of something larger.
	s.kept = append(s.kept, piece{p.mark, strings.Clone(p.text)})
	s.characters += utf8.RuneCountInString(p.text)
	for len(s.kept) > 1 && (len(s.kept) > waitingPieces || s.characters > waitingCharacters) {
		s.characters -= utf8.RuneCountInString(s.kept[0].text)
		s.kept[0] = piece{} // the slice still holds it
		s.kept = s.kept[1:]
		s.dropped = true
	}
}

// progress takes a transfer's state: a line at its end, and one in each interval
// before.
func (s *step) progress(progress *protocol.StepProgress, now time.Time) {
	text := progress.GetItem() + " " + sizeWords(progress.GetCurrent())
	switch {
	case progress.GetDone():
		if progress.GetCurrent() != 0 {
			s.add(piece{text: text})
		}
	case !now.Before(s.due):
		s.due = now.Add(interval)
		if progress.GetTotal() != 0 {
			text += " of " + sizeWords(progress.GetTotal())
		}
		s.add(piece{text: text})
	}
}

// show begins the fold, with what waited; from now on all is told at once.
func (s *step) show() {
	s.log.info("::group::" + s.name)
	if s.dropped {
		s.log.info("(The beginning of the output is left out: the step ran beside another one.)")
	}
	s.shown = true
	for _, p := range s.kept {
		s.log.output(p.mark, p.text)
	}
	s.kept = nil
}

// hide ends the fold, with how the step ended.
func (s *step) hide() {
	s.log.info(s.end)
	s.log.info("::endgroup::")
}

func warning(warning *protocol.StepWarning) string {
	where, url := "", ""
	if warning.GetLine() != 0 {
		where = fmt.Sprintf("line %d: ", warning.GetLine())
	}
	if warning.GetUrl() != "" {
		url = fmt.Sprintf(" (%s)", warning.GetUrl())
	}
	return fmt.Sprintf("Warning: %s%s%s", where, warning.GetMessage(), url)
}

func ending(finished *protocol.StepFinished) string {
	switch {
	case finished.GetError() != "":
		return fmt.Sprintf("FAILED after %.1f s: %s", finished.GetSeconds(), finished.GetError())
	case finished.GetCached():
		return "CACHED"
	}
	return fmt.Sprintf("done in %.1f s", finished.GetSeconds())
}
