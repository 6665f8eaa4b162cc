//go:build devengine

package main

import (
	"os"
	"path/filepath"
	"testing"
)

// TestUpBuildsTheImagesOfAFolder has one image built from the other.
func TestUpBuildsTheImagesOfAFolder(t *testing.T) {
	images := t.TempDir()
	t.Setenv("PATH", programs(t)+string(os.PathListSeparator)+os.Getenv("PATH"))
	for name, dockerfile := range map[string]string{
		"devengine-base": "FROM bash\nRUN echo base > /base\n",
		"devengine-app":  "FROM devengine-base\nRUN cat /base\n",
	} {
		if err := os.Mkdir(filepath.Join(images, name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(images, name, "Dockerfile"), []byte(dockerfile), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p := newPlace(t)
	p.up("--mode", "native", "--images", images)
	if got := output(t, p.api(), "devengine-app", "cat", "/base"); got != "base\n" {
		t.Errorf("the image that was built last printed %q", got)
	}
}
