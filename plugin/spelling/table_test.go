package spelling

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/BurntSushi/toml"
	"github.com/google/go-cmp/cmp"

	"airdock.dev/airdock/protocol"
)

// table is a file of protocol/parameters; its README.md says what the keys mean.
type table struct {
	Parameters map[string]struct{ Task, Private bool }
}

func readTable(t *testing.T, name string) table {
	t.Helper()
	var read table
	if _, err := toml.DecodeFile(filepath.Join("../../protocol/parameters", name+".toml"), &read); err != nil {
		t.Fatal(err)
	}
	return read
}

// sent are the parameters that the shim gives to the plugin.
func sent(t *testing.T, files ...string) []string {
	t.Helper()
	var names []string
	for _, file := range files {
		for name, parameter := range readTable(t, file).Parameters {
			if !parameter.Task {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return names
}

// TestTableRunParameters compares what DockerOperator has with what is read here,
// which are also names of the protocol and what only another host may say.
func TestTableRunParameters(t *testing.T) {
	t.Parallel()
	p := &parameters{given: map[string]any{}}
	runRequest(p)
	onlyHere := []string{
		"cpu_shares", "env_file_variables", "log_driver", "log_options",
		"memory", "memory_reservation", "memory_swap", "name", "ports",
	}
	operators := slices.DeleteFunc(sent(t, "options", "run"), func(name string) bool {
		return name == "secret_files" // files of the request
	})
	expected := slices.Sorted(slices.Values(append(operators, onlyHere...)))
	if diff := cmp.Diff(slices.Sorted(slices.Values(p.names)), expected); diff != "" {
		t.Errorf("read here (-) and in protocol/parameters (+):\n%s", diff)
	}
}

func TestTableBuildParameters(t *testing.T) {
	t.Parallel()
	p := &parameters{given: map[string]any{}}
	buildRequest(p)
	operators := slices.DeleteFunc(sent(t, "build"), func(name string) bool {
		return name == "secrets" // a field of the request
	})
	if diff := cmp.Diff(slices.Sorted(slices.Values(p.names)), operators); diff != "" {
		t.Errorf("read here (-) and in protocol/parameters (+):\n%s", diff)
	}
}

func TestTableMount(t *testing.T) {
	t.Parallel()
	if diff := cmp.Diff(slices.Sorted(maps.Keys(mountPlaces)), sent(t, "mount")); diff != "" {
		t.Errorf("read here (-) and in protocol/parameters (+):\n%s", diff)
	}
}

// TestTableHosting keeps the list of docs/hosting.md whole.
func TestTableHosting(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/hosting.md")
	if err != nil {
		t.Fatal(err)
	}
	p := &parameters{given: map[string]any{}}
	runRequest(p)
	buildRequest(p)
	readEngine(p, &protocol.Engine{})
	setChecks(p, &protocol.Engine{})
	for _, name := range p.names {
		if !regexp.MustCompile("`" + name + "`").Match(page) {
			t.Errorf("docs/hosting.md does not name %s", name)
		}
	}
}
