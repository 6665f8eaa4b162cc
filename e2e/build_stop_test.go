package e2e_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/docker/docker/client"

	"airdock.dev/airdock/protocol"
)

// stopWays are the ways in which a build loses whoever wants it.
var stopWays = []struct {
	name string
	end  func(t *testing.T, command *exec.Cmd)
}{
	{"interrupt", func(t *testing.T, c *exec.Cmd) { sendSignal(t, c.Process.Pid, syscall.SIGINT) }},
	{"host killed", func(t *testing.T, c *exec.Cmd) { sendSignal(t, c.Process.Pid, syscall.SIGKILL) }},
	{"plugin killed", func(t *testing.T, c *exec.Cmd) { sendSignal(t, pluginOf(t, c.Process.Pid), syscall.SIGKILL) }},
}

func sendSignal(t *testing.T, pid int, signal syscall.Signal) {
	t.Helper()
	if err := syscall.Kill(pid, signal); err != nil {
		t.Fatal(err)
	}
}

// pluginOf finds the plugin among the children of airdock.
func pluginOf(t *testing.T, parent int) int {
	t.Helper()
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		text, _ := os.ReadFile(path)
		_, rest, found := strings.Cut(string(text), ") ")
		if fields := strings.Fields(rest); found && len(fields) > 1 && fields[1] == strconv.Itoa(parent) {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
			return pid
		}
	}
	t.Fatalf("process %d has no child", parent)
	return 0
}

// slowBuild starts a build and returns when its step runs.
func slowBuild(t *testing.T, tag, builder string) *exec.Cmd {
	t.Helper()
	// A step that runs on finishes within a minute and tags the image.
	dockerfile := fmt.Sprintf("FROM bash\nRUN echo running %s; for i in $(seq 600); do echo tick; sleep 0.1; done\n", tag)
	command := airdockCommand(t, dockerfile, "build", "--no-cache", "--builder", builder, "--progress", "plain", "-t", tag, "-")
	reader, writer := io.Pipe()
	command.Stderr = writer
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = reader.Close()
	})
	output := bufio.NewReader(reader)
	for {
		line, err := output.ReadString('\n')
		if err != nil {
			t.Fatalf("the build ended before its step ran: %v", err)
		}
		if strings.Contains(line, "| tick") {
			go func() { _, _ = io.Copy(io.Discard, output) }()
			return command
		}
	}
}

// stepRuns looks for the step's process, on an engine of this machine.
func stepRuns(tag string) bool {
	lines, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, path := range lines {
		text, _ := os.ReadFile(path)
		if strings.HasPrefix(string(text), "/bin/sh\x00-c\x00echo running "+tag) {
			return true
		}
	}
	return false
}

func TestBuildIsCancelledOnTheEngine(t *testing.T) {
	api := buildEngine(t)
	for _, builder := range []string{"buildkit", "classic"} {
		for _, way := range stopWays {
			t.Run(way.name+"/"+builder, func(t *testing.T) {
				tag := imageName(t, api, "never")
				command := slowBuild(t, tag, builder)
				seen := stepRuns(tag)
				way.end(t, command)
				_ = command.Wait()
				eventually(t, 5*time.Second, "the step ends on the engine", func() bool { return !stepRuns(tag) })
				if !seen {
					t.Log("the engine is on another machine: its processes cannot be looked at")
				}
				if code := command.ProcessState.ExitCode(); code == 0 {
					t.Error("a cancelled build ends with code 0")
				}
				noImage(t, api, tag)
			})
		}
	}
}

func TestBuildSaysThatTheEngineIsLost(t *testing.T) {
	api := buildEngine(t)
	for _, builder := range []protocol.Builder{protocol.Builder_BUILDER_BUILDKIT, protocol.Builder_BUILDER_CLASSIC} {
		t.Run(builder.String(), func(t *testing.T) {
			tag := imageName(t, api, "never")
			proxy, flags := newEngineProxy(t)
			cut := time.AfterFunc(2*time.Second, func() {
				_ = proxy.Close()
				proxy.cut()
			})
			defer cut.Stop()
			answer := build(t, &protocol.BuildRequest{
				Dockerfile: inline("FROM bash\nRUN for i in $(seq 200); do sleep 0.1; done\n"),
				Tags:       []string{tag},
				NoCache:    true,
				Builder:    builder,
			}, flags...)
			if answer.kind() != protocol.ErrorKind_ENGINE_LOST {
				t.Errorf("kind %s, want ENGINE_LOST: %s", answer.kind(), answer.text)
			}
			noImage(t, api, tag)
		})
	}
}

func noImage(t *testing.T, api *client.Client, tag string) {
	t.Helper()
	if _, err := api.ImageInspect(t.Context(), tag); err == nil {
		t.Error("a build that did not end has tagged an image")
	}
}
