package plugin

import (
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"airdock.dev/airdock/protocol"
)

// engineName is what an engine takes as a container's name (moby's
// daemon/names).
var engineName = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9_.-]+$`)

func TestNameOf(t *testing.T) {
	t.Parallel()
	const suffix = "-7d5b1ad3b7e9" // of the key k1
	for name, c := range map[string]struct {
		given  string
		origin map[string]string
		want   string
	}{
		"as asked for":           {"my-box", map[string]string{"dag-id": "d", "task-id": "t"}, "my-box"},
		"without origin":         {"", nil, "airdock"},
		"from dag and task":      {"", map[string]string{"dag-id": "etl", "task-id": "load"}, "etl-load"},
		"strange characters":     {"", map[string]string{"dag-id": "étl / 1", "task-id": "lo ad"}, "tl-1-lo-ad"},
		"nothing that is usable": {"", map[string]string{"dag-id": "日本", "task-id": "語"}, "airdock"},
		"begins with a dot":      {"", map[string]string{"dag-id": "._x", "task-id": "t"}, "x-t"},
		"very long":              {"", map[string]string{"dag-id": strings.Repeat("d", 250), "task-id": "t"}, strings.Repeat("d", 100)},
	} {
		spec := &protocol.RunRequest{Key: "k1", Origin: c.origin, Container: &protocol.Container{Name: c.given}}
		got := nameOf(spec)
		if want := c.want; got != want && got[:len(got)-len(suffix)] != want {
			t.Errorf("%s: %q, want %q and a suffix", name, got, want)
		}
		if !engineName.MatchString(got) {
			t.Errorf("%s: no engine takes the name %q", name, got)
		}
		if again := nameOf(spec); again != got {
			t.Errorf("%s: %q, then %q", name, got, again)
		}
		spec.Key = "k2"
		if other := nameOf(spec); c.given == "" && other == got {
			t.Errorf("%s: another run has the same name", name)
		}
	}
}

func TestLabelsOf(t *testing.T) {
	t.Parallel()
	given := map[string]string{"team": "data", "dev.airdock.key": "forged", "dev.airdock.dag-id": "forged"}
	got := labelsOf(&protocol.RunRequest{
		Key:       "k1",
		Origin:    map[string]string{"dag-id": "etl", "try-number": "2"},
		Container: &protocol.Container{Labels: given},
	})
	want := map[string]string{"team": "data", "dev.airdock.key": "k1", "dev.airdock.dag-id": "etl", "dev.airdock.try-number": "2"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if given["dev.airdock.key"] != "forged" {
		t.Error("the request was changed")
	}
}

func TestValidKey(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]bool{
		"k": true, "cli-abc_1.2": true, strings.Repeat("k", 128): true,
		"": false, "-k": false, ".k": false, "a b": false, "a\n": false, "a=b": false, "ä": false, strings.Repeat("k", 129): false,
	} {
		if got := validKey(key); got != want {
			t.Errorf("%q: valid %v, want %v", key, got, want)
		}
	}
}

func TestNormalImage(t *testing.T) {
	t.Parallel()
	digest := "sha256:" + strings.Repeat("a", 64)
	for image, want := range map[string]string{
		"bash": "bash:latest", "bash:5": "bash:5", "library/bash": "bash:latest",
		"localhost:5000/x/y": "localhost:5000/x/y:latest", "bash@" + digest: "bash@" + digest, "bash:5@" + digest: "bash:5@" + digest,
		strings.Repeat("b", 64): strings.Repeat("b", 64), digest: digest,
	} {
		if got, err := normalImage(image); err != nil || got != want {
			t.Errorf("%q becomes %q, %v; want %q", image, got, err, want)
		}
	}
	for _, image := range []string{"", "Bash", "bash:", "bash:la test", ":latest", "bash@sha256:short", "-x", "http://bash"} {
		got, err := normalImage(image)
		if err == nil {
			t.Errorf("%q is taken for %q", image, got)
			continue
		}
		wantKind(t, err, protocol.ErrorKind_INVALID_REQUEST)
	}
}
