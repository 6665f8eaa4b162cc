package plugin

import (
	"io/fs"
	"iter"
	"testing"

	"github.com/google/go-cmp/cmp"

	"airdock.dev/airdock/plugin/tree"
)

// plain makes entries in the order of tree.Walk: a path with / at its end is a
// folder, one with -> a symbolic link, one with = another name of a file.
func plain(entries ...*tree.Entry) []*tree.Entry { return entries }

func file(path string, time int64) *tree.Entry {
	return &tree.Entry{Path: path, Mode: 0o644, Size: 3, Time: time}
}

func folder(path string) *tree.Entry { return &tree.Entry{Path: path, Mode: fs.ModeDir | 0o755} }

func link(path, to string) *tree.Entry {
	return &tree.Entry{Path: path, Mode: fs.ModeSymlink | 0o777, Link: to}
}

func changed(entry *tree.Entry, change func(*tree.Entry)) *tree.Entry {
	change(entry)
	return entry
}

func told(entries []*tree.Entry) iter.Seq2[*tree.Entry, error] {
	return func(yield func(*tree.Entry, error) bool) {
		for _, entry := range entries {
			if !yield(entry, nil) {
				return
			}
		}
	}
}

func sameAs(name string) func(*tree.Entry) { return func(e *tree.Entry) { e.Same = name } }

var comparisons = map[string]struct {
	have, want              []*tree.Entry
	send, access, remove    []string
	files, bytes, unchanged int64
}{
	"into nothing": {
		want: plain(folder("."), folder("d"), file("d/a", 1), link("l", "d/a")),
		send: []string{".", "d", "d/a", "l"}, files: 2, bytes: 3,
	},
	"nothing new": {
		have:      plain(folder("."), folder("d"), file("d/a", 1), link("l", "d/a")),
		want:      plain(folder("."), folder("d"), file("d/a", 1), link("l", "d/a")),
		unchanged: 2,
	},
	"a file that changed travels with the folders above it": {
		have: plain(folder("."), folder("d"), folder("d/e"), file("d/e/a", 1), file("d/e/b", 1), folder("x")),
		want: plain(folder("."), folder("d"), folder("d/e"), file("d/e/a", 2), file("d/e/b", 1), folder("x")),
		send: []string{"d", "d/e", "d/e/a"}, files: 1, bytes: 3, unchanged: 1,
	},
	"another mode or owner is no content; the top's is its own affair": {
		have:   plain(changed(folder("."), func(e *tree.Entry) { e.Mode = fs.ModeDir | 0o700 }), folder("d"), file("d/a", 1), file("d/b", 1)),
		want:   plain(folder("."), changed(folder("d"), func(e *tree.Entry) { e.Mode |= fs.ModeSticky }), changed(file("d/a", 1), func(e *tree.Entry) { e.UID = 7 }), file("d/b", 1)),
		access: []string{"d", "d/a"}, unchanged: 2,
	},
	"what is gone, and only its top": {
		have:   plain(folder("."), folder("d"), folder("d/e"), file("d/e/a", 1), file("d/f", 1), folder("lost+found"), file("lost+found/x", 1), file("z", 1)),
		want:   plain(folder("."), folder("d"), file("d/f", 1)),
		remove: []string{"d/e", "z"}, unchanged: 1,
	},
	"a file in the place of a folder takes its content away": {
		have: plain(folder("."), folder("d"), file("d/a", 1)),
		want: plain(folder("."), file("d", 1)),
		send: []string{"d"}, files: 1, bytes: 3,
	},
	"a folder in the place of a file": {
		have: plain(folder("."), file("d", 1)),
		want: plain(folder("."), folder("d"), file("d/a", 1)),
		send: []string{"d", "d/a"}, files: 1, bytes: 3,
	},
	"all names of a file travel together": {
		have: plain(folder("."), file("a", 1), changed(file("b", 1), sameAs("a"))),
		want: plain(folder("."), file("a", 1), changed(file("b", 1), sameAs("a")), changed(file("c", 1), sameAs("a"))),
		send: []string{"a", "b", "c"}, files: 3, bytes: 3,
	},
	"a file that is two files there": {
		have: plain(folder("."), file("a", 1), file("b", 1)),
		want: plain(folder("."), file("a", 1), changed(file("b", 1), sameAs("a"))),
		send: []string{"a", "b"}, files: 2, bytes: 3,
	},
	"a link to elsewhere": {
		have: plain(folder("."), link("l", "a")),
		want: plain(folder("."), link("l", "b")),
		send: []string{"l"}, files: 1,
	},
	"a file alone": {
		have: plain(file(".", 1)), want: plain(file(".", 2)), send: []string{"."}, files: 1, bytes: 3,
	},
	"a name that only begins like a folder's": {
		have:   plain(folder("."), folder("d"), file("d/a", 1), file("d.txt", 1)),
		want:   plain(folder(".")),
		remove: []string{"d", "d.txt"},
	},
}

func TestCompare(t *testing.T) {
	t.Parallel()
	for name, test := range comparisons {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := compare(told(test.have), test.want)
			if err != nil {
				t.Fatal(err)
			}
			var access []string
			for i := range got.access {
				access = append(access, got.access[i].Path)
			}
			var send []string
			for _, entry := range got.send {
				send = append(send, entry.Path)
			}
			if diff := cmp.Diff([][]string{test.send, test.access, test.remove}, [][]string{send, access, got.remove}); diff != "" {
				t.Errorf("send, access, remove (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff([]int64{test.files, test.bytes, test.unchanged}, []int64{got.files, got.bytes, got.unchanged}); diff != "" {
				t.Errorf("files, bytes, unchanged (-want +got):\n%s", diff)
			}
		})
	}
}
