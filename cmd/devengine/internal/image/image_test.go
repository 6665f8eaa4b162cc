package image

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestPlace(t *testing.T) {
	for name, want := range map[string]string{
		"./bin/bash":                     "usr/bin/bash",
		"./bin/":                         "",
		"./lib/x86_64-linux-gnu/libc.so": "usr/lib/x86_64-linux-gnu/libc.so",
		"./lib64/ld-linux-x86-64.so.2":   "usr/lib64/ld-linux-x86-64.so.2",
		"./usr/bin/env":                  "usr/bin/env",
		"./usr/share/doc/bash/README":    "",
		"./usr/share/docs":               "usr/share/docs",
		"./etc/init.d/x":                 "",
		"../../etc/passwd":               "etc/passwd",
		"./":                             "",
	} {
		if got := place(name); got != want {
			t.Errorf("%s goes to %q, want %q", name, got, want)
		}
	}
}

func TestWanted(t *testing.T) {
	files := []string{"/w/zlib1g_1.deb", "/w/bash_5.deb", "/w/perl-base_5.deb", "/w/libssl3_3.deb"}
	got := wanted(files, []string{"perl*", "libssl"})
	if diff := cmp.Diff([]string{"/w/bash_5.deb", "/w/libssl3_3.deb", "/w/zlib1g_1.deb"}, got); diff != "" {
		t.Errorf("wanted (-want +got):\n%s", diff)
	}
}

// archive is a package's tar of one file, a hard link to it, and a folder.
func archive(t *testing.T) io.Reader {
	t.Helper()
	var out bytes.Buffer
	writer := tar.NewWriter(&out)
	at := time.Date(2023, 5, 7, 0, 0, 0, 0, time.UTC)
	headers := []tar.Header{
		{Typeflag: tar.TypeDir, Name: "./bin/", Mode: 0o755},
		{Typeflag: tar.TypeReg, Name: "./bin/tool", Mode: 0o755, Size: 3, ModTime: at},
		{Typeflag: tar.TypeLink, Name: "./bin/alias", Linkname: "./bin/tool", ModTime: at},
	}
	for _, header := range headers {
		if err := writer.WriteHeader(&header); err != nil {
			t.Fatal(err)
		}
		if header.Size > 0 {
			if _, err := writer.Write([]byte("abc")); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	return &out
}

func TestTree(t *testing.T) {
	written := make([]string, 2)
	for i := range written {
		root := newTree()
		if err := root.read(archive(t)); err != nil {
			t.Fatal(err)
		}
		root.skeleton()
		var out bytes.Buffer
		if err := root.write(&out); err != nil {
			t.Fatal(err)
		}
		written[i] = out.String()
	}
	if written[0] != written[1] {
		t.Error("the same packages make two different layers")
	}
	headers := make(map[string]*tar.Header)
	order := make(map[string]int)
	reader := tar.NewReader(bytes.NewReader([]byte(written[0])))
	for i := 0; ; i++ {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		headers[header.Name], order[header.Name] = header, i
	}
	if got := headers["tmp/"]; got == nil || got.Mode != 0o1777 {
		t.Errorf("/tmp: %+v", got)
	}
	if got := headers["bin"]; got == nil || got.Typeflag != tar.TypeSymlink || got.Linkname != "usr/bin" {
		t.Errorf("/bin: %+v", got)
	}
	if got := headers["usr/bin/alias"]; got == nil || got.Linkname != "usr/bin/tool" || order["usr/bin/alias"] < order["usr/bin/tool"] {
		t.Errorf("a hard link: %+v", got)
	}
	if got := headers["etc/passwd"]; got == nil || !got.ModTime.Equal(headers["usr/bin/tool"].ModTime) {
		t.Errorf("/etc/passwd has no date of the packages: %+v", got)
	}
}

func TestKey(t *testing.T) {
	one, again := bash(), bash()
	if one.key("12") != again.key("12") {
		t.Error("the same recipe has two keys")
	}
	other := bash()
	other.Config.Cmd = []string{"sh"}
	if bash().key("12") == other.key("12") || bash().key("12") == bash().key("13") {
		t.Error("two images have the same key")
	}
}
