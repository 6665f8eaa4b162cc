package network

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fakeIptables puts a program of that name in front of the machine's own.
func fakeIptables(t *testing.T, script string) {
	t.Helper()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "iptables"), []byte("#!/bin/sh\n"+script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", folder+":"+os.Getenv("PATH"))
}

// TestFilterDoesNotWork is a machine whose kernel has no packet filter.
func TestFilterDoesNotWork(t *testing.T) {
	fakeIptables(t, "echo no such table >&2; exit 3\n")
	plan := Plan{id: "1234abcd", Range: prefixes("10.130.0.0/16")[0]}
	if err := EnsureFilter(t.Context(), plan); err == nil || !strings.Contains(err.Error(), "no such table") {
		t.Errorf("ensure: %v", err)
	}
	if err := RemoveFilter(t.Context(), plan.id); err != nil {
		t.Errorf("remove: %v", err)
	}
}

// TestFilterIsThere adds nothing where all rules are in place.
func TestFilterIsThere(t *testing.T) {
	log := filepath.Join(t.TempDir(), "log")
	fakeIptables(t, `case "$*" in
*" -C "*) exit 0;;
*" -N "*) echo chain exists >&2; exit 1;;
*) echo "$*" >> `+log+`;;
esac
`)
	plan := Plan{id: "1234abcd", Range: prefixes("10.130.0.0/16")[0]}
	if err := EnsureFilter(t.Context(), plan); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(log); err == nil {
		t.Errorf("it added\n%s", text)
	}
}
