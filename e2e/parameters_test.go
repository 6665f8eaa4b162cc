package e2e

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/google/go-cmp/cmp"

	"airdock.dev/airdock/protocol"
)

// parametersCall is a call whose request has parameters; more are further members
// of it.
func (s *story) parametersCall(operation string, parameters, more map[string]any) called {
	s.Helper()
	request := map[string]any{"key": s.key(operation), "parameters": parameters}
	maps.Copy(request, more)
	text, err := json.Marshal(map[string]any{operation: request})
	if err != nil {
		s.Fatal(err)
	}
	return s.call(string(text))
}

func (s *story) inspected() container.InspectResponse {
	s.Helper()
	found := s.containers()
	if len(found) != 1 {
		s.Fatalf("%d containers, want one", len(found))
	}
	ctx, cancel := s.context()
	defer cancel()
	inspected, err := engineAPI().ContainerInspect(ctx, found[0].ID)
	if err != nil {
		s.Fatal(err)
	}
	return inspected
}

func TestParametersOfARun(t *testing.T) {
	s := tell(t, "a call takes the parameters of an operator, and the engine has what they ask for")
	got := s.parametersCall("run", map[string]any{
		"image": "busybox", "command": []string{"sh", "-c", `echo "$A $B $C $SECRET"; ls -d "$AIRFLOW_TMP_DIR"`},
		"labels": map[string]any{testLabel: s.id, "n": 1}, "environment": map[string]any{"A": 1, "AIRFLOW_TMP_DIR": "/lost"},
		"env_file": "A=lost\nexport B='b # b' # remark\nC=${WORKER:-x}", "env_file_variables": map[string]any{"WORKER": "of the worker"},
		"private_environment": map[string]any{"SECRET": "s"}, "mount_tmp_dir": true, "tmp_dir": "/tmp/own", "user": 1000,
		"mem_limit": 64 << 20, "memswap_limit": "128m", "cpus": 0.5, "nano_cpus": 500000000, "stop_timeout": 1.5, "auto_remove": "never",
		"ulimits": []any{map[string]any{"name": "nofile", "soft": 100, "hard": 200}}, "group_add": []any{"nogroup", 1234},
		"port_bindings": map[string]any{"80": []any{"127.0.0.1", nil}, "81/udp": nil}, "extra_hosts": map[string]any{"one": "10.0.0.1"},
		"healthcheck": map[string]any{"test": "exit 0", "interval": 60 * 1000 * 1000 * 1000}, "log_opts_max_size": "1m",
		"mounts": []any{map[string]any{"target": "/cache", "type": "tmpfs", "tmpfs_size": "1m"}}, "init": nil,
	}, map[string]any{"container": map[string]any{"hostname": "own"}})
	var output string
	for _, event := range got.events {
		output += event.GetOutput().GetText()
	}
	if got.code != 0 || output != "1 b # b of the worker s\n/tmp/own\n" {
		s.Fatalf("code %d, output %q, %s", got.code, output, got.stdout)
	}
	found := s.inspected()
	host := found.HostConfig
	for what, pair := range map[string][2]any{
		"user":       {found.Config.User, "1000"},
		"hostname":   {found.Config.Hostname, "own"},
		"label":      {found.Config.Labels["n"], "1"},
		"stop":       {*found.Config.StopTimeout, 2},
		"health":     {[]string(found.Config.Healthcheck.Test), []string{"CMD-SHELL", "exit 0"}},
		"interval":   {found.Config.Healthcheck.Interval, time.Minute},
		"memory":     {host.Memory, int64(64 << 20)},
		"swap":       {host.MemorySwap, int64(128 << 20)},
		"shares":     {host.CPUShares, int64(512)},
		"cpus":       {host.NanoCPUs, int64(500000000)},
		"ulimit":     {*host.Ulimits[0], container.Ulimit{Name: "nofile", Soft: 100, Hard: 200}},
		"groups":     {host.GroupAdd, []string{"nogroup", "1234"}},
		"hosts":      {host.ExtraHosts, []string{"one:10.0.0.1"}},
		"address":    {host.PortBindings["80/tcp"][0].HostIP, "127.0.0.1"},
		"ports":      {len(host.PortBindings), 2},
		"log":        {host.LogConfig, container.LogConfig{Type: "json-file", Config: map[string]string{"max-size": "1m"}}},
		"tmpfs":      {host.Mounts[0].TmpfsOptions.SizeBytes, int64(1 << 20)},
		"the folder": {host.Mounts[1].Target, "/tmp/own"},
	} {
		if diff := cmp.Diff(pair[1], pair[0]); diff != "" {
			s.Errorf("%s: %s", what, diff)
		}
	}
}

func TestParametersThatAreRefused(t *testing.T) {
	s := tell(t, "a parameter that cannot be meant is refused by its name before anything is made")
	for name, value := range map[string]any{"imagee": "bash", "command": "ls", "mem_limit": []int{1}, "private_environment": "hidden"} {
		got := s.parametersCall("run", map[string]any{"labels": map[string]any{testLabel: s.id}, name: value}, nil)
		s.wantFailure(got, protocol.ErrorKind_INVALID_REQUEST, 125, name)
		if strings.Contains(got.stdout, "hidden") {
			s.Errorf("a value is shown: %s", got.stdout)
		}
	}
	got := s.parametersCall("build", map[string]any{"dockerfile": "a", "dockerfile_inline": "FROM bash"}, nil)
	s.wantFailure(got, protocol.ErrorKind_INVALID_REQUEST, 125, "dockerfile_inline")
	s.nothingIsLeft(0)
}

func TestParametersOfABuild(t *testing.T) {
	s := tell(t, "a build takes the parameters of an operator, on the engine that the environment names")
	environment := map[string]string{}
	for _, name := range []string{"DOCKER_HOST", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"} {
		environment[name] = os.Getenv(name)
	}
	tag := "airdock-test/" + s.id
	s.Cleanup(func() { s.removeImage(tag) })
	got := s.parametersCall("build", map[string]any{
		"dockerfile_inline": "FROM busybox\nARG WORD\nRUN echo word $WORD\n", "tags": tag, "builder": "buildkit", "no_cache": true,
		"build_args": map[string]any{"WORD": 7, "OTHER": nil}, "labels": []string{"made"}, "push_inactivity_timeout": 60,
	}, map[string]any{"engine": map[string]any{"environment": environment}})
	if result := got.last().GetBuildResult(); got.code != 0 || !slices.Equal(result.GetTags(), []string{tag + ":latest"}) && !slices.Equal(result.GetTags(), []string{tag}) {
		s.Fatalf("code %d, %s", got.code, got.stdout)
	}
	if !strings.Contains(got.stdout, "word 7") {
		s.Errorf("the argument did not arrive: %s", got.stdout)
	}
	ctx, cancel := s.context()
	defer cancel()
	image, err := engineAPI().ImageInspect(ctx, tag)
	if err != nil {
		s.Fatal(err)
	}
	if _, labelled := image.Config.Labels["made"]; !labelled {
		s.Errorf("labels %v", image.Config.Labels)
	}
	s.noProcessIsLeft(0)
}
