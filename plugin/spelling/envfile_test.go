package spelling

import (
	"strings"
	"testing"
)

// TestEnvFileTakesNoLongTime: these take minutes where a reader goes back.
func TestEnvFileTakesNoLongTime(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"A='" + strings.Repeat(`\'`, 200000),
		strings.Repeat(" ", 2000000) + "A",
		"A=x" + strings.Repeat(" ", 1000000) + "y",
		"A=" + strings.Repeat("x#", 1000000),
		strings.Repeat("'", 100001),
	} {
		readEnvFile(text, nil)
	}
}
