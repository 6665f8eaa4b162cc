//go:build devengine

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"airdock.dev/airdock/cmd/devengine/internal/folder"
)

// block is one of a page that names this file as what runs it.
var block = regexp.MustCompile("(?s)<!-- run by: cmd/devengine/page_test.go -->\n```sh\n(.*?)```\n")

// TestPage runs the commands of docs/devengine.md in their order, and the
// environment that it shows with the values of this engine.
func TestPage(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "devengine.md"))
	if err != nil {
		t.Fatal(err)
	}
	blocks := block.FindAllStringSubmatch(string(page), -1)
	if len(blocks) != 2 {
		t.Fatalf("docs/devengine.md has %d blocks for this test, want its commands and its environment", len(blocks))
	}
	work := t.TempDir()
	path, id, err := folder.Locate(filepath.Join(work, "D"))
	if err != nil {
		t.Fatal(err)
	}
	p := &place{t: t, dir: path, id: id}
	t.Cleanup(func() { p.run("down") })
	programs := programs(t)
	shell := func(script string) string {
		cmd := exec.CommandContext(t.Context(), "sh", "-euc", script)
		cmd.Dir = work
		cmd.Env = append(withoutDocker(os.Environ()), asProgram+"=1", "PATH="+programs+string(os.PathListSeparator)+os.Getenv("PATH"))
		cmd.Stderr = os.Stderr
		printed, err := cmd.Output()
		if err != nil {
			t.Fatalf("%s: %v\n%s", script, err, printed)
		}
		return string(printed)
	}
	for line := range strings.Lines(blocks[0][1]) {
		printed := shell(line)
		if verb := strings.Fields(line)[1]; verb != "up" && verb != "env" {
			continue
		}
		environment := withValues(blocks[1][1], p)
		if diff := cmp.Diff(environment, printed); diff != "" {
			t.Errorf("%s (-page +printed):\n%s", line, diff)
		}
		if said := shell(environment + "airdock engine info"); !strings.Contains(said, strconv.Itoa(p.state().Port)) {
			t.Errorf("in the page's environment `airdock engine info` prints\n%s", said)
		}
	}
	p.gone(t)
}

// withValues puts this engine's values in the place of an example's.
func withValues(example string, p *place) string {
	return strings.NewReplacer(
		"/path/to/D", p.dir,
		":2376", ":"+strconv.Itoa(p.state().Port),
		":5000", ":"+strconv.Itoa(p.state().RegistryPort),
	).Replace(example)
}

// programs is a folder with devengine, which is this program, and airdock.
func programs(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(self, filepath.Join(folder, "devengine")); err != nil {
		t.Fatal(err)
	}
	build := exec.Command("go", "build", "-o", folder, "../airdock", "../airdock-plugin")
	if said, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	return folder
}
