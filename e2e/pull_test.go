package e2e

import (
	"archive/tar"
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/creack/pty"
	"github.com/docker/docker/api/types/build"
	"github.com/docker/docker/api/types/image"
)

// emptyImage is an image without a command, made from nothing.
func (s *story) emptyImage() string {
	s.Helper()
	ctx, cancel := s.context()
	defer cancel()
	name := s.id + "-empty:latest"
	s.Cleanup(func() { s.removeImage(name) })
	body, err := engineAPI().ImageImport(ctx, image.ImportSource{Source: archive(s, nil), SourceName: "-"}, name, image.ImportOptions{})
	if err != nil {
		s.Fatal(err)
	}
	defer body.Close()
	_, _ = io.Copy(io.Discard, body)
	return name
}

func (s *story) removeImage(name string) {
	ctx, cancel := s.context()
	defer cancel()
	_, _ = engineAPI().ImageRemove(ctx, name, image.RemoveOptions{Force: true, PruneChildren: true})
}

// archive is a tar of files.
func archive(s *story, files map[string][]byte) io.Reader {
	var archive bytes.Buffer
	writer := tar.NewWriter(&archive)
	for name, content := range files {
		if err := writer.WriteHeader(&tar.Header{Name: name, Size: int64(len(content)), Mode: 0o644}); err != nil {
			s.Fatal(err)
		}
		_, _ = writer.Write(content)
	}
	_ = writer.Close()
	return &archive
}

// pushedImage is an image of this scenario alone that is in the registry and
// not on the engine; a layer of it has to be fetched.
func (s *story) pushedImage() string {
	s.Helper()
	registry := os.Getenv("AIRDOCK_TEST_REGISTRY")
	if registry == "" {
		s.Fatal("AIRDOCK_TEST_REGISTRY names no registry")
	}
	ctx, cancel := s.context()
	defer cancel()
	name := registry + "/airdock-test/" + s.id + ":latest"
	content := make([]byte, 3<<20)
	_, _ = rand.Read(content)
	s.Cleanup(func() { s.removeImage(name) })
	built, err := engineAPI().ImageBuild(ctx, archive(s, map[string][]byte{
		"Dockerfile": []byte("FROM busybox\nCOPY content /content\n"), "content": content,
	}), build.ImageBuildOptions{Tags: []string{name}, Remove: true, ForceRemove: true})
	if err != nil {
		s.Fatal(err)
	}
	defer built.Body.Close()
	if text, err := io.ReadAll(built.Body); err != nil || bytes.Contains(text, []byte("errorDetail")) {
		s.Fatalf("build: %v %s", err, text)
	}
	pushed, err := engineAPI().ImagePush(ctx, name, image.PushOptions{RegistryAuth: base64.URLEncoding.EncodeToString([]byte("{}"))})
	if err != nil {
		s.Fatal(err)
	}
	defer pushed.Close()
	if text, err := io.ReadAll(pushed); err != nil || bytes.Contains(text, []byte("errorDetail")) {
		s.Fatalf("push: %v %s", err, text)
	}
	s.removeImage(name)
	return name
}

func TestPullPolicies(t *testing.T) {
	s := tell(t, "an image is pulled when it is missing, always or never, as asked")
	name := s.pushedImage()
	s.step("never: it is missing, and stays so", func() {
		if got := s.airdock("run", "--rm", "--pull", "never", name, "true"); got.code != 125 || !strings.Contains(got.stderr, "never") {
			s.Errorf("code %d, %s", got.code, got.stderr)
		}
	})
	s.step("missing: it is pulled, and the progress is plain lines", func() {
		got := s.airdock("run", "--rm", name, "ls", "/content")
		s.want(got, 0, "/content\n")
		if !strings.Contains(got.stderr, "Pulling "+name) || !strings.Contains(got.stderr, "Pulled "+name) {
			s.Errorf("the pull does not show: %q", got.stderr)
		}
		if strings.ContainsAny(got.stderr, "\r\x1b") || strings.Count(got.stderr, "\n") > 5 {
			s.Errorf("the progress is no plain lines: %q", got.stderr)
		}
	})
	s.step("missing: it is there, and nothing is pulled", func() {
		if got := s.airdock("run", "--rm", name, "true"); got.code != 0 || got.stderr != "" {
			s.Errorf("code %d, %q", got.code, got.stderr)
		}
	})
	s.step("never: it is there, and runs", func() {
		if got := s.airdock("run", "--rm", "--pull", "never", name, "true"); got.code != 0 || got.stderr != "" {
			s.Errorf("code %d, %q", got.code, got.stderr)
		}
	})
	s.step("always: it is there, and is asked for all the same", func() {
		if got := s.airdock("run", "--rm", "--pull", "always", name, "true"); got.code != 0 || !strings.Contains(got.stderr, "up to date") {
			s.Errorf("code %d, %q", got.code, got.stderr)
		}
	})
	s.step("quiet: it says nothing", func() {
		if got := s.airdock("run", "--rm", "--pull", "always", "-q", name, "true"); got.code != 0 || got.stderr != "" {
			s.Errorf("code %d, %q", got.code, got.stderr)
		}
	})
	s.nothingIsLeft(0)
}

func TestPullInACall(t *testing.T) {
	s := tell(t, "in a call the progress of a pull is events, the last of which is done")
	got := s.callTo(s.runCall("pull", []string{s.pushedImage(), "true"}, nil))
	kinds := got.kinds()
	if got.code != 0 || len(kinds) < 3 || kinds[0] != "pull_progress" || kinds[len(kinds)-2] != "started" {
		s.Fatalf("code %d, events %v; %s", got.code, kinds, got.stdout)
	}
	last := got.events[len(kinds)-3].GetPullProgress()
	if !last.GetDone() || last.GetLayersDone() != last.GetLayers() || last.GetLayers() < 2 || !strings.Contains(last.GetStatus(), "Downloaded") {
		s.Errorf("the last progress is %+v", last)
	}
	if last.GetBytesTotal() < 3<<20 || last.GetBytes() != last.GetBytesTotal() {
		s.Errorf("%d of %d bytes", last.GetBytes(), last.GetBytesTotal())
	}
}

func TestPullOnATerminal(t *testing.T) {
	s := tell(t, "on a terminal the progress of a pull is a bar, and the output begins on a line of its own")
	command := s.command("run", "--rm", s.pushedImage(), "echo", "hello")
	terminal, err := pty.StartWithSize(command, &pty.Winsize{Rows: 24, Cols: 120})
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { _ = terminal.Close() })
	// The end of a terminal is an error, not an end of file.
	text, _ := io.ReadAll(terminal)
	if err := command.Wait(); err != nil {
		s.Errorf("%v: %s", err, text)
	}
	if shown := string(text); !strings.Contains(shown, "Pulling ") || !strings.Contains(shown, "[===") || !strings.Contains(shown, "MiB") {
		s.Errorf("no bar in %q", text)
	}
	if !strings.HasSuffix(string(text), "\nhello\r\n") {
		s.Errorf("the end is %q", text[max(0, len(text)-60):])
	}
}
