package main

import (
	"bytes"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

var referenceFile = flag.String("reference", "", "the file that TestReference writes the reference of the command line to")

// TestReference writes the reference of the command line: cobra's own pages, one
// below the other. scripts/docs.sh runs it for the site. It is a test because the
// program that is shipped should not carry the generator.
func TestReference(t *testing.T) {
	t.Setenv("DOCKER_API_VERSION", "") // a flag's default
	root := (&app{}).root()
	root.InitDefaultHelpCmd()
	root.DisableAutoGenTag = true
	var page bytes.Buffer
	var write func(*cobra.Command)
	write = func(command *cobra.Command) {
		if command.Short == "" {
			t.Errorf("%s has no short description", command.CommandPath())
		}
		if err := doc.GenMarkdownCustom(command, &page, anchor); err != nil {
			t.Fatal(err)
		}
		for _, inner := range command.Commands() {
			if inner.IsAvailableCommand() {
				write(inner)
			}
		}
	}
	write(root)
	if strings.Contains(page.String(), ".md") {
		t.Error("a link leads to a page of its own, which there is not")
	}
	if *referenceFile != "" {
		if err := os.WriteFile(*referenceFile, page.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// anchor is the place on the one page: #airdock-run for cobra's airdock_run.md.
func anchor(name string) string {
	return "#" + strings.ReplaceAll(strings.TrimSuffix(name, ".md"), "_", "-")
}
