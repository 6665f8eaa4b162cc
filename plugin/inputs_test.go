package plugin

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/mount"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	"airdock.dev/airdock/protocol"
)

func localFile(path, local string) *protocol.File {
	return &protocol.File{Path: path, Source: &protocol.File_LocalPath{LocalPath: local}}
}

func content(path, text string) *protocol.File {
	return &protocol.File{Path: path, Source: &protocol.File_Content{Content: []byte(text)}}
}

// someFolder has a file with two names, a symbolic link and an empty folder.
func someFolder(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	for _, err := range []error{
		os.MkdirAll(filepath.Join(folder, "empty"), 0o700),
		os.WriteFile(filepath.Join(folder, "a b"), []byte("one"), 0o600),
		os.Link(filepath.Join(folder, "a b"), filepath.Join(folder, "same")),
		os.Symlink("a b", filepath.Join(folder, "link")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// described are the entries of a tar, one line each.
func described(in io.Reader) ([]string, error) {
	var lines []string
	for reader := tar.NewReader(in); ; {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return lines, nil
		}
		if err != nil {
			return lines, err
		}
		text, err := io.ReadAll(reader)
		if err != nil {
			return lines, err
		}
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("%c %s %o %d:%d %s%s", header.Typeflag, header.Name, header.Mode, header.Uid, header.Gid, header.Linkname, text)))
	}
}

func TestCheckFile(t *testing.T) {
	t.Parallel()
	folder := someFolder(t)
	for name, c := range map[string]struct {
		file *protocol.File
		kind protocol.ErrorKind
	}{
		"no path":                  {content("", "x"), protocol.ErrorKind_INVALID_REQUEST},
		"a relative path":          {content("a", "x"), protocol.ErrorKind_INVALID_REQUEST},
		"the root":                 {content("/", "x"), protocol.ErrorKind_INVALID_REQUEST},
		"above the root":           {content("/..", "x"), protocol.ErrorKind_INVALID_REQUEST},
		"a strange mode":           {&protocol.File{Path: "/a", Mode: proto.Uint32(0o100644)}, protocol.ErrorKind_INVALID_REQUEST},
		"no program that there is": {&protocol.File{Path: "/a", Source: &protocol.File_Program{Program: 7}}, protocol.ErrorKind_INVALID_REQUEST},
		"an owner of nothing":      {&protocol.File{Path: "/a", Owner: "source"}, protocol.ErrorKind_INVALID_REQUEST},
		"a relative source":        {localFile("/a", "a"), protocol.ErrorKind_INVALID_REQUEST},
		"no source":                {localFile("/a", folder+"/nope"), protocol.ErrorKind_FILE_UNREADABLE},
		"a device":                 {localFile("/a", "/dev/null"), protocol.ErrorKind_FILE_UNREADABLE},
		"a folder's mode": {&protocol.File{Path: "/a", Source: &protocol.File_LocalPath{LocalPath: folder}, Mode: proto.Uint32(0o700)},
			protocol.ErrorKind_INVALID_REQUEST},
		"a file":                 {localFile("/a", folder+"/a b"), 0},
		"a folder":               {localFile("/a", folder), 0},
		"a folder into the root": {localFile("/", folder), 0},
	} {
		err := checkFile(c.file)
		if failure := protocol.FromError(err); (err == nil) != (c.kind == 0) || err != nil && (failure == nil || failure.Kind != c.kind) {
			t.Errorf("%s: got %v, want %s", name, err, c.kind)
		}
	}
}

// furnished is a container with a user, a volume at /vol, and at /there a link to a
// folder. What is put into it is told to got.
func furnished(t *testing.T, got *[]string) *fakeAPI {
	return &fakeAPI{
		inspect: func(string) (container.InspectResponse, error) {
			return container.InspectResponse{
				ContainerJSONBase: &container.ContainerJSONBase{HostConfig: &container.HostConfig{ReadonlyRootfs: false}},
				Config:            &container.Config{User: "worker"},
				Mounts:            []container.MountPoint{{Destination: "/vol", RW: true}},
			}, nil
		},
		get: inContainer(t, map[string]string{"/etc/passwd": "worker:x:1234:100::/home:\n"}),
		stat: func(path string) (container.PathStat, error) {
			switch path {
			case "/there":
				return container.PathStat{Mode: os.ModeSymlink, LinkTarget: "/real"}, nil
			case "/real":
				return container.PathStat{Mode: os.ModeDir | 0o755}, nil
			}
			return container.PathStat{}, errdefs.ErrNotFound
		},
		put: func(in io.Reader) error {
			lines, err := described(in)
			*got = append(*got, lines...)
			return err
		},
	}
}

// TestRunPutsFolders: what the tars have, and where they go.
func TestRunPutsFolders(t *testing.T) {
	t.Parallel()
	folder := someFolder(t)
	inBubble(t, func(t *testing.T) {
		var got []string
		api := furnished(t, &got)
		r, _ := newRun(t, api, func(spec *protocol.RunRequest) {
			spec.Files = []*protocol.File{
				localFile("/new", folder), content("/x", "first"),
				{Path: "/vol/f", Source: &protocol.File_LocalPath{LocalPath: folder + "/a b"}, Mode: proto.Uint32(0o444), Owner: "7"},
				localFile("/there", folder),
			}
		})
		var done []string
		r.out = func(event *protocol.Event) error {
			if p := event.GetTransferProgress(); p.GetDone() {
				done = append(done, fmt.Sprintf("%s %d/%d %d/%d %v", p.GetPath(), p.GetFiles(), p.GetFilesTotal(), p.GetBytes(), p.GetBytesTotal(), p.GetFetch()))
			}
			return nil
		}
		if _, err := r.run(t.Context()); err != nil {
			t.Fatal(err)
		}
		want := []string{
			"5 new/ 700 1234:100", "0 new/a b 600 1234:100 one", "5 new/empty/ 700 1234:100", "2 new/link 777 1234:100 a b", "1 new/same 600 1234:100 new/a b",
			"0 x 644 1234:100 first",
			"0 f 444 7:0 one",
			"0 real/a b 600 1234:100 one", "5 real/empty/ 700 1234:100", "2 real/link 777 1234:100 a b", "1 real/same 600 1234:100 real/a b",
		}
		info, _ := os.Stat(folder)
		want[0] = fmt.Sprintf("5 new/ %o 1234:100", info.Mode().Perm())
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		if want := "create box, put into c0ffee at /, put into c0ffee at /vol, put into c0ffee at /, start c0ffee, remove c0ffee"; api.seen() != want {
			t.Errorf("%s, want %s", api.seen(), want)
		}
		if diff := cmp.Diff([]string{"/new 3/3 3/3 false", "/vol/f 1/1 3/3 false", "/there 3/3 3/3 false"}, done); diff != "" {
			t.Errorf("progress: %s", diff)
		}
	})
}

func TestMountsHolding(t *testing.T) {
	t.Parallel()
	points := mountsOf(container.InspectResponse{
		ContainerJSONBase: &container.ContainerJSONBase{HostConfig: &container.HostConfig{
			ReadonlyRootfs: true,
			Tmpfs:          map[string]string{"/t/": ""},
			Mounts:         []mount.Mount{{Type: mount.TypeTmpfs, Target: "/m"}},
		}},
		Mounts: []container.MountPoint{{Destination: "/v", RW: true}, {Destination: "/v/ro"}, {Destination: "/vol", RW: true}},
	})
	folder := someFolder(t)
	for path, c := range map[string]struct {
		file bool
		want string
		says string
	}{
		"/v/a":     {true, "/v", ""},
		"/v/a/b":   {false, "/v", ""},
		"/v":       {false, "/v", ""},
		"/vol/x":   {true, "/vol", ""},
		"/v/ro/x":  {true, "", "mount at /v/ro is read-only"},
		"/volume":  {true, "", "root file system is read-only"},
		"/t/x":     {true, "", "/t is a tmpfs"},
		"/m":       {false, "", "/m is a tmpfs"},
		"/proc/x":  {true, "", "/proc is a file system of the kernel"},
		"/dev/shm": {true, "", "/dev is a file system of the kernel"},
	} {
		r, _ := newRun(t, &fakeAPI{}, nil)
		in := &input{spec: localFile(path, folder), path: path}
		if c.file {
			in.spec = content(path, "x")
		}
		if err := in.open(r); err != nil {
			t.Fatal(err)
		}
		got, err := points.holding(in)
		in.close()
		if got != c.want || (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: got %q, %v, want %q, %q", path, got, err, c.want, c.says)
		}
	}
	in := &input{spec: content("/v", "x"), path: "/v"}
	_ = in.open(nil)
	_, err := points.holding(in)
	wantKind(t, err, protocol.ErrorKind_PATH_CONFLICT, "/v is a mount")
}

// TestRunPutFails: the container goes, and the error says what is wrong.
func TestRunPutFails(t *testing.T) {
	t.Parallel()
	folder := someFolder(t)
	growing := filepath.Join(t.TempDir(), "growing")
	says := func(words string) func(io.Reader) error {
		return func(in io.Reader) error {
			_, _ = io.CopyN(io.Discard, in, 100)
			return errdefs.ErrInternal.WithMessage(words)
		}
	}
	for name, c := range map[string]struct {
		local    string
		put      func(io.Reader) error
		kind     protocol.ErrorKind
		mentions string
	}{
		"a folder in the way": {folder, says(`cannot overwrite directory "/a" with non-directory "/"`), protocol.ErrorKind_PATH_CONFLICT, "folder"},
		"a full disk":         {folder, says("write /a: no space left on device"), protocol.ErrorKind_ENGINE_DISK_FULL, "space"},
		"another failure":     {folder, says("nobody knows"), protocol.ErrorKind_ENGINE_ERROR, "nobody knows"},
		"a broken connection": {folder, func(io.Reader) error { return io.ErrUnexpectedEOF }, protocol.ErrorKind_ENGINE_LOST, "broke"},
		"a file that grows": {growing, func(in io.Reader) error {
			_, _ = io.CopyN(io.Discard, in, 1<<20)
			file, err := os.OpenFile(growing, os.O_APPEND|os.O_WRONLY, 0)
			if err == nil {
				_, err = file.WriteString("more")
				_ = file.Close()
			}
			if err != nil {
				return err
			}
			_, err = io.Copy(io.Discard, in)
			return err
		}, protocol.ErrorKind_FILE_UNREADABLE, growing},
		"a file that shrinks": {growing, func(in io.Reader) error {
			_, _ = io.CopyN(io.Discard, in, 1024)
			if err := os.Truncate(growing, 10); err != nil {
				return err
			}
			_, err := io.Copy(io.Discard, in)
			return err
		}, protocol.ErrorKind_FILE_UNREADABLE, "changed"},
	} {
		if err := os.WriteFile(growing, make([]byte, 2<<20), 0o600); err != nil {
			t.Fatal(err)
		}
		inBubble(t, func(t *testing.T) {
			api := &fakeAPI{inspect: asUser(""), put: c.put, stat: func(string) (container.PathStat, error) { return container.PathStat{}, errdefs.ErrNotFound }}
			r, _ := newRun(t, api, func(spec *protocol.RunRequest) { spec.Files = []*protocol.File{localFile("/a", c.local)} })
			_, err := r.run(t.Context())
			if failure := protocol.FromError(err); failure == nil || failure.Kind != c.kind || !strings.Contains(failure.Message, c.mentions) {
				t.Errorf("%s: got %v, want %s", name, err, c.kind)
			}
			if seen := api.seen(); strings.Contains(seen, "start") || !strings.HasSuffix(seen, "remove c0ffee") {
				t.Errorf("%s: %s", name, seen)
			}
		})
	}
}
