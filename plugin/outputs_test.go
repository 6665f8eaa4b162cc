package plugin

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/google/go-cmp/cmp"

	"airdock.dev/airdock/protocol"
)

// tarOf is a tar of files with their names as content; a name that ends in / is a
// folder, and one with > a symbolic link, with = a hard link.
func tarOf(t *testing.T, names ...string) []byte {
	t.Helper()
	var out bytes.Buffer
	writer := tar.NewWriter(&out)
	for _, name := range names {
		header := &tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: 0o644, Size: int64(len(name))}
		if strings.HasSuffix(name, "/") {
			header.Typeflag, header.Mode, header.Size = tar.TypeDir, 0o755, 0
		}
		for sign, kind := range map[string]byte{">": tar.TypeSymlink, "=": tar.TypeLink} {
			if from, to, is := strings.Cut(name, sign); is {
				header.Name, header.Linkname, header.Typeflag, header.Size = from, to, kind, 0
			}
		}
		if err := writer.WriteHeader(header); err != nil {
			t.Fatal(err)
		}
		if header.Size > 0 {
			_, _ = io.WriteString(writer, name)
		}
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// boxes is a container's file system: what an engine says and sends of each path.
func boxes(t *testing.T) *fakeAPI {
	folder := container.PathStat{Mode: os.ModeDir | 0o755}
	stats := map[string]container.PathStat{
		"/out": folder, "/": folder, "/file": {Mode: 0o644}, "/dev/null": {Mode: os.ModeDevice | os.ModeCharDevice},
		"/link": {Mode: os.ModeSymlink, LinkTarget: "link2"}, "/link2": {Mode: os.ModeSymlink, LinkTarget: "/file"}, "/loop": {Mode: os.ModeSymlink, LinkTarget: "/loop"},
		"/cut": folder, "/up": folder, "/lies": {Mode: 0o644}, "/linked": folder,
	}
	whole := tarOf(t, "./", "./a.csv", "./sub/", "./sub/b.csv", "./sub/c.txt", "./h.csv=./sub/c.txt")
	bodies := map[string][]byte{
		"/out/.": whole, "/file": tarOf(t, "file"), "/cut/.": whole[:2000], "/up/.": tarOf(t, "./", "../outside"), "/lies": tarOf(t, "lies/"),
		"/linked/.": tarOf(t, "./", "./l>/etc/passwd"), "/out/sub/c.txt": tarOf(t, "c.txt"), "/out/h.csv": tarOf(t, "h.csv"),
	}
	return &fakeAPI{
		stat: func(path string) (container.PathStat, error) {
			found, there := stats[path]
			if !there {
				return found, errdefs.ErrNotFound
			}
			return found, nil
		},
		get: func(path string) (io.ReadCloser, container.PathStat, error) {
			body, there := bodies[path]
			if !there {
				return nil, container.PathStat{}, errdefs.ErrNotFound.WithMessage(path)
			}
			return io.NopCloser(bytes.NewReader(body)), container.PathStat{}, nil
		},
	}
}

// below lists what is in a folder, with the content of files.
func below(t *testing.T, folder string) []string {
	t.Helper()
	names := []string{}
	err := filepath.WalkDir(folder, func(path string, entry os.DirEntry, err error) error {
		if err != nil || path == folder {
			return err
		}
		name, _ := filepath.Rel(folder, path)
		if entry.Type().IsRegular() {
			text, _ := os.ReadFile(path)
			name += " " + string(text)
		}
		names = append(names, name)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestRunOutputs(t *testing.T) {
	t.Parallel()
	all := []string{"a.csv ./a.csv", "h.csv ./sub/c.txt", "sub", "sub/b.csv ./sub/b.csv", "sub/c.txt ./sub/c.txt"}
	for name, c := range map[string]struct {
		path, target string // below a folder that has the files old and dir/old
		want         []string
		files, bytes int64
	}{
		"a folder":                 {"/out", "new", under("new", all), 4, 29},
		"a folder, deeper":         {"/out/", "x/y/", append([]string{"x"}, under("x/y", all)...), 4, 29},
		"a folder into one":        {"/out", "dir", append(under("dir", all[:2]), append([]string{"dir/old mine"}, under("dir", all[2:])[1:]...)...), 4, 29},
		"a file":                   {"/file", "new", []string{"new file"}, 1, 4},
		"a file over one":          {"/file", "old", []string{"old file"}, 1, 4},
		"a file into a folder":     {"/file", "dir/", []string{"dir", "dir/file file", "dir/old mine"}, 1, 4},
		"a file into a new folder": {"/file", "new/", []string{"new", "new/file file"}, 1, 4},
		"through links":            {"/link", "new/", []string{"new", "new/link file"}, 1, 4},
		"a pattern":                {"/out/*.txt", "new", nil, 0, 0},
		"a deep pattern":           {"/out/**/*.txt", "new", []string{"new", "new/sub", "new/sub/c.txt ./sub/c.txt"}, 1, 11},
		"a hard link alone":        {"/out/h*", "new", []string{"new", "new/h.csv h.csv"}, 1, 5},
		"a folder by pattern":      {"/out/s?b", "new", []string{"new", "new/sub", "new/sub/b.csv ./sub/b.csv", "new/sub/c.txt ./sub/c.txt"}, 2, 22},
	} {
		folder := t.TempDir()
		for _, old := range []string{"old", "dir/old"} {
			_ = os.MkdirAll(filepath.Dir(filepath.Join(folder, old)), 0o755)
			if err := os.WriteFile(filepath.Join(folder, old), []byte("mine"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		inBubble(t, func(t *testing.T) {
			spec := &protocol.OutputSpec{Path: c.path, Target: folder + "/" + c.target, Optional: true}
			r, host := newRun(t, boxes(t), func(run *protocol.RunRequest) { run.Outputs = []*protocol.OutputSpec{spec} })
			if _, err := r.run(t.Context()); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			fetched := host.all[len(host.all)-1].GetOutputFetched()
			if fetched.GetFound() != (c.want != nil) || fetched.GetFiles() != c.files || fetched.GetBytes() != c.bytes || fetched.GetTarget() != spec.GetTarget() {
				t.Errorf("%s: %v", name, fetched)
			}
		})
		want := slices.Clone(c.want)
		for _, kept := range []string{"old mine", "dir", "dir/old mine"} {
			if !slices.ContainsFunc(want, func(line string) bool { return strings.Fields(line)[0] == strings.Fields(kept)[0] }) {
				want = append(want, kept)
			}
		}
		slices.Sort(want)
		got := below(t, folder)
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func under(folder string, names []string) []string {
	all := []string{folder}
	for _, name := range names {
		all = append(all, folder+"/"+name)
	}
	return all
}

// TestRunOutputsFail: the kind is right, and everything is as it was.
func TestRunOutputsFail(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		path, target string
		max          int64
		kind         protocol.ErrorKind
		mentions     string
	}{
		"nothing there":            {"/nope", "new", 0, protocol.ErrorKind_FILE_NOT_FOUND, "nothing at /nope"},
		"links in a circle":        {"/loop", "new", 0, protocol.ErrorKind_FILE_NOT_FOUND, "/loop"},
		"nothing matches":          {"/out/*.zip", "new/er/", 0, protocol.ErrorKind_FILE_NOT_FOUND, "nothing that matches /out/*.zip"},
		"no folder to match in":    {"/file/*.zip", "new", 0, protocol.ErrorKind_FILE_NOT_FOUND, "/file/*.zip"},
		"a device":                 {"/dev/null", "new", 0, protocol.ErrorKind_ARCHIVE_UNSAFE, "neither a file nor a folder"},
		"a file over a folder":     {"/file", "dir", 0, protocol.ErrorKind_PATH_CONFLICT, "dir is a folder"},
		"a folder over a file":     {"/out", "old", 0, protocol.ErrorKind_PATH_CONFLICT, "old is a file"},
		"a pattern over a file":    {"/out/*", "old", 0, protocol.ErrorKind_PATH_CONFLICT, "old is a file"},
		"a file below a file":      {"/file", "old/new", 0, protocol.ErrorKind_PATH_CONFLICT, "one of the folders above it"},
		"a file where a folder is": {"/out", "conflict", 0, protocol.ErrorKind_PATH_CONFLICT, "conflict/sub"},
		"too large":                {"/out", "new", 2000, protocol.ErrorKind_TRANSFER_TOO_LARGE, "max_bytes"},
		"out of its folder":        {"/up", "new", 0, protocol.ErrorKind_ARCHIVE_UNSAFE, "../outside"},
		"a link out of its folder": {"/linked", "new", 0, protocol.ErrorKind_ARCHIVE_UNSAFE, "skip or keep"},
		"another than announced":   {"/lies", "new", 0, protocol.ErrorKind_ARCHIVE_UNSAFE, "announced"},
		"cut short":                {"/cut", "new/er/est", 0, protocol.ErrorKind_ENGINE_ERROR, "cut short"},
	} {
		folder := t.TempDir()
		for _, old := range []string{"old", "dir/old", "conflict/sub"} {
			_ = os.MkdirAll(filepath.Dir(filepath.Join(folder, old)), 0o755)
			if err := os.WriteFile(filepath.Join(folder, old), []byte("mine"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		before := below(t, folder)
		inBubble(t, func(t *testing.T) {
			r, host := newRun(t, boxes(t), func(run *protocol.RunRequest) {
				run.Outputs = []*protocol.OutputSpec{{Path: c.path, Target: folder + "/" + c.target, MaxBytes: c.max}}
			})
			_, err := r.run(t.Context())
			if failure := protocol.FromError(err); failure == nil || failure.Kind != c.kind || !strings.Contains(failure.Message, c.mentions) {
				t.Errorf("%s: got %v, want %s and %q", name, err, c.kind, c.mentions)
			}
			if strings.Contains(host.kinds(), "OutputFetched") {
				t.Errorf("%s: %s", name, host.kinds())
			}
		})
		if diff := cmp.Diff(before, below(t, folder)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestCheckOutput(t *testing.T) {
	t.Parallel()
	for path, good := range map[string]bool{"/a": true, "/a/*.{x}": true, `/a/\[1]*`: true, "a": false, "": false, "/a/[b": false} {
		if err := checkOutput(&protocol.OutputSpec{Path: path, Target: "/t"}); (err == nil) != good {
			t.Errorf("%q: %v", path, err)
		}
	}
	for name, spec := range map[string]*protocol.OutputSpec{
		"no target":         {Path: "/a"},
		"a relative target": {Path: "/a", Target: "b"},
		"a negative bound":  {Path: "/a", Target: "/b", MaxBytes: -1},
		"a strange policy":  {Path: "/a", Target: "/b", Links: 9},
	} {
		err := checkOutput(spec)
		if failure := protocol.FromError(err); failure == nil || failure.Kind != protocol.ErrorKind_INVALID_REQUEST {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestPatterns(t *testing.T) {
	t.Parallel()
	for pattern, want := range map[string]string{
		"/a/b":             "/a/b | ",
		"/a/*.csv":         "/a | x.csv",
		"/a/**/x.csv":      "/a | x.csv d/x.csv d/e/x.csv",
		"/a/d/*":           "/a/d | x.csv d/x.csv d/e/x.csv {x} [x]",
		"/*/d/x.csv":       "/ | ",
		"/a?/[x].csv":      "/ | ",
		"/[x-z].csv":       "/ | x.csv",
		"/a/{x}*":          "/a | {x}",
		`/a/\[x]*`:         "/a | [x]",
		"/a/[^x].csv":      "/a | ",
		"/a/**":            "/a | x.csv d/x.csv d/e/x.csv {x} [x]",
		"/**/e/*.csv":      "/ | d/e/x.csv",
		"/a/d*":            "/a | d/x.csv d/e/x.csv",
		"/a//b/../*/x.csv": "/a | d/x.csv",
	} {
		folder, rest := splitPattern(pattern)
		source := &outputSource{pattern: rest}
		var matched []string
		for _, name := range []string{"x.csv", "d/x.csv", "d/e/x.csv", "{x}", "[x]"} {
			if rest != "" && source.matches(name) {
				matched = append(matched, name)
			}
		}
		if got := fmt.Sprintf("%s | %s", folder, strings.Join(matched, " ")); got != want {
			t.Errorf("%s: got %q, want %q", pattern, got, want)
		}
	}
}
