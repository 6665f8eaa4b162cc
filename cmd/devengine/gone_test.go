//go:build devengine

package main

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"airdock.dev/airdock/cmd/devengine/internal/process"
)

// gone checks that a place has left no trace on the machine.
func (p *place) gone(t *testing.T) {
	t.Helper()
	run := "/run/devengine-" + p.id
	for _, path := range []string{p.dir, run} {
		if _, err := os.Lstat(path); err == nil {
			t.Errorf("%s is still there", path)
		}
	}
	if left := process.Marked(p.id); len(left) > 0 {
		t.Errorf("processes are left: %v", left)
	}
	commands, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range commands {
		command, err := os.ReadFile(path)
		if err == nil && (bytes.Contains(command, []byte(run)) || bytes.Contains(command, []byte(p.dir))) {
			t.Errorf("process is left: %s", bytes.ReplaceAll(command, []byte{0}, []byte{' '}))
		}
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(mounts)) {
		if strings.Contains(line, p.dir) || strings.Contains(line, run) {
			t.Errorf("mount is left: %s", line)
		}
	}
	p.noNetwork(t)
	if groups := process.Groups("devengine-" + p.id); len(groups) > 0 {
		t.Errorf("control groups are left: %v", groups)
	}
}

func (p *place) noNetwork(t *testing.T) {
	t.Helper()
	links, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	for _, link := range links {
		if strings.Contains(link.Name, p.id) {
			t.Errorf("link is left: %s", link.Name)
		}
	}
	for _, table := range []string{"filter", "nat"} {
		rules, err := exec.Command("iptables", "-w", "10", "-t", table, "-S").Output()
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(rules), p.id) {
			t.Errorf("rules are left in table %s:\n%s", table, rules)
		}
	}
}
