package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
)

// TestRun checks what a wrong or an empty call answers. None of these starts
// an engine.
func TestRun(t *testing.T) {
	nothing := filepath.Join(t.TempDir(), "nothing")
	tests := []struct {
		args   []string
		code   int
		stderr string
	}{
		{[]string{"up", "--dir", nothing, "--mode", "podman"}, 1, "--mode podman: it is auto, dind or native"},
		{[]string{"up", "--dir", nothing, "--seed", "maybe"}, 1, "--seed maybe: it is auto, always or never"},
		{[]string{"up", "--dir", nothing, "extra"}, 1, "unknown command"},
		{[]string{"env", "--dir", nothing}, 1, "devengine up --dir '" + nothing + "'"},
		{[]string{"status", "--dir", nothing}, 3, ""},
		{[]string{"down", "--dir", nothing}, 0, ""},
		{[]string{"--help"}, 0, ""},
	}
	for _, test := range tests {
		t.Run(strings.Join(test.args, " "), func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			code := run(t.Context(), test.args, &stdout, &stderr)
			if code != test.code || !strings.Contains(stderr.String(), test.stderr) {
				t.Errorf("exit code %d, want %d; stderr:\n%s", code, test.code, stderr.String())
			}
			if leftover, _ := filepath.Glob(nothing); len(leftover) > 0 {
				t.Errorf("the folder was made")
			}
		})
	}
}
