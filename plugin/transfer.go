package plugin

import (
	"context"
	"time"

	"airdock.dev/airdock/protocol"
)

// transferInterval is the least time between two reports of one transfer.
const transferInterval = 100 * time.Millisecond

// transfer counts files on their way to the engine or back, reports them, and
// gives up when nothing moves. It belongs to one goroutine.
type transfer struct {
	progress *protocol.TransferProgress
	out      sink
	told     time.Time
	alarm    *time.Timer
	patience time.Duration
}

// newTransfer returns a transfer and the context in which it happens: that ends
// with the error ENGINE_TIMEOUT when nothing has moved for so long. The caller
// calls end.
func newTransfer(ctx context.Context, progress *protocol.TransferProgress, patience time.Duration, out sink) (context.Context, *transfer) {
	ctx, cancel := context.WithCancelCause(ctx)
	stalled := protocol.Errorf(protocol.ErrorKind_ENGINE_TIMEOUT, "nothing of %s has moved for %s; check the way to the engine and its load, or give the engine a longer timeout", progress.GetPath(), patience)
	return ctx, &transfer{
		progress: progress,
		out:      out,
		patience: patience,
		alarm:    time.AfterFunc(patience, func() { cancel(stalled) }),
	}
}

// moved counts what has moved.
func (t *transfer) moved(files, bytes int64) error {
	t.progress.Files += files
	t.progress.Bytes += bytes
	now := time.Now()
	if now.Sub(t.told) < transferInterval {
		return nil
	}
	t.told = now
	t.alarm.Reset(t.patience)
	return t.send()
}

// end stops the watch.
func (t *transfer) end() { t.alarm.Stop() }

// done reports the end of a transfer that succeeded.
func (t *transfer) done() error {
	t.progress.Done = true
	return t.send()
}

func (t *transfer) send() error {
	return t.out(&protocol.Event{Event: &protocol.Event_TransferProgress{TransferProgress: t.progress}})
}
