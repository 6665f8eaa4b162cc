package folder

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"airdock.dev/airdock/cmd/devengine/internal/process"
)

func open(t *testing.T, dir string) *Folder {
	t.Helper()
	f, err := Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	return f
}

func TestStateRoundTrip(t *testing.T) {
	f := open(t, filepath.Join(t.TempDir(), "engine"))
	if state, err := f.Load(); state != nil || err != nil {
		t.Fatalf("a new folder has state %v, %v", state, err)
	}
	want := &State{
		ID:           f.ID,
		Mode:         ModeDind,
		Made:         f.Made,
		Port:         2376,
		RegistryPort: 5000,
		Cache:        "/cache",
		Native: &Native{
			Range:      "10.130.0.0/16",
			Dockerd:    process.Identity{PID: 7, Start: 1 << 60, Boot: "boot"},
			Forwarding: true,
		},
		Dind:   &Dind{Host: "tcp://docker:2376", CertPath: "/certs", Network: "airflow-dev-network", Privileged: true},
		Images: Images{Checked: true, Seeded: []string{"bash:latest"}},
	}
	if err := f.Save(want); err != nil {
		t.Fatal(err)
	}
	got, err := f.Load()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("state (-saved +loaded):\n%s", diff)
	}
}

func TestLoadRefuses(t *testing.T) {
	f := open(t, t.TempDir())
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(f.File(stateFile), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(`{"id": "`)
	if _, err := f.Load(); !errors.Is(err, ErrDamaged) {
		t.Errorf("a damaged state: %v", err)
	}
	write(`{"id": "00000000"}`)
	if _, err := f.Load(); err == nil || errors.Is(err, ErrDamaged) {
		t.Errorf("the state of another folder: %v", err)
	}
}

func TestLocate(t *testing.T) {
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(root, filepath.Join(root, "link")); err != nil {
		t.Fatal(err)
	}
	path, id, err := Locate(filepath.Join(root, "a", "..", "b", "c"))
	if err != nil || path != filepath.Join(root, "b", "c") {
		t.Errorf("located at %s, %v", path, err)
	}
	same, sameID, err := Locate(filepath.Join(root, "link", "b", "c"))
	if err != nil || same != path || sameID != id {
		t.Errorf("through a link: %s %s, %v; want %s %s", same, sameID, err, path, id)
	}
	if _, other, _ := Locate(filepath.Join(root, "b")); other == id || len(other) != 8 {
		t.Errorf("ids %s and %s", other, id)
	}
}

func TestLock(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "engine")
	first := open(t, dir)
	short, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := Open(short, dir); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a second one was let in: %v", err)
	}
	// Who waits for a folder that is removed meanwhile gets a new one.
	second := make(chan *Folder)
	go func() {
		f, _ := Open(t.Context(), dir)
		second <- f
	}()
	if err := first.Remove(&State{Made: first.Made}, false); err != nil {
		t.Fatal(err)
	}
	first.Close()
	f := <-second
	if f == nil {
		t.Fatal("the second one got no folder")
	}
	defer f.Close()
	if _, err := os.Stat(f.File(ignoreFile)); err != nil {
		t.Errorf("the folder that it holds is not the one that is there: %v", err)
	}
}

func TestRemove(t *testing.T) {
	root := t.TempDir()
	f := open(t, filepath.Join(root, "new", "engine"))
	state := &State{ID: f.ID, Made: f.Made}
	if err := f.Save(state); err != nil {
		t.Fatal(err)
	}
	own := f.File("notes.txt")
	for _, path := range []string{own, f.File("cache", "image"), f.File("data", "deep", "file")} {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Remove(state, true); err != nil {
		t.Fatal(err)
	}
	if got := list(t, f.Path); !cmp.Equal(got, []string{"cache", "notes.txt"}) {
		t.Errorf("with the cache kept, %v is left", got)
	}
	if err := f.Remove(state, false); err != nil {
		t.Fatal(err)
	}
	if got := list(t, f.Path); !cmp.Equal(got, []string{"notes.txt"}) {
		t.Errorf("%v is left", got)
	}
	if err := os.Remove(own); err != nil {
		t.Fatal(err)
	}
	if err := f.Remove(state, false); err != nil {
		t.Fatal(err)
	}
	if got := list(t, root); len(got) != 0 {
		t.Errorf("of the folders that were made, %v is left", got)
	}
}

func list(t *testing.T, path string) []string {
	t.Helper()
	entries, err := os.ReadDir(path)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}
