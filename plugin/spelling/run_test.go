package spelling

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"airdock.dev/airdock/protocol"
)

// decoded reads a message as JSON.
func decoded[T proto.Message](t *testing.T, text string, into T) T {
	t.Helper()
	if err := protojson.Unmarshal([]byte(text), into); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return into
}

// spelledRun has the parameters, in JSON, and nothing else.
func spelledRun(t *testing.T, parameters string) (*protocol.RunRequest, error) {
	t.Helper()
	return Run(decoded(t, `{"parameters": `+parameters+`}`, &protocol.RunRequest{}))
}

// wantRun compares what parameters mean with a request in JSON, but for the log
// driver that every one of them has.
func wantRun(t *testing.T, rows map[string]string) {
	t.Helper()
	for parameters, text := range rows {
		want := decoded(t, text, &protocol.RunRequest{})
		if want.Container == nil {
			want.Container = &protocol.Container{}
		}
		if want.Container.LogDriver == "" {
			want.Container.LogDriver = "json-file"
		}
		got, err := spelledRun(t, parameters)
		if err != nil {
			t.Errorf("%s: %v", parameters, err)
		} else if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
			t.Errorf("%s:\n%s", parameters, diff)
		}
	}
}

// wantContainers is the same for the container alone.
func wantContainers(t *testing.T, rows map[string]string) {
	t.Helper()
	requests := map[string]string{}
	for parameters, text := range rows {
		requests[parameters] = `{"container": ` + text + `}`
	}
	wantRun(t, requests)
}

func TestRunItself(t *testing.T) {
	t.Parallel()
	wantRun(t, map[string]string{
		`{}`:                       `{}`,
		`{"auto_remove": null}`:    `{}`,
		`{"auto_remove": "never"}`: `{}`,
		`{"auto_remove": "success", "image_pull_policy": "never"}`: `{"remove": "REMOVE_SUCCESS", "pull": "PULL_NEVER"}`,
		`{"auto_remove": "force", "image_pull_policy": "missing"}`: `{"remove": "REMOVE_FORCE"}`,
		`{"force_pull": true}`:                                                      `{"pull": "PULL_ALWAYS"}`,
		`{"force_pull": true, "image_pull_policy": null}`:                           `{"pull": "PULL_ALWAYS"}`,
		`{"force_pull": true, "image_pull_policy": "missing"}`:                      `{}`,
		`{"force_pull": false, "image_pull_policy": "always"}`:                      `{"pull": "PULL_ALWAYS"}`,
		`{"run_timeout": 120, "stop_timeout": 1.5}`:                                 `{"run_timeout": "120s", "stop_grace": "1.5s"}`,
		`{"stop_timeout": 0, "pull_inactivity_timeout": 0.0015}`:                    `{"stop_grace": "0s", "pull_inactivity_timeout": "0.002s"}`,
		`{"on_kill_action": "keep_container"}`:                                      `{"on_host_lost": "HOST_LOST_KEEP"}`,
		`{"on_kill_action": "delete_container"}`:                                    `{}`,
		`{"on_kill_action": "stop_container", "volume_scope": "dag_run"}`:           `{"volume_scope": "VOLUME_SCOPE_DAG_RUN"}`,
		`{"log_driver": "local", "log_options": {"mode": "x", "max-file": 2}}`:      `{"container": {"log_driver": "local", "log_options": {"mode": "x", "max-file": "2"}}}`,
		`{"log_opts_max_size": "10m", "log_opts_max_file": 3}`:                      `{"container": {"log_options": {"max-size": "10m", "max-file": "3"}}}`,
		`{"log_opts_max_size": "1m", "log_options": {"max-size": "2m", "a": null}}`: `{"container": {"log_options": {"max-size": "1m"}}}`,
	})
}

// TestRunHasEveryName: an example of each parameter whose name is also the field's.
func TestRunHasEveryName(t *testing.T) {
	t.Parallel()
	same := `{"image": "bash", "name": "n", "command": ["a", "b c"], "entrypoint": ["/e"], "working_dir": "/w", "hostname": "h",
		"network_mode": "host", "tty": true, "platform": "linux/amd64", "stop_signal": "SIGINT", "init": false, "privileged": true,
		"read_only": true, "cap_add": ["A"], "cap_drop": ["B"], "security_opt": ["c"], "group_add": ["g", "1"], "userns_mode": "host",
		"ipc_mode": "host", "runtime": "runc", "memory": "1g", "memory_reservation": "2m", "memory_swap": "-1", "shm_size": "3m",
		"cpuset_cpus": "0", "cpuset_mems": "1", "dns": ["10.0.0.1"], "dns_search": ["x"], "annotations": {"a": "b"}, "sysctls": {"k": "1"},
		"labels": {"l": "v"}, "tmpfs": {"/t": "size=1m"}, "devices": ["/dev/null"], "extra_hosts": ["a:1"], "ports": ["80"],
		"environment": ["A=1", "B"], "private_environment": ["C=2"], "user": "1000:1000", "networks": [{"name": "n"}],
		"log_driver": "local", "log_options": {"a": "b"}, "extra_config": {"Domainname": "d"}, "extra_host_config": {"OomScoreAdj": 3},
		"healthcheck": {"Test": ["CMD", "true"]}, "mounts": [{"Type": "volume", "Target": "/m"}], "ulimits": [{"Name": "nofile"}],
		"device_requests": [{"Count": -1}], "cpu_shares": "2", "nano_cpus": "500000000", "pids_limit": "-1"}`
	wantContainers(t, map[string]string{same: same})
	fields := (&protocol.Container{}).ProtoReflect().Descriptor().Fields()
	filled := decoded(t, same, &protocol.Container{}).ProtoReflect()
	for at := range fields.Len() {
		if !filled.Has(fields.Get(at)) {
			t.Errorf("no example of %s", fields.Get(at).Name())
		}
	}
}

func TestRunOtherNamesAndKinds(t *testing.T) {
	t.Parallel()
	wantContainers(t, map[string]string{
		`{"container_name": "n", "name": null}`:                    `{"name": "n"}`,
		`{"mem_limit": 67108864}`:                                  `{"memory": "67108864"}`,
		`{"mem_limit": 1.5e8, "mem_reservation": 1000.9}`:          `{"memory": "150000000", "memory_reservation": "1000"}`,
		`{"memswap_limit": -1, "shm_size": 0}`:                     `{"memory_swap": "-1", "shm_size": "0"}`,
		`{"mem_limit": ""}`:                                        `{}`,
		`{"user": 1000}`:                                           `{"user": "1000"}`,
		`{"user": 0}`:                                              `{"user": "0"}`,
		`{"cap_add": "NET_ADMIN", "group_add": ["nogroup", 1234]}`: `{"cap_add": ["NET_ADMIN"], "group_add": ["nogroup", "1234"]}`,
		`{"cpus": 1.0}`:                                            `{"cpu_shares": "1024"}`,
		`{"cpus": 0.5}`:                                            `{"cpu_shares": "512"}`,
		`{"cpus": 0.00048828125}`:                                  `{}`,
		`{"cpus": 0.00146484375}`:                                  `{"cpu_shares": "2"}`,
		`{"cpus": 1.0, "cpu_shares": 7}`:                           `{"cpu_shares": "7"}`,
		`{"nano_cpus": 500000000, "pids_limit": -1}`:               `{"nano_cpus": "500000000", "pids_limit": "-1"}`,
		`{"init": null}`:                                           `{}`,
		`{"init": true}`:                                           `{"init": true}`,
		`{"labels": ["a", "b"]}`:                                   `{"labels": {"a": "", "b": ""}}`,
		`{"labels": {"a": "b", "n": 1, "f": 1.5, "t": true, "x": null}}`:                         `{"labels": {"a": "b", "n": "1", "f": "1.5", "t": "True"}}`,
		`{"sysctls": {"kernel.msgmax": 65536}}`:                                                  `{"sysctls": {"kernel.msgmax": "65536"}}`,
		`{"extra_hosts": {"b": "2", "a": "::1"}}`:                                                `{"extra_hosts": ["a:::1", "b:2"]}`,
		`{"extra_hosts": ["c:3"]}`:                                                               `{"extra_hosts": ["c:3"]}`,
		`{"tmpfs": {"/a": "size=1m", "/b": null}}`:                                               `{"tmpfs": {"/a": "size=1m", "/b": ""}}`,
		`{"tmpfs": ["/a", "/b:size=1m,mode=700"]}`:                                               `{"tmpfs": {"/a": "", "/b": "size=1m,mode=700"}}`,
		`{"devices": [{"PathOnHost": "/dev/null"}, "/dev/x:/dev/y:r"]}`:                          `{"devices": ["/dev/null:/dev/null:rwm", "/dev/x:/dev/y:r"]}`,
		`{"networks": ["a", {"name": "b", "aliases": ["x"]}]}`:                                   `{"networks": [{"name": "a"}, {"name": "b", "aliases": ["x"]}]}`,
		`{"networks": {"b": {"ipv4_address": "10.0.0.9"}, "a": null}}`:                           `{"networks": [{"name": "a"}, {"name": "b", "ipv4_address": "10.0.0.9"}]}`,
		`{"entrypoint": []}`:                                                                     `{"extra_config": {"Entrypoint": []}}`,
		`{"entrypoint": [], "extra_config": {"Domainname": "d"}}`:                                `{"extra_config": {"Entrypoint": [], "Domainname": "d"}}`,
		`{"entrypoint": [], "extra_config": {"Entrypoint": ["/e"]}}`:                             `{"extra_config": {"Entrypoint": ["/e"]}}`,
		`{"entrypoint": null, "command": []}`:                                                    `{}`,
		`{"devices": [{"PathOnHost": "/a", "PathInContainer": "/b", "CgroupPermissions": "r"}]}`: `{"devices": ["/a:/b:r"]}`,
		`{"networks": [{"name": "a", "ipv6_address": "::9", "mac_address": "02:42:0a:00:00:77", "driver_options": {"o": 1}}]}`: `{"networks": [
			{"name": "a", "ipv6_address": "::9", "mac_address": "02:42:0a:00:00:77", "driver_options": {"o": "1"}}]}`,
	})
}

func TestRunTheRequestsOwnWins(t *testing.T) {
	t.Parallel()
	request := decoded(t, `{"key": "k", "remove": "REMOVE_FORCE", "stop_grace": "5s", "parameters": {
			"image": "bash", "user": 1, "labels": {"a": "1", "b": "1"}, "dns": ["10.0.0.1"], "auto_remove": "success", "stop_timeout": 10.5,
			"run_timeout": 7, "environment": {"A": 1, "B": 1, "C": 1}, "private_environment": {"P": 1, "Q": 1}, "mount_tmp_dir": true,
			"extra_config": {"Domainname": "p", "StopTimeout": 1}
		}, "container": {"user": "2", "labels": {"b": "2"}, "dns": ["10.0.0.2"], "environment": ["B=2", "P=2"], "private_environment": ["C=2"],
			"extra_config": {"Domainname": "r"}, "log_driver": "local", "mounts": [{"Type": "tmpfs", "Target": "/own"}]}}`, &protocol.RunRequest{})
	before := proto.CloneOf(request)
	want := decoded(t, `{"key": "k", "remove": "REMOVE_FORCE", "stop_grace": "5s", "run_timeout": "7s", "container": {
			"image": "bash", "user": "2", "labels": {"a": "1", "b": "2"}, "dns": ["10.0.0.1", "10.0.0.2"],
			"environment": ["A=1", "AIRFLOW_TMP_DIR=/tmp/airflow", "B=2", "P=2"], "private_environment": ["Q=1", "C=2"],
			"extra_config": {"Domainname": "r", "StopTimeout": 1}, "log_driver": "local",
			"mounts": [{"Type": "volume", "Target": "/tmp/airflow"}, {"Type": "tmpfs", "Target": "/own"}]}}`, &protocol.RunRequest{})
	got, err := Run(request)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(before, request, protocmp.Transform()); diff != "" {
		t.Errorf("the request that was given has changed:\n%s", diff)
	}
}

// TestEveryNameIsInTheDocs: nobody finds a parameter that is written down nowhere.
func TestEveryNameIsInTheDocs(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/hosting.md")
	if err != nil {
		t.Fatal(err)
	}
	run, build := &parameters{}, &parameters{}
	runRequest(run)
	buildRequest(build)
	for _, name := range slices.Concat(run.names, build.names) {
		if !strings.Contains(string(page), "`"+name+"`") {
			t.Errorf("docs/hosting.md says nothing of %s", name)
		}
	}
}

func TestRunWithoutParameters(t *testing.T) {
	t.Parallel()
	for _, request := range []*protocol.RunRequest{{}, {Key: "k", Container: &protocol.Container{Image: "bash"}}} {
		before := proto.CloneOf(request)
		if got, err := Run(request); err != nil || !proto.Equal(got, before) {
			t.Errorf("%v became %v, %v", before, got, err)
		}
	}
}
