package plugin

import (
	"strings"
	"time"

	"github.com/docker/docker/pkg/jsonmessage"

	"airdock.dev/airdock/protocol"
)

// progressInterval bounds how often a pull is reported.
const progressInterval = 100 * time.Millisecond

// layer is the state of one layer of a pull, in bytes.
type layer struct {
	current, total int64
	done           bool
}

// pullProgress sums the progress of a pull's layers.
type pullProgress struct {
	image  string
	status string
	layers map[string]*layer
}

func (p *pullProgress) add(message *jsonmessage.JSONMessage) {
	if message.ID == "" || strings.HasPrefix(message.Status, "Pulling from ") {
		p.status = message.Status
		return
	}
	l := p.layers[message.ID]
	if l == nil {
		l = &layer{}
		p.layers[message.ID] = l
	}
	switch message.Status {
	case "Downloading":
		if message.Progress != nil {
			l.current, l.total = message.Progress.Current, max(l.total, message.Progress.Total)
		}
	case "Download complete":
		l.current = l.total
	case "Pull complete", "Already exists":
		l.current, l.done = l.total, true
	}
}

func (p *pullProgress) event(done bool) *protocol.PullProgress {
	event := &protocol.PullProgress{Image: p.image, Layers: int32(len(p.layers)), Done: done, Status: p.status}
	for _, l := range p.layers {
		event.Bytes += l.current
		event.BytesTotal += l.total
		if l.done {
			event.LayersDone++
		}
	}
	return event
}
