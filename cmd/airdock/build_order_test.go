package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"
	"google.golang.org/protobuf/testing/protocmp"

	"airdock.dev/airdock/protocol"
)

func TestBasesOfADockerfile(t *testing.T) {
	t.Parallel()
	dockerfile := `# syntax=docker/dockerfile:1
ARG NAME=base
ARG TAG
ARG FULL=registry:5000/${NAME}:${TAG:-none}
FROM $FULL AS first
ARG NAME=other
FROM scratch
COPY --from=tools:2 /a /
COPY --from=first /b /
COPY --from=0 /c /
FROM --platform=linux/amd64 first AS second
RUN --mount=type=bind,from=mounted,target=/m true
FROM "${NAME}"
`
	got, err := basesOf([]byte(dockerfile), map[string]string{"TAG": "7"})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"registry:5000/base:7", "tools:2", "mounted", "base"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("bases (- want, + got):\n%s", diff)
	}
}

func imageFolders(t *testing.T, dockerfiles map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range dockerfiles {
		if err := os.MkdirAll(filepath.Join(root, name), 0o755); err != nil {
			t.Fatal(err)
		}
		if text == "" {
			continue
		}
		if err := os.WriteFile(filepath.Join(root, name, "Dockerfile"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestFindImages(t *testing.T) {
	t.Parallel()
	images, err := findImages(imageFolders(t, map[string]string{
		"base": "FROM bash\n", "notes": "",
		"middle": "ARG B=base\nFROM docker.io/library/$B:latest\n",
		"top":    "FROM base:other\nFROM middle\nCOPY --from=base /a /\n",
	}), nil)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string][]string{}
	for _, image := range images {
		got[image.name] = image.needs
	}
	want := map[string][]string{"base": nil, "middle": {"base"}, "top": {"base", "middle"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("images (- want, + got):\n%s", diff)
	}
}

func TestFindImagesRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		dockerfiles map[string]string
		word        string
	}{
		"a cycle":      {map[string]string{"a": "FROM b\n", "b": "FROM c\n", "c": "FROM a\n"}, "a <- b <- c <- a"},
		"itself":       {map[string]string{"bash": "FROM bash\n"}, "bash <- bash"},
		"nothing":      {map[string]string{"a": ""}, "no sub-folder"},
		"a bad name":   {map[string]string{"No Name": "FROM bash\n"}, "cannot give an image its name"},
		"a bad syntax": {map[string]string{"a": "FROM bash\nNOPE x\n"}, "Dockerfile"},
	} {
		if _, err := findImages(imageFolders(t, c.dockerfiles), nil); err == nil || !strings.Contains(err.Error(), c.word) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestReadSecret(t *testing.T) {
	t.Setenv("BUILD_TEST_TOKEN", "value")
	for text, want := range map[string]string{
		"id=a,env=BUILD_TEST_TOKEN":          "a value",
		"type=env,id=a,src=BUILD_TEST_TOKEN": "a value",
		"id=BUILD_TEST_TOKEN":                "BUILD_TEST_TOKEN value",
		"id=a,src=/b/c":                      "a /b/c",
		"type=file,id=a,source=/b/c":         "a /b/c",
		`id=a,"src=/b,c"`:                    "a /b,c",
	} {
		id, secret, err := readSecret(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := id + " " + string(secret.GetValue()) + secret.GetPath(); got != want {
			t.Errorf("%s is %q, want %q", text, got, want)
		}
	}
	for _, bad := range []string{"", "src=a", "id=a,env=BUILD_TEST_NOT_SET", "a"} {
		if _, _, err := readSecret(bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

func TestBuildFlagsBecomeARequest(t *testing.T) {
	t.Setenv("BUILD_TEST_HERE", "here")
	var flags buildFlags
	set := pflag.NewFlagSet("build", pflag.ContinueOnError)
	flags.register(set)
	err := set.Parse([]string{
		"-t", "a", "--tag", "b", "--build-arg", "X=1", "--build-arg", "BUILD_TEST_HERE", "--build-arg", "BUILD_TEST_NOT_SET",
		"--label", "l=v", "--cache-from", "c", "--cache-from", "type=registry,ref=d", "--cache-to", "type=inline", "--builder", "classic",
	})
	if err != nil {
		t.Fatal(err)
	}
	got, err := flags.request()
	if err != nil {
		t.Fatal(err)
	}
	want := &protocol.BuildRequest{
		Key: got.GetKey(), Tags: []string{"a", "b"}, BuildArgs: map[string]string{"X": "1", "BUILD_TEST_HERE": "here"},
		Labels: map[string]string{"l": "v"}, CacheFrom: []string{"c", "d"}, InlineCache: true, Builder: protocol.Builder_BUILDER_CLASSIC,
	}
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" || got.GetKey() == "" {
		t.Errorf("request (- want, + got):\n%s", diff)
	}
	for _, bad := range [][]string{{"--builder", "x"}, {"--cache-from", "type=gha,ref=a"}, {"--cache-to", "type=registry,ref=a"}, {"--secret", "x"}} {
		var flags buildFlags
		set := pflag.NewFlagSet("build", pflag.ContinueOnError)
		flags.register(set)
		if err := set.Parse(bad); err != nil {
			t.Fatal(err)
		}
		if _, err := flags.request(); err == nil {
			t.Errorf("%v is taken", bad)
		}
	}
}

func TestContextOfABuild(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ path, file, in, want string }{
		"folder":           {path: "/a", want: "folder:\"/a\""},
		"file":             {path: "/a", file: "/b/F", want: "folder:\"/a\" dockerfile_path:\"/b/F\""},
		"dockerfile on in": {path: "/a", file: "-", in: "FROM x", want: "folder:\"/a\" dockerfile_inline:\"FROM x\""},
		"all on in":        {path: "-", in: "FROM x", want: "dockerfile_inline:\"FROM x\""},
		"tar on in":        {path: "-", file: "in/F", in: "\x1f\x8bzip", want: "tar:"},
	} {
		request := &protocol.BuildRequest{}
		remove, err := addContext(request, c.path, c.file, strings.NewReader(c.in))
		if got := strings.ReplaceAll(request.String(), "  ", " "); err != nil || !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: %s, %v", name, got, err)
		}
		remove()
		if _, err := os.Stat(request.GetTar()); request.GetTar() != "" && err == nil {
			t.Errorf("%s: %s is left", name, request.GetTar())
		}
	}
	for _, bad := range []string{"https://example.org/x.git", "git@example.org:x"} {
		if _, err := addContext(&protocol.BuildRequest{}, bad, "", nil); err == nil {
			t.Errorf("%s is taken", bad)
		}
	}
}
