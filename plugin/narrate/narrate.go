// Package narrate tells what happens in a call in lines for a log, where the host
// asked for that (rule 7 of airdock.proto). It makes no call and knows no gRPC.
package narrate

import (
	"strings"
	"time"

	"airdock.dev/airdock/protocol"
)

// interval is the least time between two lines on how far a transfer is.
const interval = 10 * time.Second

// Narrator stands between a verb and its host: it puts Log events in the place of
// those that only tell how a call goes on. Like the verb's own sink it is not safe
// for concurrent use, and keeps no event.
type Narrator struct {
	request  any
	log      *log
	pull     layers
	push     layers
	transfer transfer
	steps    steps
}

// New returns the narrator of one call, which sends its events by send.
func New(send func(*protocol.Event) error) *Narrator {
	l := &log{send: send}
	return &Narrator{
		log:      l,
		pull:     layers{log: l, doing: "Pulling", done: "Pulled"},
		push:     layers{log: l, doing: "Pushing", done: "Pushed"},
		transfer: transfer{log: l},
		steps:    steps{log: l, names: map[int32]string{}},
	}
}

// Request takes the call's request, a message of package protocol: some events are
// told of in one kind of call only.
func (n *Narrator) Request(request any) { n.request = request }

// Event sends an event of the call, or tells of it, now or later.
func (n *Narrator) Event(event *protocol.Event) error {
	switch e := event.GetEvent().(type) {
	case *protocol.Event_Output, *protocol.Event_ResultFile:
		return n.log.pass(event)
	case *protocol.Event_PullProgress:
		n.pull.write(e.PullProgress, e.PullProgress.GetStatus())
	case *protocol.Event_PushProgress:
		n.steps.close()
		n.push.write(e.PushProgress, "")
	case *protocol.Event_TransferProgress:
		n.transfer.write(e.TransferProgress)
		if _, run := n.request.(*protocol.RunRequest); run {
			n.log.info(copied(e.TransferProgress))
		}
	case *protocol.Event_Started:
		n.pull.close()
		n.log.info(started(e.Started))
	case *protocol.Event_OutputFetched:
		n.log.info(fetched(e.OutputFetched))
	case *protocol.Event_StepStarted, *protocol.Event_StepProgress, *protocol.Event_StepOutput,
		*protocol.Event_StepWarning, *protocol.Event_StepFinished:
		n.steps.write(event)
	default: // the final event
		n.close()
		n.outcome(event)
		return n.log.pass(event)
	}
	return n.log.err
}

// Fail tells of the end of a call that ends with an error. A build's error shows
// lines of the Dockerfile, which are to be read as lines; other errors are the
// host's to tell.
func (n *Narrator) Fail(err error) {
	n.close()
	_, build := n.request.(*protocol.BuildRequest)
	failure := protocol.FromError(err)
	if build && failure != nil && failure.Kind != protocol.ErrorKind_STOPPED {
		n.log.write(protocol.Log_ERROR, strings.TrimRight(failure.Message, "\n"))
	}
}

// close ends the folds that are open.
func (n *Narrator) close() {
	n.pull.close()
	n.push.close()
	n.steps.close()
}
