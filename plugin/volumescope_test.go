package plugin

import (
	"maps"
	"strings"
	"testing"

	"airdock.dev/airdock/protocol"
)

func ofRun(name, dag, run string) *protocol.Volume {
	return &protocol.Volume{
		Name: name, Scope: protocol.VolumeScope_VOLUME_SCOPE_DAG_RUN,
		Origin: map[string]string{"dag-id": dag, "run-id": run, "task-id": "t"},
	}
}

func TestScopedVolumeIsNamedAndLabelled(t *testing.T) {
	t.Parallel()
	name, labels, err := engineVolume(ofRun("data", "etl", "manual__2026-01-02T03:04:05+00:00"))
	if err != nil {
		t.Fatal(err)
	}
	// The name is that of volumes that are there: another one loses their data.
	if want := "airdock-etl-data-df628706c36c"; name != want {
		t.Errorf("name %s, want %s", name, want)
	}
	want := map[string]string{
		"dev.airdock.volume-scope": "dag_run", "dev.airdock.volume": "data",
		"dev.airdock.dag-id": "etl", "dev.airdock.run-id": "manual__2026-01-02T03:04:05+00:00",
	}
	if !maps.Equal(labels, want) {
		t.Errorf("labels %v", labels)
	}
	if name, labels, err := engineVolume(named("data")); name != "data" || labels != nil || err != nil {
		t.Errorf("without a scope: %s, %v, %v", name, labels, err)
	}
}

func TestScopedVolumesShareNoName(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 200)
	seen := map[string]*protocol.Volume{}
	for _, v := range []*protocol.Volume{
		ofRun("data", "a", "b"), ofRun("data", "a", "c"), ofRun("other", "a", "b"), ofRun("data", "a-b", "c"),
		ofRun("b-data", "a", "c"), ofRun("data", "a/b", "c"), ofRun("data", "a b", "c"), ofRun("data", "größe", "c"),
		ofRun("data", "a", `b","c`), ofRun(long+"1", long, "c"), ofRun(long+"2", long, "c"), ofRun(long+"1", long+"3", "c"),
	} {
		name, _, err := engineVolume(v)
		if err != nil || !validVolume(name) || len(name) > 128 {
			t.Errorf("%v: %s, %v", v, name, err)
		}
		if other := seen[name]; other != nil {
			t.Errorf("%v and %v share the name %s", v, other, name)
		}
		seen[name] = v
	}
}

func TestScopedVolumeNeedsItsRun(t *testing.T) {
	t.Parallel()
	for _, v := range []*protocol.Volume{ofRun("data", "", "b"), ofRun("data", "a", ""), ofRun("", "a", "b"), ofRun("a/b", "a", "b"), {Name: "x", Scope: 7}} {
		_, _, err := engineVolume(v)
		wantKind(t, err, protocol.ErrorKind_INVALID_REQUEST)
	}
}
