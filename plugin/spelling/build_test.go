package spelling

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	"airdock.dev/airdock/protocol"
)

func spelledBuild(t *testing.T, request string) (*protocol.BuildRequest, error) {
	t.Helper()
	return Build(decoded(t, request, &protocol.BuildRequest{}))
}

func TestBuild(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for _, name := range []string{"a.tar", "b.TGZ", "c.tar.zst", "d.zip"} {
		if err := os.WriteFile(filepath.Join(folder, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(folder, "dir.tar"), 0o700); err != nil {
		t.Fatal(err)
	}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for given, want := range map[string]string{
		`{}`:                                 `{}`,
		`{"folder": "/f"}`:                   `{"folder": "/f"}`,
		`{"parameters": {"context": "DIR"}}`: `{"folder": "DIR"}`,
		`{"parameters": {"context": "DIR/x/../"}}`:                                                         `{"folder": "DIR"}`,
		`{"parameters": {"context": "rel"}}`:                                                               `{"folder": "HERE/rel"}`,
		`{"parameters": {"context": "DIR/a.tar"}}`:                                                         `{"tar": "DIR/a.tar"}`,
		`{"parameters": {"context": "DIR/b.TGZ"}}`:                                                         `{"tar": "DIR/b.TGZ"}`,
		`{"parameters": {"context": "DIR/c.tar.zst"}}`:                                                     `{"tar": "DIR/c.tar.zst"}`,
		`{"parameters": {"context": "DIR/d.zip"}}`:                                                         `{"folder": "DIR/d.zip"}`,
		`{"parameters": {"context": "DIR/dir.tar"}}`:                                                       `{"folder": "DIR/dir.tar"}`,
		`{"parameters": {"context": "DIR/no.tar"}}`:                                                        `{"folder": "DIR/no.tar"}`,
		`{"parameters": {"dockerfile": "D"}}`:                                                              `{"dockerfile_path": "D"}`,
		`{"parameters": {"dockerfile": "", "dockerfile_inline": "FROM a", "context": null}}`:               `{"dockerfile_inline": "FROM a"}`,
		`{"tar": "/t", "parameters": {"context": "/f", "dockerfile": "p"}, "dockerfile_inline": "FROM b"}`: `{"tar": "/t", "dockerfile_inline": "FROM b"}`,
		`{"folder": "/f", "parameters": {"tags": "one", "builder": "classic"}}`:                            `{"folder": "/f", "tags": ["one"], "builder": "BUILDER_CLASSIC"}`,
		`{"folder": "/f", "tags": ["two"], "labels": {"a": "2"}, "push_inactivity_timeout": "1s", "parameters": {
			"tags": ["one"], "labels": {"a": 1, "b": 1}, "push_inactivity_timeout": 2.5, "builder": "auto"}}`: `{
			"folder": "/f", "tags": ["one", "two"], "labels": {"a": "2", "b": "1"}, "push_inactivity_timeout": "1s"}`,
		`{"folder": "/f", "parameters": {"build_args": {"A": 1, "B": null, "C": true, "D": ""}, "labels": ["l"], "target": "t", "platform": "linux/amd64",
			"no_cache": true, "pull": true, "cache_from": "c", "inline_cache": true, "network_mode": "host", "extra_hosts": {"b": 2, "a": "1"},
			"shm_size": 8, "push": true, "push_inactivity_timeout": 60, "builder": "buildkit", "tags": null}}`: `{
			"folder": "/f", "build_args": {"A": "1", "C": "True", "D": ""}, "labels": {"l": ""}, "target": "t", "platform": "linux/amd64",
			"no_cache": true, "pull": true, "cache_from": ["c"], "inline_cache": true, "network_mode": "host", "extra_hosts": ["a:1", "b:2"],
			"shm_size": "8", "push": true, "push_inactivity_timeout": "60s", "builder": "BUILDER_BUILDKIT"}`,
	} {
		places := strings.NewReplacer("DIR", folder, "HERE", here)
		got, err := spelledBuild(t, places.Replace(given))
		if err != nil {
			t.Errorf("%s: %v", given, err)
		} else if diff := cmp.Diff(decoded(t, places.Replace(want), &protocol.BuildRequest{}), got, protocmp.Transform()); diff != "" {
			t.Errorf("%s:\n%s", given, diff)
		}
	}
}

func TestBuildRefuses(t *testing.T) {
	t.Parallel()
	for parameters, words := range map[string][]string{
		`{}`:                                  {"neither a context nor a Dockerfile", "dockerfile_inline"},
		`{"context": "", "dockerfile": null}`: {"neither a context nor a Dockerfile"},
		`{"dockerfile": "a", "dockerfile_inline": "FROM b"}`: {"give one of them"},
		`{"context": "/f", "builder": "buildx"}`:             {"builder", `"buildx"`, "auto, buildkit, classic"},
		`{"context": "/f", "secrets": {"a": "hidden"}}`:      {`"secrets"`},
		`{"context": "/f", "image": "x"}`:                    {`"image"`},
		`{"context": ["/f"]}`:                                {"context", "text"},
		`{"context": "/f", "no_cache": "no"}`:                {"no_cache", "true or false"},
		`{"context": "/f", "tags": {"a": 1}}`:                {"tags", "a list of texts"},
		`{"context": "/f", "build_args": ["A=1"]}`:           {"build_args", "an object"},
		`{"context": "/f", "build_args": {"A": ["hidden"]}}`: {"build_args", "the value of A"},
		`{"context": "/f", "push_inactivity_timeout": "5m"}`: {"push_inactivity_timeout", "seconds"},
		`{"context": "/f", "shm_size": false}`:               {"shm_size", "64m"},
	} {
		_, err := spelledBuild(t, `{"parameters": `+parameters+`}`)
		wantInvalid(t, parameters, err, words...)
	}
}
