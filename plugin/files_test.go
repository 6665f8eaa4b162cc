package plugin

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	"airdock.dev/airdock/protocol"
)

// inContainer is a file system of a container, read as the engine gives it.
func inContainer(t *testing.T, files map[string]string) func(string) (io.ReadCloser, container.PathStat, error) {
	return func(path string) (io.ReadCloser, container.PathStat, error) {
		content, there := files[path]
		if !there {
			return nil, container.PathStat{}, errdefs.ErrNotFound.WithMessage("Could not find the file " + path)
		}
		var archive bytes.Buffer
		writer := tar.NewWriter(&archive)
		if err := writer.WriteHeader(&tar.Header{Name: path, Size: int64(len(content)), Mode: 0o644}); err != nil {
			t.Error(err)
		}
		_, _ = io.WriteString(writer, content)
		_ = writer.Close()
		mode := os.FileMode(0o644)
		if strings.HasSuffix(path, "/") {
			mode |= os.ModeDir
		}
		return io.NopCloser(&archive), container.PathStat{Mode: mode}, nil
	}
}

// PutArchive ends with its context, and with an error of write, as the engine's
// does.
func (f *fakeAPI) PutArchive(ctx context.Context, id, path string, write func(io.Writer) error) error {
	f.note("put into %s at %s", id, path)
	reader, writer := io.Pipe()
	written, answered := make(chan error, 1), make(chan error, 1)
	go func() {
		err := write(writer)
		_ = writer.CloseWithError(err)
		written <- err
	}()
	go func() { answered <- f.put(reader) }()
	var err error
	select {
	case err = <-answered:
	case <-ctx.Done():
		err = ctx.Err()
	}
	_ = reader.Close()
	if failed := <-written; failed != nil && !errors.Is(failed, io.ErrClosedPipe) {
		return failed
	}
	return err
}

// CopyFromContainer gives a body that ends with the context, as the library does.
func (f *fakeAPI) CopyFromContainer(ctx context.Context, _, path string) (io.ReadCloser, container.PathStat, error) {
	body, stat, err := f.get(path)
	if closer, ok := body.(*io.PipeReader); ok {
		context.AfterFunc(ctx, func() { _ = closer.CloseWithError(ctx.Err()) })
	}
	return body, stat, err
}

func (f *fakeAPI) ContainerStatPath(_ context.Context, _, path string) (container.PathStat, error) {
	if f.stat != nil {
		return f.stat(path)
	}
	body, stat, err := f.get(path)
	if err == nil {
		_ = body.Close()
	}
	return stat, err
}

func asUser(user string) func(string) (container.InspectResponse, error) {
	return func(string) (container.InspectResponse, error) {
		return container.InspectResponse{
			ContainerJSONBase: &container.ContainerJSONBase{ID: "c0ffee"},
			Config:            &container.Config{User: user},
		}, nil
	}
}

// TestRunPutsFiles: before the start, with their modes, and owned by the user
// that the container runs as.
func TestRunPutsFiles(t *testing.T) {
	t.Parallel()
	passwd := map[string]string{"/etc/passwd": "root:x:0:0::/:\nworker:x:1234:100::/home:\n", "/etc/group": "staff:x:77:\n"}
	for name, c := range map[string]struct {
		user     string
		files    map[string]string
		uid, gid int
	}{
		"root":             {"", passwd, 0, 0},
		"by name":          {"worker", passwd, 1234, 100},
		"by name, group":   {"worker:staff", passwd, 1234, 77},
		"by number":        {"55", passwd, 55, 0},
		"numbers":          {"55:66", passwd, 55, 66},
		"no passwd at all": {"55:66", nil, 55, 66},
	} {
		inBubble(t, func(t *testing.T) {
			var got []*tar.Header
			var content string
			api := &fakeAPI{inspect: asUser(c.user), get: inContainer(t, c.files), put: func(in io.Reader) error {
				for reader := tar.NewReader(in); ; {
					header, err := reader.Next()
					if errors.Is(err, io.EOF) {
						return nil
					}
					if err != nil {
						return err
					}
					text, _ := io.ReadAll(reader)
					got, content = append(got, header), content+string(text)
				}
			}}
			r, _ := newRun(t, api, func(spec *protocol.RunRequest) {
				spec.Files = []*protocol.File{{Path: "/run/secrets/a", Source: &protocol.File_Content{Content: []byte("one")}, Mode: proto.Uint32(0o400)}, {Path: "/etc//b", Source: &protocol.File_Content{Content: []byte("two")}, Mode: proto.Uint32(0o644)}}
			})
			if _, err := r.run(t.Context()); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if want := "create box, put into c0ffee at /, start c0ffee, remove c0ffee"; api.seen() != want {
				t.Errorf("%s: %s, want %s", name, api.seen(), want)
			}
			if len(got) != 2 || got[0].Name != "run/secrets/a" || got[0].Mode != 0o400 || got[1].Name != "etc/b" || content != "onetwo" {
				t.Fatalf("%s: the archive is %+v", name, got)
			}
			if got[0].Uid != c.uid || got[0].Gid != c.gid {
				t.Errorf("%s: owned by %d:%d, want %d:%d", name, got[0].Uid, got[0].Gid, c.uid, c.gid)
			}
		})
	}
}

// TestRunPrepareFails: the container does not start and does not stay.
func TestRunPrepareFails(t *testing.T) {
	t.Parallel()
	file := []*protocol.File{{Path: "/a", Source: &protocol.File_Content{Content: []byte("hunter2")}, Mode: proto.Uint32(0o400)}}
	for name, c := range map[string]struct {
		api    *fakeAPI
		change func(*protocol.RunRequest)
		kind   protocol.ErrorKind
	}{
		"no such user": {&fakeAPI{inspect: asUser("nobody-here"), get: inContainer(t, nil)},
			func(spec *protocol.RunRequest) { spec.Files = file }, protocol.ErrorKind_INVALID_REQUEST},
		"read-only": {&fakeAPI{inspect: asUser(""), put: func(io.Reader) error {
			return errdefs.ErrPermissionDenied.WithMessage("container rootfs is marked read-only")
		}}, func(spec *protocol.RunRequest) { spec.Files = file }, protocol.ErrorKind_INVALID_REQUEST},
		"no such network": {&fakeAPI{connect: func(string) error { return errdefs.ErrNotFound.WithMessage("network m not found") }},
			func(spec *protocol.RunRequest) {
				spec.Container.Networks = []*protocol.Network{{Name: "n"}, {Name: "m"}}
			}, protocol.ErrorKind_NETWORK_NOT_FOUND},
	} {
		inBubble(t, func(t *testing.T) {
			r, _ := newRun(t, c.api, c.change)
			_, err := r.run(t.Context())
			if failure := protocol.FromError(err); failure == nil || failure.Kind != c.kind || strings.Contains(failure.Message, "hunter2") {
				t.Errorf("%s: got %v, want %s", name, err, c.kind)
			}
			if seen := c.api.seen(); strings.Contains(seen, "start") || !strings.HasSuffix(seen, "remove c0ffee") {
				t.Errorf("%s: %s", name, seen)
			}
		})
	}
}

// TestRunResults reads files out of the stopped container, before it goes.
func TestRunResults(t *testing.T) {
	t.Parallel()
	large := strings.Repeat("x", resultPiece+10)
	files := map[string]string{"/r.json": `{"a":1}`, "/empty": "", "/large": large, "/dir/": ""}
	for name, c := range map[string]struct {
		spec *protocol.ResultSpec
		code int64
		want []*protocol.ResultFile
		kind protocol.ErrorKind
	}{
		"there":                 {&protocol.ResultSpec{Path: "/r.json", MaxBytes: 7}, 0, []*protocol.ResultFile{{Path: "/r.json", Found: true, Data: []byte(`{"a":1}`)}}, 0},
		"not there":             {&protocol.ResultSpec{Path: "/nope", MaxBytes: 7}, 0, []*protocol.ResultFile{{Path: "/nope"}}, 0},
		"empty":                 {&protocol.ResultSpec{Path: "/empty", MaxBytes: 7}, 0, []*protocol.ResultFile{{Path: "/empty", Found: true}}, 0},
		"in pieces":             {&protocol.ResultSpec{Path: "/large", MaxBytes: 1 << 30}, 0, []*protocol.ResultFile{{Path: "/large", Found: true, Data: []byte(large[:resultPiece])}, {Path: "/large", Found: true, Data: []byte(large[resultPiece:])}}, 0},
		"too large":             {&protocol.ResultSpec{Path: "/large", MaxBytes: 100}, 0, nil, protocol.ErrorKind_RESULT_TOO_LARGE},
		"a folder":              {&protocol.ResultSpec{Path: "/dir/", MaxBytes: 100}, 0, nil, protocol.ErrorKind_INVALID_REQUEST},
		"after a bad":           {&protocol.ResultSpec{Path: "/r.json", MaxBytes: 7}, 1, []*protocol.ResultFile{{Path: "/r.json", Found: true, Data: []byte(`{"a":1}`)}}, 0},
		"too large after a bad": {&protocol.ResultSpec{Path: "/large", MaxBytes: 100}, 1, nil, 0},
	} {
		inBubble(t, func(t *testing.T) {
			api := &fakeAPI{get: inContainer(t, files), wait: endsWith(c.code, 0)}
			r, host := newRun(t, api, func(spec *protocol.RunRequest) { spec.Results = []*protocol.ResultSpec{c.spec} })
			var got []string
			r.out = func(event *protocol.Event) error {
				if file := event.GetResultFile(); file != nil {
					got = append(got, file.String())
				}
				return host.take(event)
			}
			_, err := r.run(t.Context())
			if failure := protocol.FromError(err); (failure == nil) != (c.kind == 0) || failure != nil && failure.Kind != c.kind {
				t.Errorf("%s: got %v, want %s", name, err, c.kind)
			}
			var want []string
			for _, file := range c.want {
				want = append(want, file.String())
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%.300s", name, diff)
			}
			if !strings.HasSuffix(api.seen(), "remove c0ffee") {
				t.Errorf("%s: %s", name, api.seen())
			}
		})
	}
}
