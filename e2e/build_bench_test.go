package e2e_test

import (
	"crypto/rand"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	dockerbuild "github.com/docker/docker/api/types/build"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/client"
)

// BenchmarkBuildBesideBuildx times a first build, a rebuild with one file changed
// and an unchanged rebuild of 2,000 files and 200 MB, with airdock and buildx by
// turns, and reports medians and ratios. It empties the engine's build cache,
// which is why AIRDOCK_BENCH_PRUNE must allow it:
//
//	AIRDOCK_TEST_ENGINE=1 AIRDOCK_BENCH_PRUNE=1 go test -run '^$' -bench BesideBuildx -benchtime 5x ./e2e
func BenchmarkBuildBesideBuildx(b *testing.B) {
	if os.Getenv("AIRDOCK_TEST_ENGINE") == "" || os.Getenv("AIRDOCK_BENCH_PRUNE") == "" {
		b.Skip("AIRDOCK_TEST_ENGINE and AIRDOCK_BENCH_PRUNE are not set")
	}
	api, err := client.NewClientWithOpts(client.FromEnv, client.WithAPIVersionNegotiation())
	if err != nil {
		b.Fatal(err)
	}
	root := bigContext(b)
	names := []string{"airdock-bench-ours", "airdock-bench-buildx"}
	commands := [][]string{
		{"airdock", "build", "--progress", "plain", "-t", names[0], root},
		{"docker", "buildx", "build", "--progress", "plain", "-t", names[1], root},
	}
	stages := []string{"first", "changed", "unchanged"}
	var took [2][3][]float64
	round := 0
	for b.Loop() {
		for turn := range commands {
			who := (turn + round) % 2
			emptyEngine(b, api, names)
			change(b, root, 100_000)
			for stage := range stages {
				if stage == 1 {
					change(b, root, 1000)
				}
				began := time.Now()
				if out, err := exec.CommandContext(b.Context(), commands[who][0], commands[who][1:]...).CombinedOutput(); err != nil {
					b.Fatalf("%v: %v\n%s", commands[who], err, out)
				}
				took[who][stage] = append(took[who][stage], time.Since(began).Seconds())
			}
		}
		round++
	}
	emptyEngine(b, api, names)
	for stage, name := range stages {
		ours, theirs := median(took[0][stage]), median(took[1][stage])
		b.ReportMetric(ours, name+"-s")
		b.ReportMetric(theirs, name+"-buildx-s")
		b.ReportMetric(ours/theirs, name+"-ratio")
	}
}

func emptyEngine(b *testing.B, api *client.Client, names []string) {
	b.Helper()
	for _, name := range names {
		_, _ = api.ImageRemove(b.Context(), name, image.RemoveOptions{Force: true, PruneChildren: true})
	}
	if _, err := api.BuildCachePrune(b.Context(), dockerbuild.CachePruneOptions{All: true}); err != nil {
		b.Fatal(err)
	}
}

// change gives one file of the context new content.
func change(b *testing.B, root string, size int) {
	b.Helper()
	content := make([]byte, size)
	_, _ = rand.Read(content)
	if err := os.WriteFile(filepath.Join(root, "folder07", "file0007"), content, 0o644); err != nil {
		b.Fatal(err)
	}
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}
