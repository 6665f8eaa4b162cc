package plugin

import (
	"testing"

	"github.com/docker/docker/api/types/container"
	"github.com/google/go-cmp/cmp"
)

// TestReadersRemoveWhatWasLeft: only what is older by a minute was left by somebody.
func TestReadersRemoveWhatWasLeft(t *testing.T) {
	t.Parallel()
	found := []container.Summary{
		{ID: "younger", Created: 1100}, {ID: "own", Created: 1000}, {ID: "about to be read", Created: 940}, {ID: "left", Created: 939},
	}
	if diff := cmp.Diff([]string{"left"}, leftBehind(found, "own")); diff != "" {
		t.Errorf("left behind (-want +got):\n%s", diff)
	}
	if got := leftBehind(found[2:], "own"); got != nil {
		t.Errorf("without its own container, whose time is the measure, a reader removes %v", got)
	}
}
