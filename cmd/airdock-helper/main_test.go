package main

import (
	"bufio"
	"compress/flate"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"airdock.dev/airdock/plugin/tree"
	"airdock.dev/airdock/plugin/volume/talk"
)

// plugin is the other end of a helper.
type plugin struct {
	t       *testing.T
	folder  string
	orders  *bufio.Writer
	answers *bufio.Reader
	end     func() error
}

func newPlugin(t *testing.T) *plugin {
	t.Helper()
	folder := t.TempDir()
	root, err := os.OpenRoot(folder)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	in, orders := io.Pipe()
	answers, out := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := serve(root, in, out)
		out.CloseWithError(err)
		ended <- err
	}()
	p := &plugin{t: t, folder: folder, orders: bufio.NewWriter(orders), answers: bufio.NewReader(flate.NewReader(answers))}
	p.end = func() error {
		orders.Close()
		return <-ended
	}
	return p
}

// ask gives an order and returns the paths that were listed and the end.
func (p *plugin) ask(order ...string) (paths, last []string) {
	p.t.Helper()
	if err := errors.Join(talk.Write(p.orders, order...), p.orders.Flush()); err != nil {
		p.t.Fatal(err)
	}
	for {
		words, err := talk.Read(p.answers)
		if err != nil {
			p.t.Fatal(err)
		}
		if words[0] != talk.Entry {
			return paths, words
		}
		paths = append(paths, words[1])
	}
}

func (p *plugin) write(name, content string) {
	p.t.Helper()
	at := filepath.Join(p.folder, name)
	if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(at, []byte(content), 0o644); err != nil {
		p.t.Fatal(err)
	}
}

func (p *plugin) has(name, want string) {
	p.t.Helper()
	if got, err := os.ReadFile(filepath.Join(p.folder, name)); err != nil || string(got) != want {
		p.t.Errorf("%s has %q (%v), want %q", name, got, err, want)
	}
}

func (p *plugin) onlyHas(names ...string) {
	p.t.Helper()
	found, err := os.ReadDir(p.folder)
	if err != nil {
		p.t.Fatal(err)
	}
	var got []string
	for _, entry := range found {
		got = append(got, entry.Name())
	}
	if !slices.Equal(got, names) {
		p.t.Errorf("the volume has %v, want %v", got, names)
	}
}

func TestHelperMovesWhatArrived(t *testing.T) {
	t.Parallel()
	p := newPlugin(t)
	p.write("d/a", "old")
	p.write("d/gone", "old")
	paths, last := p.ask(talk.List, "d")
	if want := []string{".", "a", "gone"}; !slices.Equal(paths, want) || last[0] != talk.Done {
		t.Fatalf("listed %v and %v, want %v and a stage", paths, last, want)
	}
	p.write(filepath.Join(last[1], talk.Content, "a"), "new")
	access := talk.EntryWords(&tree.Entry{Path: "a", Mode: 0o600, UID: os.Getuid(), GID: os.Getgid()})
	for _, order := range [][]string{append([]string{talk.Access}, access...), {talk.Delete, "gone"}, {talk.Delete, "never/was"}} {
		if err := talk.Write(p.orders, order...); err != nil {
			t.Fatal(err)
		}
	}
	if _, last = p.ask(talk.Commit, "d", talk.Arrived); last[0] != talk.Done {
		t.Fatal(last)
	}
	p.has("d/a", "new")
	if info, err := os.Stat(filepath.Join(p.folder, "d/a")); err != nil || info.Mode() != 0o600 {
		t.Errorf("d/a has mode %v (%v)", info.Mode(), err)
	}
	if _, err := os.Stat(filepath.Join(p.folder, "d/gone")); err == nil {
		t.Error("d/gone is still there")
	}
	if err := p.end(); err != nil {
		t.Error(err)
	}
	p.onlyHas("d")
}

func TestHelperThatIsLeftRemovesWhatArrived(t *testing.T) {
	t.Parallel()
	p := newPlugin(t)
	p.write("a", "old")
	_, last := p.ask(talk.List, ".")
	p.write(filepath.Join(last[1], talk.Content, "a"), "half of the new")
	if err := p.end(); err != nil {
		t.Error(err)
	}
	p.has("a", "old")
	p.onlyHas("a")
}

func TestHelperTellsWhyItFailed(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		list, path, says string
	}{
		"a file in the place of a folder": {"none", "d", "d is a folder"},
		"below a file":                    {"d/a/b", "", "d/a is no folder"},
	}
	for title, test := range tests {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			p := newPlugin(t)
			p.write("d/a", "old")
			_, last := p.ask(talk.List, test.list)
			if test.path != "" {
				p.write(filepath.Join(last[1], talk.Content), "file")
				_, last = p.ask(talk.Commit, test.path, talk.Arrived)
			}
			if last[0] != talk.Failure || last[1] != talk.Conflict || !strings.Contains(last[2], test.says) {
				t.Errorf("the helper says %v, want %q", last, test.says)
			}
			if err := p.end(); err == nil {
				t.Error("the helper ends as if nothing had failed")
			}
			p.onlyHas("d")
		})
	}
}
