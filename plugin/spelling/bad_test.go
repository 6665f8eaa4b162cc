package spelling

import (
	"errors"
	"math"
	"strings"
	"testing"

	"google.golang.org/protobuf/types/known/structpb"

	"airdock.dev/airdock/protocol"
)

// wantInvalid: the error is one of the request, and says each of the words.
func wantInvalid(t *testing.T, what string, err error, words ...string) {
	t.Helper()
	var failure *protocol.Failure
	if !errors.As(err, &failure) || failure.Kind != protocol.ErrorKind_INVALID_REQUEST {
		t.Errorf("%s: want an INVALID_REQUEST, got %v", what, err)
		return
	}
	for _, word := range words {
		if !strings.Contains(failure.Message, word) {
			t.Errorf("%s: %q is not in %q", what, word, failure.Message)
		}
	}
	if strings.Contains(failure.Message, "hidden") {
		t.Errorf("%s: the message shows a value: %s", what, failure.Message)
	}
}

func wantRefused(t *testing.T, rows map[string][]string) {
	t.Helper()
	for parameters, words := range rows {
		_, err := spelledRun(t, parameters)
		wantInvalid(t, parameters, err, words...)
	}
}

func TestRunRefuses(t *testing.T) {
	t.Parallel()
	wantRefused(t, map[string][]string{
		`{"no_such": 1}`:                        {`"no_such"`, "docs/hosting.md"},
		`{"no_such": null}`:                     {`"no_such"`},
		`{"": 1}`:                               {`""`},
		`{"Image": "bash"}`:                     {`"Image"`},
		`{"secrets": {"a": "hidden"}}`:          {`"secrets"`},
		`{"image": 1}`:                          {"image", "text", "a number"},
		`{"image": ["bash"]}`:                   {"image", "text", "a list with text"},
		`{"name": "a", "container_name": "b"}`:  {"container_name and name"},
		`{"memory": 1, "mem_limit": 1}`:         {"mem_limit and memory"},
		`{"ports": ["1"], "port_bindings": {}}`: {"port_bindings and ports"},
		`{"command": "ls -al"}`:                 {"command", "a list of words", "text"},
		`{"command": ["sleep", 5]}`:             {"command", "a list of words", "a number and text"},
		`{"entrypoint": ""}`:                    {"entrypoint", "a list of words"},
		`{"user": true}`:                        {"user", "text or a number", "true or false"},
		`{"tty": "yes"}`:                        {"tty", "true or false", "text"},
		`{"privileged": 1}`:                     {"privileged", "true or false"},
		`{"init": "no"}`:                        {"init", "true or false"},
		`{"mount_tmp_dir": "no"}`:               {"mount_tmp_dir", "true or false"},
		`{"mem_limit": true}`:                   {"mem_limit", "64m", "true or false"},
		`{"mem_limit": [1]}`:                    {"mem_limit", "64m"},
		`{"mem_limit": 1e300}`:                  {"mem_limit", "give it as text"},
		`{"pids_limit": "many"}`:                {"pids_limit", "a whole number"},
		`{"pids_limit": 1.5}`:                   {"pids_limit", "a whole number"},
		`{"nano_cpus": 9007199254740993}`:       {"nano_cpus", "give it as text"},
		`{"cpus": "1.0"}`:                       {"cpus", "a number"},
		`{"run_timeout": "5s"}`:                 {"run_timeout", "a number of seconds"},
		`{"run_timeout": 1e300}`:                {"run_timeout", "leave it out"},
		`{"auto_remove": "always"}`:             {"auto_remove", `"always"`, "force, never, success"},
		`{"auto_remove": true}`:                 {"auto_remove", "force, never, success"},
		`{"auto_remove": ""}`:                   {"auto_remove", "force, never, success"},
		`{"image_pull_policy": "often"}`:        {"image_pull_policy", "always, missing, never"},
		`{"on_kill_action": "delete"}`:          {"on_kill_action", "keep_container"},
		`{"volume_scope": "task"}`:              {"volume_scope", "dag_run"},
	})
}

func TestRunRefusesListsAndObjects(t *testing.T) {
	t.Parallel()
	wantRefused(t, map[string][]string{
		`{"cap_add": {"a": 1}}`:                             {"cap_add", "a list of texts", "an object"},
		`{"cap_add": [["a"]]}`:                              {"cap_add", "a list with a list with text"},
		`{"dns": [true]}`:                                   {"dns", "a list with true or false"},
		`{"labels": "a"}`:                                   {"labels", "an object of texts, or a list of names"},
		`{"labels": {"a": ["hidden"]}}`:                     {"labels", "the value of a", "a list with text"},
		`{"labels": [1]}`:                                   {"labels", "a list with a number"},
		`{"extra_hosts": "a:1"}`:                            {"extra_hosts", "NAME:IP"},
		`{"tmpfs": "/t"}`:                                   {"tmpfs", "PATH[:OPTIONS]"},
		`{"tmpfs": {"/t": ["x"]}}`:                          {"tmpfs", "/t"},
		`{"devices": "/dev/null"}`:                          {"devices", "HOST_PATH"},
		`{"devices": [{"PathInContainer": "/x"}]}`:          {"devices", "PathOnHost"},
		`{"devices": [3]}`:                                  {"devices", "HOST_PATH"},
		`{"networks": "bridge"}`:                            {"networks", "a list of names"},
		`{"networks": {"a": 3}}`:                            {"networks", "an object"},
		`{"networks": [{"name": "a", "alias": "hidden"}]}`:  {"networks", `"alias"`, "name, aliases, ipv4_address"},
		`{"networks": [{"name": "a", "aliases": "x"}]}`:     {"networks", "aliases", "a list of words"},
		`{"healthcheck": "exit 0"}`:                         {"healthcheck", "HealthConfig"},
		`{"ulimits": ["nofile=1"]}`:                         {"ulimits", "objects of the Engine API", "a list with text"},
		`{"ulimits": [null]}`:                               {"ulimits", "a list with null"},
		`{"ulimits": {"Name": "nofile"}}`:                   {"ulimits", "a list of objects"},
		`{"device_requests": "all"}`:                        {"device_requests", "a list of objects"},
		`{"mounts": {"target": "/t"}}`:                      {"mounts", "a list of objects"},
		`{"mounts": ["/a:/b"]}`:                             {"mounts", "a list of objects", "a list with text"},
		`{"mounts": [{"target": "/t", "sauce": "x"}]}`:      {"mounts", `"sauce"`, "target, tmpfs_mode, tmpfs_size, type"},
		`{"mounts": [{"target": "/t", "tmpfs_size": "x"}]}`: {"mounts", "tmpfs_size", "64m"},
		`{"mounts": [{"target": "/t", "tmpfs_size": [1]}]}`: {"mounts", "tmpfs_size"},
		`{"extra_config": ["a"]}`:                           {"extra_config", "an object"},
		`{"extra_host_config": "a"}`:                        {"extra_host_config", "an object"},
		`{"log_options": "a"}`:                              {"log_options", "an object"},
		`{"log_opts_max_file": {}}`:                         {"log_opts_max_file", "text or a number"},
		`{"env_file": {"A": "1"}}`:                          {"env_file", "text"},
		`{"env_file_variables": ["A"]}`:                     {"env_file_variables", "an object"},
		`{"environment": "A=1"}`:                            {"environment", "an object of names and values"},
		`{"environment": {"A": {"b": "hidden"}}}`:           {"environment", "the value of A", "an object"},
		`{"environment": {"A": 1e20}}`:                      {"environment", "A", "give it as text"},
		`{"private_environment": {"A": ["hidden"]}}`:        {"private_environment", "the value of A", "a list with text"},
		`{"private_environment": "A=hidden"}`:               {"private_environment", "an object"},
		`{"private_environment": ["A=hidden", 3]}`:          {"private_environment", "a number and text"},
	})
}

// TestRunRefusesNumbersThatAreNone: protobuf's Value holds what JSON does not.
func TestRunRefusesNumbersThatAreNone(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"cpus", "run_timeout", "nano_cpus"} {
		for _, number := range []float64{math.Inf(1), math.Inf(-1), math.NaN()} {
			value := structpb.NewNumberValue(number)
			_, err := Run(&protocol.RunRequest{Parameters: &structpb.Struct{Fields: map[string]*structpb.Value{name: value}}})
			wantInvalid(t, name, err, name)
		}
	}
}

func FuzzRun(f *testing.F) {
	f.Add("ports", `{"80": [["a", 1], null, {"HostPort": 1}]}`)
	f.Add("mounts", `[{"target": "/t", "tmpfs_size": "1g", "labels": {}}]`)
	f.Add("networks", `{"a": {"aliases": []}}`)
	f.Add("env_file", `"A='\\'b' # c\nexport B=${A:-x}"`)
	f.Add("environment", `{"A": [1]}`)
	f.Fuzz(func(t *testing.T, name, value string) {
		parsed := &structpb.Value{}
		if parsed.UnmarshalJSON([]byte(value)) != nil {
			return
		}
		_, err := Run(&protocol.RunRequest{Parameters: &structpb.Struct{Fields: map[string]*structpb.Value{name: parsed}}})
		var failure *protocol.Failure
		if err != nil && !errors.As(err, &failure) {
			t.Errorf("%s: %v", value, err)
		}
	})
}
