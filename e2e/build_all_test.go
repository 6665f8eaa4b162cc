package e2e_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"airdock.dev/airdock/protocol"
)

// TestBuildAllFollowsTheFromLines builds images that are made from each other
// and from a base that only this order provides.
func TestBuildAllFollowsTheFromLines(t *testing.T) {
	api := buildEngine(t)
	top, middle, base := imageName(t, api, "a-top"), imageName(t, api, "b-middle"), imageName(t, api, "c-base")
	root := files(t, map[string]string{
		top + "/Dockerfile":    "FROM busybox AS unused\nFROM " + middle + "\nCOPY --from=" + base + " /base /from-base\n",
		middle + "/Dockerfile": "ARG BASE=" + base + "\nFROM docker.io/library/$BASE:latest\nCOPY f.txt /middle\n",
		middle + "/f.txt":      "middle\n",
		base + "/Dockerfile":   "FROM bash\nRUN echo base > /base\n",
		"no-image/README":      "a folder without a Dockerfile",
	})
	result := airdock(t, "", "build", "--all", "-q", root)
	if lines := strings.Fields(result.stdout); result.code != 0 || len(lines) != 6 ||
		!slices.IsSortedFunc([]string{base, middle, top}, func(a, b string) int { return slices.Index(lines, a) - slices.Index(lines, b) }) {
		t.Fatalf("code %d\n%s%s", result.code, result.stdout, result.stderr)
	}
	if ran := airdock(t, "", "run", "--rm", top, "cat", "/base", "/middle", "/from-base"); ran.stdout != "base\nmiddle\nbase\n" {
		t.Errorf("the last image holds %q: %s", ran.stdout, ran.stderr)
	}
	again := airdock(t, "", "build", "--all", root)
	if again.code != 0 || strings.Count(again.stderr, "1 of 1 steps cached") != 3 {
		t.Errorf("a second time: %s", again.stderr)
	}

	if err := os.WriteFile(filepath.Join(root, base, "Dockerfile"), []byte("FROM bash\nRUN exit 4\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	failed := airdock(t, "", "build", "--all", "-q", root)
	for _, want := range []string{base + ": the step [2/2] RUN exit 4 failed", middle + ": not built, because " + base, top + ": not built, because"} {
		if failed.code != 1 || !strings.Contains(failed.stderr, want) {
			t.Errorf("code %d, without %q: %s", failed.code, want, failed.stderr)
		}
	}
}

func TestImagesAreTaggedInspectedAndRemoved(t *testing.T) {
	api := buildEngine(t)
	first, second := imageName(t, api, "first"), imageName(t, api, "second")
	iid := filepath.Join(t.TempDir(), "iid")
	if result := airdock(t, "FROM bash\nLABEL a=b\n", "build", "-q", "-t", first, "--iidfile", iid, "-"); result.code != 0 {
		t.Fatal(result.stderr)
	}
	if result := airdock(t, "", "image", "tag", first, second); result.code != 0 {
		t.Fatal(result.stderr)
	}
	id, err := os.ReadFile(iid)
	if err != nil {
		t.Fatal(err)
	}
	inspect := func(name string) called {
		return call(t, &protocol.Call{Operation: &protocol.Call_ImageInspect{ImageInspect: &protocol.ImageInspectRequest{Image: name}}})
	}
	info := inspect(second).final.GetImageInfo()
	if info.GetId() != string(id) || info.GetLabels()["a"] != "b" || !slices.Contains(info.GetTags(), first+":latest") {
		t.Errorf("inspected: %v, built %s", info, id)
	}
	if removed := airdock(t, "", "image", "rm", first); removed.code != 0 || strings.Contains(removed.stdout, "Deleted") {
		t.Errorf("an image with another name goes: %s%s", removed.stdout, removed.stderr)
	}
	if removed := airdock(t, "", "image", "rm", second); removed.code != 0 || !strings.Contains(removed.stdout, "Deleted: "+string(id)) {
		t.Errorf("an image without a name stays: %s%s", removed.stdout, removed.stderr)
	}
	if gone := inspect(second); gone.kind() != protocol.ErrorKind_IMAGE_NOT_FOUND {
		t.Errorf("after the removal: %s", gone.text)
	}
	missing := call(t, &protocol.Call{Operation: &protocol.Call_Pull{Pull: &protocol.PullRequest{Image: "127.0.0.1:9/no/image"}}})
	if missing.kind() != protocol.ErrorKind_REGISTRY_UNREACHABLE {
		t.Errorf("pull: %s", missing.text)
	}
}
