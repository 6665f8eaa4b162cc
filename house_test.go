// Package airdock_test holds the house rules that a machine can check: who may
// import whom, and how long files and functions may be.
package airdock_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "airdock.dev/airdock"

// houseImports is the import table of the design. A folder stands for itself
// and what is below it; its own sub-packages it may always import.
var houseImports = []struct {
	folder string
	may    []string
}{
	{"protocol", nil},
	{"plugin", []string{"protocol"}},
	{"host", []string{"protocol"}},
	{"cmd/airdock-plugin", []string{"plugin"}},
	{"cmd/airdock-helper", []string{"plugin/volume/talk", "plugin/tree"}},
	{"cmd/airdock", []string{"host", "protocol"}},
	{"cmd/devengine", nil},
	{"e2e", []string{"protocol"}},
	{"bench", []string{"host", "protocol"}},
}

// forbidden packages may not be reached from a folder in any number of steps.
var forbidden = []struct{ folder, never, why string }{
	{"host", "github.com/docker/docker/client", "only the plugin speaks to an engine"},
	{"cmd/airdock", "github.com/docker/docker/client", "only the plugin speaks to an engine"},
	{"protocol", "github.com/docker/docker/client", "a host of the plugin needs no Docker library"},
	{"plugin", module + "/host", "a plugin that knew its host could serve no other"},
	{"cmd/airdock-plugin", module + "/host", "a plugin that knew its host could serve no other"},
	{"plugin", "github.com/spf13/cobra", "the plugin has no command line"},
	{"cmd/airdock-helper", "google.golang.org/protobuf/proto", "airdock-plugin carries the helper twice, so it has to be small"},
	{"bench", "github.com/docker/docker/client", "the floor is net/http alone, and the host is one of the plugin"},
	{"cmd/devengine", "google.golang.org/grpc", "the development engine is no part of the product"},
}

// engineClient is made in one package of the product alone, so that TLS,
// timeouts and error kinds are the same for every verb.
const (
	engineClient = "github.com/docker/docker/client"
	engineMaker  = module + "/plugin/engine"
)

type listed struct {
	ImportPath                string
	Dir                       string
	Imports, Deps             []string
	TestImports, XTestImports []string
}

func (p listed) folder() string { return strings.TrimPrefix(p.ImportPath, module+"/") }

func (p listed) direct() []string { return slices.Concat(p.Imports, p.TestImports, p.XTestImports) }

func within(path, folder string) bool { return path == folder || strings.HasPrefix(path, folder+"/") }

func ourPackages(t *testing.T) []listed {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Dir,Imports,Deps,TestImports,XTestImports", "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []listed
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		if p.ImportPath != module {
			all = append(all, p)
		}
	}
}

func TestImportsFollowTheTable(t *testing.T) {
	t.Parallel()
	for _, p := range ourPackages(t) {
		rule := slices.IndexFunc(houseImports, func(r struct {
			folder string
			may    []string
		}) bool {
			return within(p.folder(), r.folder)
		})
		if rule < 0 {
			t.Errorf("%s stands in no row of the import table", p.ImportPath)
			continue
		}
		may := append([]string{houseImports[rule].folder}, houseImports[rule].may...)
		for _, imported := range p.direct() {
			if path, ours := strings.CutPrefix(imported, module+"/"); ours &&
				!slices.ContainsFunc(may, func(folder string) bool { return within(path, folder) }) {
				t.Errorf("%s imports %s; it may import %v", p.ImportPath, imported, may)
			}
		}
	}
}

func TestImportsReachNothingForbidden(t *testing.T) {
	t.Parallel()
	packages := ourPackages(t)
	for _, rule := range forbidden {
		covered := 0
		for _, p := range packages {
			if !within(p.folder(), rule.folder) {
				continue
			}
			covered++
			if slices.Contains(p.Deps, rule.never) {
				t.Errorf("%s reaches %s: %s", p.ImportPath, rule.never, rule.why)
			}
		}
		if covered == 0 {
			t.Errorf("a rule is about the folder %s, which holds no package", rule.folder)
		}
	}
}

func TestImportsOneMakerOfEngineClients(t *testing.T) {
	t.Parallel()
	made := false
	for _, p := range ourPackages(t) {
		switch {
		case !slices.Contains(p.Imports, engineClient), within(p.folder(), "cmd/devengine"):
		case p.ImportPath == engineMaker:
			made = true
		default:
			t.Errorf("%s imports %s; only %s makes engine clients", p.ImportPath, engineClient, engineMaker)
		}
	}
	if !made {
		t.Errorf("%s does not import %s, so that this rule forbids nothing", engineMaker, engineClient)
	}
}

// TestImportsForbiddenExist keeps the rules from becoming void when a
// dependency is renamed.
func TestImportsForbiddenExist(t *testing.T) {
	t.Parallel()
	for _, rule := range forbidden {
		if out, err := exec.CommandContext(t.Context(), "go", "list", rule.never).CombinedOutput(); err != nil {
			t.Errorf("the forbidden package %s does not exist: %v\n%s", rule.never, err, out)
		}
	}
}
