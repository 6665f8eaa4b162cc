//go:build dind

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCeleryIsValidAndDemandsEachSecret asks compose itself about the file that
// no test brings up.
func TestCeleryIsValidAndDemandsEachSecret(t *testing.T) {
	root := filepath.Join("..", "..")
	example, err := os.ReadFile(filepath.Join(root, "deploy", ".env.example"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for line := range strings.Lines(string(example)) {
		if name, ok := strings.CutSuffix(strings.TrimSpace(line), "="); ok {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		t.Fatal(".env.example has no variable")
	}
	config := func(missing string) (string, error) {
		var lines strings.Builder
		for _, name := range names {
			if name != missing {
				lines.WriteString(name + "=x\n")
			}
		}
		file := filepath.Join(t.TempDir(), "env")
		if err := os.WriteFile(file, []byte(lines.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		return command(t.Context(), nil, filepath.Join(root, ".cache", "dind", "docker-compose"),
			"--file", filepath.Join(root, "deploy", "compose.celery.yaml"), "--env-file", file, "config", "--quiet")
	}
	if printed, err := config(""); err != nil || printed != "" {
		t.Errorf("with every secret: %v\n%s", err, printed)
	}
	for _, name := range names {
		if printed, err := config(name); err == nil || !strings.Contains(printed, name) || !strings.Contains(printed, "docs/deploy.md") {
			t.Errorf("without %s: %v\n%s", name, err, printed)
		}
	}
}
