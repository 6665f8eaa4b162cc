package narrate

import (
	"cmp"
	"fmt"
	"time"
)

// layersProgress is a PullProgress or a PushProgress.
type layersProgress interface {
	GetImage() string
	GetLayers() int32
	GetLayersDone() int32
	GetBytes() int64
	GetBytesTotal() int64
	GetDone() bool
}

// layers tells of an image on its way to the engine or to a registry, in a fold:
// the first report, then one in each interval, then the end.
type layers struct {
	log         *log
	doing, done string
	// due is when the next line is; zero while no fold is open.
	due time.Time
}

// write takes a report; the engine's own words on a push there are none.
func (l *layers) write(progress layersProgress, status string) {
	now := time.Now()
	if l.due.IsZero() {
		l.log.info(fmt.Sprintf("::group::%s image %s", l.doing, progress.GetImage()))
		l.due = now
	}
	switch {
	case progress.GetDone():
		l.log.info(cmp.Or(status, l.done+" "+progress.GetImage()))
		l.close()
	case !now.Before(l.due):
		l.due = now.Add(interval)
		l.log.info(layersSentence(progress, status))
	}
}

// close ends the fold if one is open: also after a transfer that failed.
func (l *layers) close() {
	if !l.due.IsZero() {
		l.due = time.Time{}
		l.log.info("::endgroup::")
	}
}

func layersSentence(progress layersProgress, status string) string {
	if progress.GetLayers() == 0 {
		return cmp.Or(status, "Asking the registry")
	}
	sentence := fmt.Sprintf("%d of %d layers", progress.GetLayersDone(), progress.GetLayers())
	if progress.GetBytesTotal() != 0 {
		sentence += fmt.Sprintf(", %s of %s", sizeWords(progress.GetBytes()), sizeWords(progress.GetBytesTotal()))
	}
	return sentence
}
