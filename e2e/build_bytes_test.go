package e2e_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"airdock.dev/airdock/protocol"
)

// bigContext has 2,000 files and 200 MB that nothing can compress.
func bigContext(t testing.TB) string {
	t.Helper()
	root := t.TempDir()
	source := rand.NewChaCha8([32]byte{1})
	content := make([]byte, 100_000)
	for i := range 2000 {
		_, _ = source.Read(content)
		path := filepath.Join(root, fmt.Sprintf("folder%02d", i%40), fmt.Sprintf("file%04d", i))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(root, "Dockerfile"), []byte("FROM bash\nCOPY . /context\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	return root
}

// TestBuildSendsWhatChanged counts at the socket, TLS and all.
func TestBuildSendsWhatChanged(t *testing.T) {
	api := buildEngine(t)
	root := bigContext(t)
	tag := imageName(t, api, "image")
	proxy, flags := newEngineProxy(t)
	send := func(what string) (int64, *protocol.BuildResult) {
		before := proxy.up.Load()
		answer := build(t, &protocol.BuildRequest{Context: folder(root), Tags: []string{tag}}, flags...)
		result := answer.final.GetBuildResult()
		if result == nil {
			t.Fatalf("%s: %s", what, answer.text)
		}
		sent := proxy.up.Load() - before
		t.Logf("%s: %d bytes at the socket, %d by our own count, %d cached and %d built steps", what, sent, result.GetContextBytes(), result.GetStepsCached(), result.GetStepsBuilt())
		if ratio := float64(sent) / float64(result.GetContextBytes()); ratio < 1 || (ratio > 1.1 && sent > 1<<20) {
			t.Errorf("%s: %d bytes were sent and context_bytes says %d", what, sent, result.GetContextBytes())
		}
		return sent, result
	}
	const size = 200_000_000
	if sent, _ := send("first build"); sent < size {
		t.Errorf("a first build of %d bytes sends %d", size, sent)
	}
	changed := make([]byte, 1000)
	if err := os.WriteFile(filepath.Join(root, "folder07", "file0007"), changed, 0o644); err != nil {
		t.Fatal(err)
	}
	if sent, result := send("one file changed"); sent > size/500 || result.GetStepsBuilt() != 1 {
		t.Errorf("a rebuild sends %d bytes, over 0.2 %% of the context", sent)
	}
	if sent, result := send("unchanged"); sent > size/500 || result.GetStepsCached() != 1 {
		t.Errorf("an unchanged rebuild sends %d bytes, %d steps cached", sent, result.GetStepsCached())
	}
}
