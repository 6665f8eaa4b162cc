package image

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"
	"time"
)

// tree is the root file system of an image before it is written.
type tree struct {
	entries map[string]*entry
	// newest is the latest time of a file in it: the image's own date, so that
	// it does not depend on when it is made.
	newest time.Time
}

type entry struct {
	header tar.Header
	body   []byte
}

func newTree() *tree {
	return &tree{entries: make(map[string]*entry)}
}

// merged are the folders that are links into /usr: some packages still hold
// their files under the old names.
func merged() []string { return []string{"bin", "sbin", "lib", "lib32", "lib64", "libx32"} }

// dropped tells what no container needs.
func dropped(name string) bool {
	for _, prefix := range []string{"usr/share/doc", "usr/share/man", "usr/share/locale", "usr/share/lintian",
		"usr/share/info", "usr/share/bug", "usr/share/perl5", "usr/share/doc-base", "usr/share/menu",
		"usr/share/applications", "usr/share/pixmaps", "usr/share/binfmts", "usr/lib/systemd", "etc/init.d"} {
		if name == prefix || strings.HasPrefix(name, prefix+"/") {
			return true
		}
	}
	return false
}

// place is where an entry of a package goes; empty for one that is left out.
func place(name string) string {
	name = strings.TrimPrefix(path.Clean("/"+name), "/")
	first, _, below := strings.Cut(name, "/")
	if slices.Contains(merged(), first) {
		if !below {
			return ""
		}
		name = "usr/" + name
	}
	if dropped(name) {
		return ""
	}
	return name
}

// read adds the entries of a package's tar.
func (t *tree) read(from io.Reader) error {
	archive := tar.NewReader(from)
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			// Else the writer of from would find nobody reading its padding.
			_, err = io.Copy(io.Discard, from)
			return err
		}
		if err != nil {
			return err
		}
		name := place(header.Name)
		if name == "" {
			continue
		}
		body, err := io.ReadAll(archive)
		if err != nil {
			return err
		}
		if header.Typeflag == tar.TypeLink {
			header.Linkname = place(header.Linkname)
		}
		if header.ModTime.After(t.newest) {
			t.newest = header.ModTime
		}
		t.entries[name] = &entry{header: *header, body: body}
	}
}

func (t *tree) folder(name string, mode int64) {
	if current, ok := t.entries[name]; ok && current.header.Typeflag == tar.TypeDir {
		current.header.Mode = mode
		return
	}
	t.entries[name] = &entry{header: tar.Header{Typeflag: tar.TypeDir, Mode: mode}}
}

func (t *tree) link(name, target string) {
	t.entries[name] = &entry{header: tar.Header{Typeflag: tar.TypeSymlink, Linkname: target, Mode: 0o777}}
}

func (t *tree) file(name, text string, mode int64) {
	t.entries[name] = &entry{header: tar.Header{Typeflag: tar.TypeReg, Mode: mode}, body: []byte(text)}
}

func (t *tree) has(name string) bool {
	_, ok := t.entries[name]
	return ok
}

// skeleton adds what every image has, whatever packages are in it.
func (t *tree) skeleton() {
	for _, name := range []string{"dev", "etc", "home", "mnt", "opt", "proc", "run", "srv", "sys", "usr/bin",
		"usr/lib", "usr/lib64", "usr/local/bin", "usr/sbin", "var/lib", "var/log"} {
		t.folder(name, 0o755)
	}
	t.folder("root", 0o700)
	t.folder("tmp", 0o1777)
	t.folder("var/tmp", 0o1777)
	for _, name := range []string{"bin", "sbin", "lib", "lib64"} {
		t.link(name, "usr/"+name)
	}
	t.file("etc/passwd", "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/bin/false\n", 0o644)
	t.file("etc/group", "root:x:0:\nnogroup:x:65534:\n", 0o644)
	t.file("etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n", 0o644)
}

// parents adds the folders that entries lie in and no package holds.
func (t *tree) parents() {
	for _, name := range slices.Collect(maps.Keys(t.entries)) {
		for up := path.Dir(name); up != "."; up = path.Dir(up) {
			if !t.has(up) {
				t.folder(up, 0o755)
			}
		}
	}
}

// write writes the tree as a tar that depends on nothing but its content.
func (t *tree) write(to io.Writer) error {
	t.parents()
	archive := tar.NewWriter(to)
	var hard []string
	for _, name := range slices.Sorted(maps.Keys(t.entries)) {
		if t.entries[name].header.Typeflag == tar.TypeLink {
			hard = append(hard, name) // after what they link to
			continue
		}
		if err := t.writeEntry(archive, name); err != nil {
			return err
		}
	}
	for _, name := range hard {
		if err := t.writeEntry(archive, name); err != nil {
			return err
		}
	}
	return archive.Close()
}

func (t *tree) writeEntry(archive *tar.Writer, name string) error {
	e := t.entries[name]
	header := tar.Header{
		Typeflag: e.header.Typeflag,
		Name:     name,
		Linkname: e.header.Linkname,
		Mode:     e.header.Mode,
		Uid:      e.header.Uid,
		Gid:      e.header.Gid,
		ModTime:  e.header.ModTime,
		Size:     int64(len(e.body)),
	}
	if header.Typeflag == tar.TypeDir {
		header.Name += "/"
	}
	if header.ModTime.IsZero() {
		header.ModTime = t.newest
	}
	if err := archive.WriteHeader(&header); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	if _, err := io.Copy(archive, bytes.NewReader(e.body)); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}
