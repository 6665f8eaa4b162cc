package tree_test

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"airdock.dev/airdock/plugin/tree"
)

var anyTime = time.Unix(1_700_000_000, 123_456_789)

// entry is a member of an archive, with content where it is a file.
type entry struct {
	name    string
	kind    byte
	link    string
	content string
	mode    int64
}

func file(name, content string) entry { return entry{name: name, kind: tar.TypeReg, content: content} }
func dir(name string) entry           { return entry{name: name, kind: tar.TypeDir, mode: 0o755} }
func link(name, to string) entry      { return entry{name: name, kind: tar.TypeSymlink, link: to} }
func hard(name, to string) entry      { return entry{name: name, kind: tar.TypeLink, link: to} }

// archive is a tar as an engine makes it, whatever is in it.
func archive(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var out bytes.Buffer
	writer := tar.NewWriter(&out)
	for _, e := range entries {
		mode := e.mode
		if mode == 0 {
			mode = 0o644
		}
		header := &tar.Header{Name: e.name, Typeflag: e.kind, Linkname: e.link, Size: int64(len(e.content)), Mode: mode, ModTime: anyTime, Format: tar.FormatPAX}
		if err := writer.WriteHeader(header); err != nil {
			t.Fatalf("%q: %v", e.name, err)
		}
		if _, err := io.WriteString(writer, e.content); err != nil {
			t.Fatal(err)
		}
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// newRoot is an empty folder to unpack to, in a folder that nothing may touch.
func newRoot(t testing.TB) (root *os.Root, around string) {
	t.Helper()
	around = t.TempDir()
	if err := os.Mkdir(filepath.Join(around, "root"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(around, "outside"), []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(filepath.Join(around, "root"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = root.Close() })
	return root, around
}

// untouched: what is around the root is as it was.
func untouched(t testing.TB, around string) {
	t.Helper()
	names, err := os.ReadDir(around)
	if err != nil {
		t.Fatal(err)
	}
	content, _ := os.ReadFile(filepath.Join(around, "outside"))
	info, err := os.Lstat(filepath.Join(around, "outside"))
	if err != nil || len(names) != 2 || string(content) != "mine" || info.Mode() != 0o600 || info.Sys().(*syscall.Stat_t).Nlink != 1 {
		t.Errorf("outside the root there are %v, and the file there is %v, %q, %v", names, info, content, err)
	}
}

// listing describes what is in the root, one line a file.
func listing(t testing.TB, root *os.Root) []string {
	t.Helper()
	var lines []string
	err := tree.Walk(root, ".", func(e *tree.Entry) error {
		line := fmt.Sprintf("%s %s", e.Mode, e.Path)
		switch {
		case e.Path == ".":
			return nil
		case e.Same != "":
			line += " = " + e.Same
		case e.Link != "":
			line = "link " + e.Path + " > " + e.Link
		case e.Mode.IsRegular():
			content, err := root.ReadFile(e.Path)
			if err != nil {
				return err
			}
			line += fmt.Sprintf(" %.20q", content)
		}
		lines = append(lines, line)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return lines
}
