package plugin

import (
	"strings"
	"time"

	"github.com/docker/docker/pkg/jsonmessage"

	"airdock.dev/airdock/protocol"
)

// progressInterval bounds how often a pull is reported.
const progressInterval = 100 * time.Millisecond

// layer is the state of one layer on its way, in bytes.
type layer struct {
	current, total int64
	done           bool
}

// layers are those of one image, by the ids that the engine gives them.
type layers map[string]*layer

func (l layers) of(id string) *layer {
	if l[id] == nil {
		l[id] = &layer{}
	}
	return l[id]
}

// sum counts the layers that have arrived, and the bytes of all.
func (l layers) sum() (done int32, current, total int64) {
	for _, one := range l {
		current += one.current
		total += one.total
		if one.done {
			done++
		}
	}
	return done, current, total
}

// pullProgress sums the progress of a pull's layers.
type pullProgress struct {
	image  string
	status string
	layers layers
}

func (p *pullProgress) add(message *jsonmessage.JSONMessage) {
	if message.ID == "" || strings.HasPrefix(message.Status, "Pulling from ") {
		p.status = message.Status
		return
	}
	l := p.layers.of(message.ID)
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
	arrived, current, total := p.layers.sum()
	return &protocol.PullProgress{
		Image: p.image, Layers: int32(len(p.layers)), LayersDone: arrived, Bytes: current, BytesTotal: total, Done: done, Status: p.status,
	}
}
