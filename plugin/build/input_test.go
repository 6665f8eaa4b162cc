package build

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tonistiigi/fsutil"

	"airdock.dev/airdock/protocol"
)

func write(t *testing.T, contents map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range contents {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestInput(t *testing.T) {
	t.Parallel()
	root := write(t, map[string]string{
		"Dockerfile": "FROM a", "deep/other": "FROM b", "deep/other.dockerignore": "x", "file": "", "context.tar": "",
	})
	inFolder := &protocol.BuildRequest_Folder{Folder: root}
	inTar := &protocol.BuildRequest_Tar{Tar: filepath.Join(root, "context.tar")}
	path := func(name string) *protocol.BuildRequest_DockerfilePath {
		return &protocol.BuildRequest_DockerfilePath{DockerfilePath: name}
	}
	for _, c := range []struct {
		name    string
		spec    *protocol.BuildRequest
		content string
		file    string
		kind    protocol.ErrorKind
	}{
		{name: "folder", spec: &protocol.BuildRequest{Context: inFolder}, content: "FROM a", file: "Dockerfile"},
		{name: "named", spec: &protocol.BuildRequest{Context: inFolder, Dockerfile: path("deep/other")}, content: "FROM b", file: "other"},
		{name: "outside", spec: &protocol.BuildRequest{Dockerfile: path(filepath.Join(root, "deep/other"))}, content: "FROM b", file: "other"},
		{name: "inline", spec: &protocol.BuildRequest{Dockerfile: &protocol.BuildRequest_DockerfileInline{DockerfileInline: "FROM c"}}, content: "FROM c", file: "Dockerfile"},
		{name: "tar", spec: &protocol.BuildRequest{Context: inTar, Dockerfile: path("in/tar")}, file: "in/tar"},
		{name: "nothing", spec: &protocol.BuildRequest{}, kind: protocol.ErrorKind_DOCKERFILE_NOT_FOUND},
		{name: "no path", spec: &protocol.BuildRequest{Context: inFolder, Dockerfile: path("")}, kind: protocol.ErrorKind_INVALID_REQUEST},
		{name: "no file", spec: &protocol.BuildRequest{Context: inFolder, Dockerfile: path("nope")}, kind: protocol.ErrorKind_DOCKERFILE_NOT_FOUND},
		{name: "a folder as Dockerfile", spec: &protocol.BuildRequest{Context: inFolder, Dockerfile: path("deep")}, kind: protocol.ErrorKind_DOCKERFILE_NOT_FOUND},
		{name: "file as folder", spec: &protocol.BuildRequest{Context: &protocol.BuildRequest_Folder{Folder: filepath.Join(root, "file")}}, kind: protocol.ErrorKind_CONTEXT_UNREADABLE},
		{name: "folder as tar", spec: &protocol.BuildRequest{Context: &protocol.BuildRequest_Tar{Tar: root}}, kind: protocol.ErrorKind_CONTEXT_UNREADABLE},
		{name: "empty folder name", spec: &protocol.BuildRequest{Context: &protocol.BuildRequest_Folder{}}, kind: protocol.ErrorKind_CONTEXT_UNREADABLE},
	} {
		t.Run(c.name, func(t *testing.T) {
			in, err := openInput(c.spec)
			if kind := kindIn(err); err != nil && kind != c.kind || err == nil && c.kind != 0 {
				t.Fatalf("kind %s, want %s: %v", kind, c.kind, err)
			}
			if err == nil && (string(in.content) != c.content || in.dockerfile != c.file) {
				t.Errorf("%s holds %q, want %s with %q", in.dockerfile, in.content, c.file, c.content)
			}
		})
	}
}

func kindIn(err error) protocol.ErrorKind {
	var failure *protocol.Failure
	if errors.As(err, &failure) {
		return failure.Kind
	}
	return 0
}

// TestDockerfileFSGivesOneFile: BuildKit asks for the Dockerfile alone and fails
// when its ignore file comes along.
func TestDockerfileFSGivesOneFile(t *testing.T) {
	t.Parallel()
	files := dockerfileFS(&input{dockerfile: "Dockerfile", content: []byte("FROM a"), ignore: []byte("x")})
	for target, want := range map[string][]string{
		"/":                       {"Dockerfile", "Dockerfile.dockerignore"},
		"/Dockerfile":             {"Dockerfile"},
		"Dockerfile.dockerignore": {"Dockerfile.dockerignore"},
	} {
		var seen []string
		err := files.Walk(t.Context(), target, func(path string, _ fs.DirEntry, err error) error {
			seen = append(seen, path)
			return err
		})
		if diff := cmp.Diff(want, seen); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", target, err, diff)
		}
	}
}

type brokenFS struct{ fsutil.FS }

func (brokenFS) Open(string) (io.ReadCloser, error) {
	return nil, &fs.PathError{Op: "open", Path: "x", Err: fs.ErrPermission}
}

func (brokenFS) Walk(_ context.Context, _ string, each fs.WalkDirFunc) error {
	return each("folder", nil, fs.ErrPermission)
}

func TestWatchedFSFailsTheBuild(t *testing.T) {
	t.Parallel()
	var failure error
	watched := &watchedFS{brokenFS{}, "/context", func(err error) { failure = err }}
	if _, err := watched.Open("a/b"); err == nil || kindIn(failure) != protocol.ErrorKind_CONTEXT_UNREADABLE || !strings.Contains(failure.Error(), "/context/a/b") {
		t.Errorf("a file: %v, %v", err, failure)
	}
	failure = nil
	excluded := func(string, fs.DirEntry, error) error { return fs.SkipDir }
	if err := watched.Walk(t.Context(), "/", excluded); !errors.Is(err, fs.SkipDir) || failure != nil {
		t.Errorf("a folder that is excluded: %v, %v", err, failure)
	}
	passed := func(_ string, _ fs.DirEntry, err error) error { return err }
	if err := watched.Walk(t.Context(), "/", passed); err == nil || kindIn(failure) != protocol.ErrorKind_CONTEXT_UNREADABLE {
		t.Errorf("a folder: %v, %v", err, failure)
	}
}

func TestSecretsAndTheirMask(t *testing.T) {
	t.Parallel()
	root := write(t, map[string]string{"token": "from-file\nsecond-line\n", "big": strings.Repeat("x", 600_000)})
	secret := func(value string) *protocol.Secret {
		return &protocol.Secret{Source: &protocol.Secret_Value{Value: []byte(value)}}
	}
	file := func(name string) *protocol.Secret {
		return &protocol.Secret{Source: &protocol.Secret_Path{Path: filepath.Join(root, name)}}
	}
	secrets, err := readSecrets(map[string]*protocol.Secret{"a": secret("first"), "longer": secret("first-and-more"), "b": file("token"), "short": secret("abc")})
	if err != nil {
		t.Fatal(err)
	}
	m := newMask(secrets)
	got := m.text("first first-and-more from-file second-line abc")
	if want := "*** *** *** *** abc"; got != want {
		t.Errorf("masked: %q, want %q", got, want)
	}
	masked := m.failure(protocol.Errorf(protocol.ErrorKind_BUILD_STEP_FAILED, "it said first-and-more"))
	if kindIn(masked) != protocol.ErrorKind_BUILD_STEP_FAILED || masked.Error() != "it said ***" {
		t.Errorf("masked failure: %v", masked)
	}
	for name, bad := range map[string]*protocol.Secret{"missing": file("nope"), "empty": {}, "big": file("big"), "": secret("value")} {
		if _, err := readSecrets(map[string]*protocol.Secret{name: bad}); kindIn(err) != protocol.ErrorKind_INVALID_REQUEST {
			t.Errorf("secret %q: %v", name, err)
		}
	}
}

func TestExtraHosts(t *testing.T) {
	t.Parallel()
	got, err := extraHosts([]string{"a:1.2.3.4", "b=5.6.7.8", "c:::1", "d:[::2]"})
	if want := []string{"a=1.2.3.4", "b=5.6.7.8", "c=::1", "d=::2"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, %v", got, err)
	}
	for _, bad := range []string{"a", ":1.2.3.4", "a:nowhere", "a:host-gateway"} {
		if _, err := extraHosts([]string{bad}); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}
