package airdock_test

import (
	"os"
	"strings"
	"testing"

	"airdock.dev/airdock/protocol"
)

// TestDocsNameEveryErrorKind keeps docs/errors.md whole.
func TestDocsNameEveryErrorKind(t *testing.T) {
	page, err := os.ReadFile("docs/errors.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range protocol.ErrorKind_name {
		if !strings.Contains(string(page), "| `"+kind+"` |") {
			t.Errorf("docs/errors.md has no row for %s", kind)
		}
	}
}
