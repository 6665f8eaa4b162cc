package spelling

import (
	"maps"
	"slices"
	"strings"

	"google.golang.org/protobuf/types/known/structpb"
)

const (
	temporaryVariable = "AIRFLOW_TMP_DIR"
	temporaryDefault  = "/tmp/airflow"
)

// variables is an environment in the order in which it was said.
type variables struct {
	names []string
	// values has nil for a name alone.
	values map[string]*string
}

func (v *variables) set(name string, value *string) {
	if v.values == nil {
		v.values = map[string]*string{}
	}
	if _, there := v.values[name]; !there {
		v.names = append(v.names, name)
	}
	v.values[name] = value
}

func (v *variables) remove(name string) {
	if _, there := v.values[name]; there {
		delete(v.values, name)
		v.names = slices.DeleteFunc(v.names, func(other string) bool { return other == name })
	}
}

// lines spells NAME=VALUE, or NAME alone.
func (v *variables) lines() []string {
	var lines []string
	for _, name := range v.names {
		if value := v.values[name]; value != nil {
			lines = append(lines, name+"="+*value)
			continue
		}
		lines = append(lines, name)
	}
	return lines
}

var variableSpelling = spelling[*variables]{"an object of names and values, or a list of NAME=VALUE", variablesOf}

// variablesOf takes null as a value for a name alone. Its errors show no value.
func variablesOf(value any) (*variables, error) {
	read := &variables{}
	if list, isList := value.([]any); isList {
		lines, err := wordsOf(list)
		for _, line := range lines {
			name, rest, hasValue := strings.Cut(line, "=")
			if !hasValue {
				read.set(name, nil)
				continue
			}
			read.set(name, &rest)
		}
		return read, err
	}
	given, err := as[map[string]any](value)
	if err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if given[name] == nil {
			read.set(name, nil)
			continue
		}
		written, err := member(name, given[name])
		if err != nil {
			return nil, err
		}
		read.set(name, &written)
	}
	return read, nil
}

// environment returns the variables that may be shown, and those that may not. A
// name in both is one of the latter.
func environment(p *parameters, temporary *folder) (open, private []string) {
	file := text.read(p, "env_file")
	merged := readEnvFile(file, texts.read(p, "env_file_variables"))
	if given := variableSpelling.read(p, "environment"); given != nil {
		if temporary.asked {
			given.remove(temporaryVariable)
		}
		for _, name := range given.names {
			merged.set(name, given.values[name])
		}
	}
	if temporary.wanted {
		merged.set(temporaryVariable, &temporary.path)
	}
	if hidden := variableSpelling.read(p, "private_environment"); hidden != nil {
		private = hidden.lines()
		for _, name := range hidden.names {
			merged.remove(name)
		}
	}
	return merged.lines(), private
}

// folder is the temporary one of a container.
type folder struct {
	// asked says that it was said whether there is one.
	asked, wanted bool
	path          string
	// source is a folder of the engine's machine. Empty: a volume without a name,
	// which goes with its container.
	source string
}

func temporaryFolder(p *parameters) *folder {
	f := &folder{asked: p.given["mount_tmp_dir"] != nil, path: temporaryDefault}
	f.wanted = flag.read(p, "mount_tmp_dir")
	if path := text.read(p, "tmp_dir"); path != "" {
		f.path = path
	}
	f.source = text.read(p, "host_tmp_dir")
	return f
}

func (f *folder) mounts() []*structpb.Struct {
	if !f.wanted {
		return nil
	}
	fields := map[string]*structpb.Value{"Type": structpb.NewStringValue("volume"), "Target": structpb.NewStringValue(f.path)}
	if f.source != "" {
		fields["Type"], fields["Source"] = structpb.NewStringValue("bind"), structpb.NewStringValue(f.source)
	}
	return []*structpb.Struct{{Fields: fields}}
}
