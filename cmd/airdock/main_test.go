package main

import (
	"io"
	"strings"
	"testing"
)

// TestUnknownCommandsFail also below a command that only holds others.
func TestUnknownCommandsFail(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"rum"}, {"engine", "infoo"}, {"image", "pul"}, {"volume", "delete", "x"}} {
		root := (&app{}).root()
		root.SetArgs(args)
		root.SetOut(io.Discard)
		if err := root.Execute(); err == nil || !strings.Contains(err.Error(), "unknown command") {
			t.Errorf("airdock %s: %v", strings.Join(args, " "), err)
		}
	}
	root := (&app{}).root()
	var help strings.Builder
	root.SetArgs([]string{"volume"})
	root.SetOut(&help)
	if err := root.Execute(); err != nil || !strings.Contains(help.String(), "prune") {
		t.Errorf("airdock volume: %v, %s", err, help.String())
	}
}
