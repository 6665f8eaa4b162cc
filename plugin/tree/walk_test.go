package tree_test

import (
	"archive/tar"
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"airdock.dev/airdock/plugin/tree"
)

// TestWalkAndPack carries a tree through a tar and looks at it with Walk again.
func TestWalkAndPack(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	plant(t, filepath.Join(folder, "from"), map[string]string{
		"empty/": "", "d/with space": "1", "d/new\nline": "2", "d/\xff\xfe": "no UTF-8", "ünï": "", "link": "-> d/with space",
		".airdock-stage-OTHER/x": "left out",
	})
	for name, mode := range map[string]fs.FileMode{"d/with space": 0o4751, "d": 0o1777, "ünï": 0o400} {
		if err := syscall.Chmod(filepath.Join(folder, "from", name), uint32(mode)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Link(filepath.Join(folder, "from/ünï"), filepath.Join(folder, "from/zzz")); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(filepath.Join(folder, "from/pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	root := rootOf(t, folder)
	before := listed(t, root, "from")
	var packed bytes.Buffer
	writer := tar.NewWriter(&packed)
	pack := tree.Pack{Writer: writer, Root: root, Name: "from", As: "to"}
	for _, entry := range before {
		if !entry.Copied() {
			if entry.Path != "pipe" {
				t.Errorf("%s would not be copied", entry.Path)
			}
			continue
		}
		if err := pack.Write(entry); err != nil {
			t.Fatal(err)
		}
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	if _, _, err := (&tree.Unpack{Root: root}).Read(&packed); err != nil {
		t.Fatal(err)
	}
	var want []*tree.Entry
	for _, entry := range before {
		entry.Mode &^= fs.ModeSetuid | fs.ModeSticky // Unpack takes these away.
		if entry.Mode.Type() == fs.ModeSymlink {
			entry.Time = 0
		}
		if entry.Copied() {
			want = append(want, entry)
		}
	}
	got := listed(t, root, "to")
	for _, entry := range got {
		if entry.Mode.Type() == fs.ModeSymlink {
			entry.Time = 0
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("tree (-sent +arrived):\n%s", diff)
	}
}

func TestPackTellsThatAFileChanged(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	plant(t, folder, map[string]string{"short": "12345", "long": "12345", "touched": "12345"})
	root := rootOf(t, folder)
	entries := listed(t, root, ".")
	plant(t, folder, map[string]string{"short": "123", "long": "1234567", "touched": "54321"})
	old := time.Unix(1, 0)
	if err := os.Chtimes(filepath.Join(folder, "touched"), old, old); err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if entry.Mode.IsDir() {
			continue
		}
		pack := tree.Pack{Writer: tar.NewWriter(new(bytes.Buffer)), Root: root, Name: "."}
		if err := pack.Write(entry); !errors.Is(err, tree.ErrChanged) {
			t.Errorf("%s: %v, want %v", entry.Path, err, tree.ErrChanged)
		}
	}
}

func listed(t *testing.T, root *os.Root, name string) []*tree.Entry {
	t.Helper()
	var all []*tree.Entry
	if err := tree.Walk(root, name, func(entry *tree.Entry) error {
		all = append(all, entry)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return all
}

func rootOf(t *testing.T, folder string) *os.Root {
	t.Helper()
	root, err := os.OpenRoot(folder)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	return root
}

// TestWalkPassesOverFolders leaves out what is in the folders that it is told to.
func TestWalkPassesOverFolders(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	plant(t, folder, map[string]string{"d/a/b": "1", "d/c": "2", "e/f": "3"})
	root := rootOf(t, folder)
	for skip, want := range map[string][]string{
		".":    {"."},
		"d":    {".", "d", "e", "e/f"},
		"d/a":  {".", "d", "d/a", "d/c", "e", "e/f"},
		"none": {".", "d", "d/a", "d/a/b", "d/c", "e", "e/f"},
	} {
		var got []string
		err := tree.Walk(root, ".", func(entry *tree.Entry) error {
			got = append(got, entry.Path)
			if entry.Path == skip {
				return fs.SkipDir
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("without %s (-want +got):\n%s", skip, diff)
		}
	}
}
