package airdock_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const (
	maxFileLines     = 300
	maxFunctionLines = 60
)

// vagueNames are packages that say nothing of what they hold.
var vagueNames = []string{"util", "utils", "helper", "helpers", "common", "misc", "shared"}

type goFile struct {
	path   string
	lines  int
	test   bool
	syntax *ast.File
	set    *token.FileSet
}

func (f goFile) line(pos token.Pos) int { return f.set.Position(pos).Line }

// ourFiles parses every Go file of the module that a person writes.
func ourFiles(t *testing.T) []goFile {
	t.Helper()
	var files []goFile
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := entry.Name()
		if entry.IsDir() {
			if path != "." && (strings.HasPrefix(name, ".") || name == "testdata" || name == "node_modules") {
				return filepath.SkipDir
			}
			return nil
		}
		if filepath.Ext(name) != ".go" {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		set := token.NewFileSet()
		syntax, err := parser.ParseFile(set, path, text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		if !ast.IsGenerated(syntax) {
			files = append(files, goFile{path, bytes.Count(text, []byte("\n")), strings.HasSuffix(name, "_test.go"), syntax, set})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Fatal("no Go file was found")
	}
	return files
}

func TestFilesAreShort(t *testing.T) {
	t.Parallel()
	for _, f := range ourFiles(t) {
		if f.lines > maxFileLines {
			t.Errorf("%s has %d lines; at most %d", f.path, f.lines, maxFileLines)
		}
	}
}

func TestFunctionsAreShort(t *testing.T) {
	t.Parallel()
	for _, f := range ourFiles(t) {
		for _, declaration := range f.syntax.Decls {
			function, ok := declaration.(*ast.FuncDecl)
			if !ok {
				continue
			}
			if n := f.line(function.End()) - f.line(function.Pos()) + 1; n > maxFunctionLines {
				t.Errorf("%s:%d: %s has %d lines; at most %d", f.path, f.line(function.Pos()), function.Name.Name, n, maxFunctionLines)
			}
		}
	}
}

func TestPackagesSayWhatTheyHold(t *testing.T) {
	t.Parallel()
	for _, f := range ourFiles(t) {
		for _, name := range []string{f.syntax.Name.Name, filepath.Base(filepath.Dir(f.path))} {
			if slices.Contains(vagueNames, strings.TrimSuffix(name, "_test")) {
				t.Errorf("%s: no package may be called %s", f.path, name)
			}
		}
	}
}

// TestFilesNeitherSleepNorInit: a sleep ignores its context in the product and
// guesses a state in a test; an init runs in programs that did not ask for it.
func TestFilesNeitherSleepNorInit(t *testing.T) {
	t.Parallel()
	for _, f := range ourFiles(t) {
		ast.Inspect(f.syntax, func(node ast.Node) bool {
			switch n := node.(type) {
			case *ast.SelectorExpr:
				if from, ok := n.X.(*ast.Ident); ok && from.Name == "time" && n.Sel.Name == "Sleep" {
					t.Errorf("%s:%d: time.Sleep; wait for the state itself, with a deadline", f.path, f.line(n.Pos()))
				}
			case *ast.FuncDecl:
				if n.Recv == nil && n.Name.Name == "init" {
					t.Errorf("%s:%d: init", f.path, f.line(n.Pos()))
				}
			}
			return true
		})
	}
}
