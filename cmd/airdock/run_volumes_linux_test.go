package main

import (
	"testing"

	"github.com/docker/docker/volume/mounts"
	"github.com/google/go-cmp/cmp"
)

// TestRunVolumesAsTheEngineReadsThem compares with the engine's own parser,
// which builds on Linux alone.
func TestRunVolumesAsTheEngineReadsThem(t *testing.T) {
	t.Parallel()
	refused := 0
	texts := []string{
		"", ":", "/", "/d", "d", "/d:ro", "v:/d", "v:d", "v:/", "v:/x/..", ":/d", "v:", "v:/d:", "v:/d:ro:x",
		"/s:/d", "./s:/d", "s/t:/d", "/s:/d:bogus", "v:/d:ro,rw", "/s:/d:shared,slave", "/s:/d:z,Z", "v:/d:,ro",
	}
	for option := range volumeOptions {
		texts = append(texts, "v:/d:"+option, "/s:/d:"+option, "/s:/d/:ro,"+option)
	}
	for _, text := range texts {
		got, err := volumeMount(text)
		point, theirs := mounts.NewLinuxParser().ParseMountRaw(text, "")
		if (err != nil) != (theirs != nil) {
			t.Errorf("%q: %v; the engine: %v", text, err, theirs)
		}
		if err != nil {
			refused++
		} else if diff := cmp.Diff(point.Spec, got); diff != "" {
			t.Errorf("%q (-engine +ours):\n%s", text, diff)
		}
	}
	if refused == 0 || refused == len(texts) {
		t.Errorf("%d of %d are refused", refused, len(texts))
	}
}
