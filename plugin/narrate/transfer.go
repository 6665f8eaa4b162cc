package narrate

import (
	"fmt"
	"time"

	"airdock.dev/airdock/protocol"
)

// transfer tells of files on their way: a line in each interval that it takes.
type transfer struct {
	log *log
	// due is when the next line is; zero between two transfers.
	due time.Time
}

func (t *transfer) write(progress *protocol.TransferProgress) {
	now := time.Now()
	switch {
	case progress.GetDone():
		t.due = time.Time{}
	case t.due.IsZero():
		t.due = now.Add(interval)
	case !now.Before(t.due):
		t.due = now.Add(interval)
		t.log.info(transferSentence(progress))
	}
}

func transferSentence(progress *protocol.TransferProgress) string {
	verb := "Copying"
	if progress.GetFetch() {
		verb = "Fetching"
	}
	files, size := fmt.Sprint(progress.GetFiles()), sizeWords(progress.GetBytes())
	if progress.GetBytesTotal() != 0 {
		files += fmt.Sprintf(" of %d", progress.GetFilesTotal())
		size += " of " + sizeWords(progress.GetBytesTotal())
	}
	return fmt.Sprintf("%s %s: %s files, %s", verb, progress.GetPath(), files, size)
}
