package tree_test

import (
	"archive/tar"
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"airdock.dev/airdock/plugin/tree"
)

func TestUnpackKeepsWhatACopyShould(t *testing.T) {
	t.Parallel()
	root, around := newRoot(t)
	var notes []string
	unpack := &tree.Unpack{Root: root, Note: func(place, why string) { notes = append(notes, place+": "+why) }}
	files, size, err := unpack.Read(bytes.NewReader(archive(t,
		entry{name: "./", kind: tar.TypeDir, mode: 0o750},
		entry{name: "closed/", kind: tar.TypeDir, mode: 0o500},
		entry{name: "closed/a b", kind: tar.TypeReg, content: "one", mode: 0o4755},
		entry{name: "closed/empty/", kind: tar.TypeDir, mode: 0o1777},
		entry{name: "closed/bytes\xff\n\u00e9", kind: tar.TypeReg, mode: 0o2640},
		entry{name: "shared", kind: tar.TypeReg, content: "two", mode: 0o666},
		link("closed/up", "../shared"),
		hard("same", "shared"),
		entry{name: "pipe", kind: tar.TypeFifo},
		file("deep/er/without/folders", ""),
	)))
	t.Cleanup(func() { _ = root.Chmod("closed", 0o700) })
	if err != nil || files != 6 || size != 6 {
		t.Fatalf("%d files, %d bytes, %v", files, size, err)
	}
	want := []string{
		"dr-x------ closed", `-rwxr-xr-x closed/a b "one"`, "-rw-r----- closed/bytes\xff\n\u00e9 \"\"", "drwxrwxrwx closed/empty",
		"link closed/up > ../shared", "drwxr-xr-x deep", "drwxr-xr-x deep/er", "drwxr-xr-x deep/er/without",
		`-rw-r--r-- deep/er/without/folders ""`, `-rw-rw-rw- same "two"`, "-rw-rw-rw- shared = same",
	}
	if diff := cmp.Diff(want, listing(t, root)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for _, name := range []string{".", "closed", "closed/a b", "shared"} {
		if info, err := root.Lstat(name); err != nil || !info.ModTime().Equal(anyTime) {
			t.Errorf("%s: %v, %v", name, info.ModTime(), err)
		}
	}
	if info, err := root.Stat("."); err != nil || info.Mode().Perm() != 0o750 {
		t.Errorf("the top: %v, %v", info.Mode(), err)
	}
	if diff := cmp.Diff([]string{"pipe: it is a pipe"}, notes); diff != "" {
		t.Error(diff)
	}
	untouched(t, around)
}

// hostile are archives that no container of good will makes.
var hostile = map[string][]entry{
	"up":                         {file("../outside", "x")},
	"up from below":              {file("a/../../outside", "x")},
	"up within":                  {file("a/../b", "x")},
	"absolute":                   {file("/etc/airdock-outside", "x")},
	"no name":                    {file(".", "x")},
	"a folder up":                {dir("../outside")},
	"absolute link":              {link("l", "/etc/passwd")},
	"link up":                    {link("l", "../outside")},
	"link up from below":         {link("a/b/l", "../../../outside")},
	"link down and up":           {link("a/up", ".."), link("a/l", "up/../outside")},
	"through a link":             {link("l", "."), file("l/x", "x")},
	"through a link to a folder": {dir("d"), link("l", "d"), dir("l/sub")},
	"through a file":             {file("f", ""), file("f/x", "x")},
	"hard link up":               {hard("h", "../outside")},
	"hard link absolute":         {hard("h", "/etc/passwd")},
	"hard link to nothing":       {hard("h", "nothing")},
	"hard link to itself":        {file("h", "x"), hard("h", "./h")},
	"hard link to a folder":      {dir("d"), hard("h", "d")},
	"hard link of a link":        {link("a/l", "../x"), hard("h", "a/l")},
	"character device":           {{name: "null", kind: tar.TypeChar}},
	"block device":               {{name: "disk", kind: tar.TypeBlock}},
	"unknown kind":               {{name: "x", kind: 'Z'}},
	"file over a folder":         {file("d/x", ""), file("d", "x")},
	"too deep":                   {file(strings.Repeat("d/", 300)+"x", "x")},
	"too long":                   {file(strings.Repeat(strings.Repeat("n", 200)+"/", 30)+"x", "x")},
}

func TestUnpackRefuses(t *testing.T) {
	t.Parallel()
	for name, entries := range hostile {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root, around := newRoot(t)
			_, _, err := (&tree.Unpack{Root: root}).Read(bytes.NewReader(archive(t, entries...)))
			if !errors.Is(err, tree.ErrUnsafe) && !errors.Is(err, tree.ErrBroken) {
				t.Errorf("got %v", err)
			}
			untouched(t, around)
		})
	}
}

// TestUnpackLinksByPolicy: whatever the policy, nothing is written through a link.
func TestUnpackLinksByPolicy(t *testing.T) {
	t.Parallel()
	bad := archive(t, link("up", "../outside"), link("abs", "/etc"), link("ok", "x"), file("x", "x"))
	root, around := newRoot(t)
	var notes []string
	skip := &tree.Unpack{Root: root, Links: tree.SkipLinks, Note: func(place, _ string) { notes = append(notes, place) }}
	if _, _, err := skip.Read(bytes.NewReader(bad)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"link ok > x", `-rw-r--r-- x "x"`}, listing(t, root)); diff != "" || !cmp.Equal(notes, []string{"up", "abs"}) {
		t.Errorf("notes %v, %s", notes, diff)
	}
	root, _ = newRoot(t)
	keep := &tree.Unpack{Root: root, Links: tree.KeepLinks}
	if _, _, err := keep.Read(bytes.NewReader(bad)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"link abs > /etc", "link ok > x", "link up > ../outside", `-rw-r--r-- x "x"`}, listing(t, root)); diff != "" {
		t.Error(diff)
	}
	for _, through := range []entry{file("up", "x"), file("abs/x", "x"), hard("h", "abs/passwd"), dir("abs")} {
		root, around := newRoot(t)
		_, _, err := (&tree.Unpack{Root: root, Links: tree.KeepLinks}).Read(bytes.NewReader(archive(t, link("up", "../outside"), link("abs", "/etc"), through)))
		if through.name == "up" || through.kind == tar.TypeDir {
			if err != nil {
				t.Errorf("%s takes the place of the link: %v", through.name, err)
			}
		} else if !errors.Is(err, tree.ErrUnsafe) {
			t.Errorf("%s: %v", through.name, err)
		}
		untouched(t, around)
	}
	untouched(t, around)
}

func TestUnpackLaterWins(t *testing.T) {
	t.Parallel()
	root, around := newRoot(t)
	_, _, err := (&tree.Unpack{Root: root}).Read(bytes.NewReader(archive(t,
		file("a", "first"), hard("b", "a"), file("a", "second"),
		link("l", "a"), file("l", "third"),
		dir("d"), file("d/x", "x"), file("y", ""), entry{name: "d", kind: tar.TypeDir, mode: 0o700}, file("d/z", "z"),
		file("was-file", ""), dir("was-file"),
	)))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		`-rw-r--r-- a "second"`, `-rw-r--r-- b "first"`, "drwx------ d", `-rw-r--r-- d/x "x"`, `-rw-r--r-- d/z "z"`,
		`-rw-r--r-- l "third"`, "drwxr-xr-x was-file", `-rw-r--r-- y ""`,
	}
	if diff := cmp.Diff(want, listing(t, root)); diff != "" {
		t.Error(diff)
	}
	untouched(t, around)
}

func TestUnpackPlaces(t *testing.T) {
	t.Parallel()
	root, _ := newRoot(t)
	unpack := &tree.Unpack{Root: root, Place: func(name string) (string, bool) {
		rest, kept := strings.CutPrefix(name, "out/")
		return rest, kept && strings.HasSuffix(rest, ".csv")
	}}
	all := archive(t, dir("out"), file("out/a.csv", "a"), file("out/a.txt", "no"), entry{name: "out/null", kind: tar.TypeChar},
		file("out/sub/b.csv", "b"), hard("out/c.csv", "out/a.csv"))
	if files, size, err := unpack.Read(bytes.NewReader(all)); err != nil || files != 3 || size != 2 {
		t.Errorf("%d files, %d bytes, %v", files, size, err)
	}
	want := []string{`-rw-r--r-- a.csv "a"`, `-rw-r--r-- c.csv = a.csv`, "drwxr-xr-x sub", `-rw-r--r-- sub/b.csv "b"`}
	if diff := cmp.Diff(want, listing(t, root)); diff != "" {
		t.Error(diff)
	}
	_, _, err := unpack.Read(bytes.NewReader(archive(t, file("out/x.txt", "x"), hard("out/y.csv", "out/x.txt"))))
	if !errors.Is(err, tree.ErrUnsafe) || !strings.Contains(err.Error(), "not among") {
		t.Errorf("a link to what is not kept: %v", err)
	}
	unpack.LeftOut = func(name, place string) error {
		if name != "out/y.csv" || place != "y.csv" {
			t.Errorf("left out is %s, for %s", name, place)
		}
		return nil
	}
	if files, _, err := unpack.Read(bytes.NewReader(archive(t, file("out/x.txt", "x"), hard("out/y.csv", "out/x.txt")))); err != nil || files != 0 {
		t.Errorf("%d files, %v", files, err)
	}
}
