package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/testing/protocmp"

	"airdock.dev/airdock/protocol"
)

// requestOf is what `airdock run` with these arguments asks for.
func requestOf(t *testing.T, args ...string) (*protocol.RunRequest, error) {
	t.Helper()
	var flags runFlags
	set := pflag.NewFlagSet("run", pflag.ContinueOnError)
	set.SetInterspersed(false)
	flags.register(set)
	if err := set.Parse(args); err != nil {
		return nil, err
	}
	return flags.request(set.Args())
}

// runFlagTable has each flag, and the part of the request that it makes, as the
// JSON of a RunRequest.
var runFlagTable = []struct {
	args []string
	want string
}{
	{[]string{"--rm"}, `{"remove": "REMOVE_FORCE"}`},
	{[]string{"--pull", "always"}, `{"pull": "PULL_ALWAYS"}`},
	{[]string{"--pull=never"}, `{"pull": "PULL_NEVER"}`},
	{[]string{"--stop-timeout", "7"}, `{"stop_grace": "7s"}`},
	{[]string{"--name", "box"}, `{"container": {"name": "box"}}`},
	{[]string{"-e", "A=1", "--env", "B=x=y"}, `{"container": {"environment": ["A=1", "B=x=y"]}}`},
	{[]string{"-u", "1:2"}, `{"container": {"user": "1:2"}}`},
	{[]string{"-w", "/w"}, `{"container": {"working_dir": "/w"}}`},
	{[]string{"--entrypoint", "sh"}, `{"container": {"entrypoint": ["sh"]}}`},
	{[]string{"--entrypoint", ""}, `{"container": {"entrypoint": [""]}}`},
	{[]string{"-l", "a=b", "--label", "c"}, `{"container": {"labels": {"a": "b", "c": ""}}}`},
	{[]string{"-t"}, `{"container": {"tty": true}}`},
	{[]string{"-h", "box"}, `{"container": {"hostname": "box"}}`},
	{[]string{"--network", "host"}, `{"container": {"network_mode": "host"}}`},
	{[]string{"--network", "n", "--network-alias", "a", "--ip", "10.0.0.9"}, `{"container": {"networks": [{"name": "n", "aliases": ["a"], "ipv4_address": "10.0.0.9"}]}}`},
	{[]string{"-m", "64m", "--memory-swap", "-1"}, `{"container": {"memory": "64m", "memory_swap": "-1"}}`},
	{[]string{"--cpus", "1.5"}, `{"container": {"nano_cpus": "1500000000"}}`},
	{[]string{"--init"}, `{"container": {"init": true}}`},
	{[]string{"--init=false"}, `{"container": {"init": false}}`},
	{[]string{"--tmpfs", "/t:size=1m", "--tmpfs", "/u"}, `{"container": {"tmpfs": {"/t": "size=1m", "/u": ""}}}`},
	{[]string{"--ulimit", "nofile=10:20"}, `{"container": {"ulimits": [{"Name": "nofile", "Soft": 10, "Hard": 20}]}}`},
	{[]string{"--no-healthcheck"}, `{"container": {"healthcheck": {"Test": ["NONE"]}}}`},
	{[]string{"--mount", "type=volume,src=v,dst=/d,readonly"}, `{"container": {"mounts": [{"Type": "volume", "Source": "v", "Target": "/d", "ReadOnly": true}]}}`},
	{[]string{"-v", "v:/d"}, `{"container": {"mounts": [{"Type": "volume", "Source": "v", "Target": "/d"}]}}`},
	{[]string{"--copy-in", "/a:b:/in", "--copy-in", "/c:/d"}, `{"files": [{"path": "/in", "local_path": "/a:b"}, {"path": "/d", "local_path": "/c"}]}`},
	{[]string{"--copy-out", "/out/*.csv:/no/such", "--copy-out", "/log:/no/such/"}, `{"outputs": [{"path": "/out/*.csv", "target": "/no/such"}, {"path": "/log", "target": "/no/such/"}]}`},
	{[]string{"--copy-out", "/o:/", "--copy-max-bytes", "1k", "--copy-links", "keep"}, `{"outputs": [{"path": "/o", "target": "/", "max_bytes": 1024, "links": "LINKS_KEEP"}]}`},
	{[]string{"-p", "8080:80"}, `{"container": {"ports": ["8080:80"]}}`},
}

func TestRunFlags(t *testing.T) {
	t.Parallel()
	for _, c := range runFlagTable {
		got, err := requestOf(t, append(c.args, "bash", "ls", "-l", "--rm")...)
		if err != nil {
			t.Errorf("%q: %v", c.args, err)
			continue
		}
		want := &protocol.RunRequest{}
		if err := protojson.Unmarshal([]byte(c.want), want); err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(got.GetKey(), "cli-") {
			t.Errorf("%q: the key is %q", c.args, got.GetKey())
		}
		if want.Container == nil {
			want.Container = &protocol.Container{}
		}
		want.Container.Image, want.Container.Command = "bash", []string{"ls", "-l", "--rm"}
		want.Key, want.Output = got.GetKey(), protocol.OutputMode_OUTPUT_BYTES
		if want.GetStopGrace() == nil {
			want.StopGrace = got.GetStopGrace()
		}
		if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
			t.Errorf("%q (-want +got):\n%s", c.args, diff)
		}
	}
}

// TestRunFlagsBindNeverMakesAFolder: docker run's -v has the engine make a
// folder that is missing, which hides that it is the wrong machine.
func TestRunFlagsBindNeverMakesAFolder(t *testing.T) {
	t.Parallel()
	got, err := requestOf(t, "-v", "/data:/d:ro", "bash")
	if err != nil {
		t.Fatal(err)
	}
	mount := got.GetContainer().GetMounts()[0].AsMap()
	if mount["Type"] != "bind" || mount["Source"] != "/data" || mount["ReadOnly"] != true {
		t.Errorf("mount %v", mount)
	}
	if options, _ := mount["BindOptions"].(map[string]any); options["CreateMountpoint"] == true {
		t.Errorf("mount %v", mount)
	}
}

func TestRunFlagsFromFilesAndHere(t *testing.T) {
	t.Setenv("AIRDOCK_TEST_VALUE", "from here")
	folder := t.TempDir()
	env, label := filepath.Join(folder, "env"), filepath.Join(folder, "label")
	for path, text := range map[string]string{env: "# comment\nA=1\nAIRDOCK_TEST_VALUE\n", label: "team=data\n"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := requestOf(t, "--env-file", env, "--label-file", label, "-e", "AIRDOCK_TEST_VALUE", "bash")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"A=1", "AIRDOCK_TEST_VALUE=from here", "AIRDOCK_TEST_VALUE=from here"}, got.GetContainer().GetEnvironment()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]string{"team": "data"}, got.GetContainer().GetLabels()); diff != "" {
		t.Error(diff)
	}
}

func TestRunFlagsRefuse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args     []string
		mentions string
	}{
		{[]string{"--pull", "sometimes", "bash"}, "sometimes"},
		{[]string{"-e", "=x", "bash"}, "--env"},
		{[]string{"--env-file", "/no/such/file", "bash"}, "/no/such/file"},
		{[]string{"-v", "a:b:c:d:e", "bash"}, "a:b:c:d:e"},
		{[]string{"--mount", "type=volume", "bash"}, "target"},
		{[]string{"--mount", "typ=volume,dst=/d", "bash"}, "typ"},
		{[]string{"--ulimit", "nofile", "bash"}, "nofile"},
		{[]string{"--cpus", "many", "bash"}, "many"},
		{[]string{"--ip", "10.0.0.1", "bash"}, "--network"},
		{[]string{"--no-healthcheck", "--health-cmd", "true", "bash"}, "--no-healthcheck"},
		{[]string{"--no-such-flag", "bash"}, "no-such-flag"},
		{[]string{"--copy-in", "/a", "bash"}, "--copy-in"},
		{[]string{"--copy-in", ":/a", "bash"}, "--copy-in"},
		{[]string{"--copy-in", "/a:b", "bash"}, "absolute"},
		{[]string{"--copy-out", "/a", "bash"}, "--copy-out"},
		{[]string{"--copy-out", "/a:", "bash"}, "--copy-out"},
		{[]string{"--copy-out", "a:/b", "bash"}, "absolute"},
		{[]string{"--copy-out", "/a:/b", "--copy-links", "follow", "bash"}, "--copy-links"},
		{[]string{"--copy-out", "/a:/b", "--copy-max-bytes", "much", "bash"}, "--copy-max-bytes"},
	} {
		got, err := requestOf(t, c.args...)
		if err == nil || !strings.Contains(err.Error(), c.mentions) {
			t.Errorf("%q: %v, %v", c.args, got, err)
		}
	}
}

// TestNewKey: two runs never have the same key, and each is one that the plugin
// takes.
func TestNewKey(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 1000 {
		key := newKey()
		if seen[key] || len(key) > 128 || strings.Trim(key, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			t.Fatalf("key %q", key)
		}
		seen[key] = true
	}
}
