package plugin

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/structpb"

	"airdock.dev/airdock/protocol"
)

// bodyOf is the body for a container given as the JSON of a Container.
func bodyOf(t *testing.T, spec string) (map[string]any, error) {
	t.Helper()
	c := &protocol.Container{}
	if err := protojson.Unmarshal([]byte(spec), c); err != nil {
		t.Fatalf("%s: %v", spec, err)
	}
	if c.Image == "" {
		c.Image = "bash"
	}
	text, err := createBody(&protocol.RunRequest{Key: "k1", Container: c})
	if err != nil {
		return nil, err
	}
	var body map[string]any
	return body, json.Unmarshal(text, &body)
}

// at finds a member of nested objects by its path.
func at(body map[string]any, path string) any {
	var value any = body
	for name := range strings.SplitSeq(path, ".") {
		object, ok := value.(map[string]any)
		if !ok {
			return nil
		}
		value = object[name]
	}
	return value
}

// createBodies has each option of a container, and where it arrives in the body
// of POST /containers/create.
var createBodies = []struct{ spec, path, want string }{
	{`{"image": "bash"}`, "Image", `"bash:latest"`},
	{`{"command": ["ls", "-l"]}`, "Cmd", `["ls", "-l"]`},
	{`{}`, "Cmd", `null`},
	{`{"entrypoint": ["sh"]}`, "Entrypoint", `["sh"]`},
	{`{"environment": ["A=1"], "private_environment": ["B=2", "C"]}`, "Env", `["A=1", "B=2", "C"]`},
	{`{"user": "1000:1000"}`, "User", `"1000:1000"`},
	{`{"working_dir": "/w"}`, "WorkingDir", `"/w"`},
	{`{"hostname": "h"}`, "Hostname", `"h"`},
	{`{"tty": true}`, "Tty", `true`},
	{`{"stop_signal": "SIGINT"}`, "StopSignal", `"SIGINT"`},
	{`{"labels": {"a": "b"}}`, "Labels", `{"a": "b", "dev.airdock.key": "k1"}`},
	{`{"healthcheck": {"Test": ["NONE"]}}`, "Healthcheck", `{"Test": ["NONE"]}`},
	{`{"network_mode": "host"}`, "HostConfig.NetworkMode", `"host"`},
	{`{"mounts": [{"Type": "volume", "Source": "v", "Target": "/d"}]}`, "HostConfig.Mounts", `[{"Type": "volume", "Source": "v", "Target": "/d"}]`},
	{`{"privileged": true}`, "HostConfig.Privileged", `true`},
	{`{"read_only": true}`, "HostConfig.ReadonlyRootfs", `true`},
	{`{"cap_add": ["NET_ADMIN"]}`, "HostConfig.CapAdd", `["NET_ADMIN"]`},
	{`{"cap_drop": ["ALL"]}`, "HostConfig.CapDrop", `["ALL"]`},
	{`{"security_opt": ["no-new-privileges"]}`, "HostConfig.SecurityOpt", `["no-new-privileges"]`},
	{`{"group_add": ["audio"]}`, "HostConfig.GroupAdd", `["audio"]`},
	{`{"init": false}`, "HostConfig.Init", `false`},
	{`{}`, "HostConfig.Init", `null`},
	{`{"memory": "64m"}`, "HostConfig.Memory", `67108864`},
	{`{"memory": "1073741824"}`, "HostConfig.Memory", `1073741824`},
	{`{"memory_swap": "-1"}`, "HostConfig.MemorySwap", `-1`},
	{`{"shm_size": "1g"}`, "HostConfig.ShmSize", `1073741824`},
	{`{"nano_cpus": "1500000000"}`, "HostConfig.NanoCpus", `1500000000`},
	{`{"cpu_shares": "512"}`, "HostConfig.CpuShares", `512`},
	{`{"pids_limit": "-1"}`, "HostConfig.PidsLimit", `-1`},
	{`{"ulimits": [{"Name": "nofile", "Soft": 10, "Hard": 20}]}`, "HostConfig.Ulimits", `[{"Name": "nofile", "Soft": 10, "Hard": 20}]`},
	{`{"devices": ["/dev/fuse"]}`, "HostConfig.Devices", `[{"PathOnHost": "/dev/fuse", "PathInContainer": "/dev/fuse", "CgroupPermissions": "rwm"}]`},
	{`{"devices": ["/dev/a:/dev/b:r"]}`, "HostConfig.Devices", `[{"PathOnHost": "/dev/a", "PathInContainer": "/dev/b", "CgroupPermissions": "r"}]`},
	{`{"tmpfs": {"/t": "size=1m"}}`, "HostConfig.Tmpfs", `{"/t": "size=1m"}`},
	{`{"extra_hosts": ["db:10.0.0.1"]}`, "HostConfig.ExtraHosts", `["db:10.0.0.1"]`},
	{`{"ports": ["8080:80"]}`, "HostConfig.PortBindings", `{"80/tcp": [{"HostIp": "", "HostPort": "8080"}]}`},
	{`{"ports": ["8080:80"]}`, "ExposedPorts", `{"80/tcp": {}}`},
	{`{"networks": [{"name": "n", "aliases": ["a"]}, {"name": "m"}]}`, "HostConfig.NetworkMode", `"n"`},
	{`{"networks": [{"name": "n", "ipv4_address": "10.1.2.3"}]}`, "NetworkingConfig.EndpointsConfig.n.IPAMConfig", `{"IPv4Address": "10.1.2.3"}`},
	{`{"log_driver": "none"}`, "HostConfig.LogConfig.Type", `"none"`},
	{`{"extra_config": {"Shell": ["sh"]}}`, "Shell", `["sh"]`},
	{`{"extra_host_config": {"FromTheFuture": {"a": 1}}}`, "HostConfig.FromTheFuture", `{"a": 1}`},
	{`{"memory": "64m", "extra_host_config": {"Memory": 1}}`, "HostConfig.Memory", `1`},
	{`{"labels": {"a": "b"}, "extra_config": {"Labels": {"c": "d"}}}`, "Labels", `{"a": "b", "c": "d", "dev.airdock.key": "k1"}`},
	{`{"extra_config": {"Labels": {"dev.airdock.key": "forged"}}}`, "Labels", `{"dev.airdock.key": "k1"}`},
}

func TestCreateBody(t *testing.T) {
	t.Parallel()
	for _, c := range createBodies {
		body, err := bodyOf(t, c.spec)
		if err != nil {
			t.Errorf("%s: %v", c.spec, err)
			continue
		}
		var want any
		if err := json.Unmarshal([]byte(c.want), &want); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, at(body, c.path)); diff != "" {
			t.Errorf("%s: %s (-want +got):\n%s", c.spec, c.path, diff)
		}
	}
}

// TestCreateBodyRefuses has what cannot be meant: each is an INVALID_REQUEST
// whose message names the option, and none a panic.
func TestCreateBodyRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ spec, mentions string }{
		{`{"image": "Not An Image"}`, "Not An Image"},
		{`{"mounts": [{"Typ": "bind"}]}`, "Typ"},
		{`{"mounts": [{"Type": 7}]}`, "mount"},
		{`{"mounts": [{"Type": "bind", "BindOptions": {"Propagatoin": "rshared"}}]}`, "Propagatoin"},
		{`{"healthcheck": {"Tset": []}}`, "Tset"},
		{`{"ulimits": [{"Name": "nofile", "Weich": 1}]}`, "Weich"},
		{`{"device_requests": [{"Gpus": "all"}]}`, "Gpus"},
		{`{"memory": "lots"}`, "memory"},
		{`{"memory": "-1"}`, "memory"},
		{`{"shm_size": "1x"}`, "shm_size"},
		{`{"devices": ["/a:/b:/c:rwm"]}`, "/a:/b:/c:rwm"},
		{`{"devices": [":/b"]}`, "device"},
		{`{"ports": ["80:http"]}`, "ports"},
		{`{"ports": ["80"], "network_mode": "host"}`, "host"},
		{`{"extra_config": {"HostConfig": "x"}}`, "HostConfig"},
		{`{"extra_config": {"Labels": null}}`, "Labels"},
		{`{"extra_config": {"Tty": true}}`, "tty"},
		{`{"extra_config": {"HostConfig": null}, "extra_host_config": {"Memory": 1}}`, "HostConfig"},
		{`{"extra_config": {"HostConfig": []}, "extra_host_config": {"Memory": 1}}`, "HostConfig"},
	} {
		body, err := bodyOf(t, c.spec)
		if err == nil {
			t.Errorf("%s is taken for %v", c.spec, body)
			continue
		}
		wantKind(t, err, protocol.ErrorKind_INVALID_REQUEST, c.mentions)
	}
}

// TestCreateBodyHidesPrivateValues: what is refused is shown, and private values are
// no part of it.
func TestCreateBodyHidesPrivateValues(t *testing.T) {
	t.Parallel()
	c := &protocol.Container{
		Image:              "bash",
		PrivateEnvironment: []string{"PASSWORD=hunter2"},
		Mounts:             []*structpb.Struct{{Fields: map[string]*structpb.Value{"Nope": structpb.NewBoolValue(true)}}},
	}
	_, err := createBody(&protocol.RunRequest{Key: "k1", Container: c})
	wantKind(t, err, protocol.ErrorKind_INVALID_REQUEST)
	if strings.Contains(err.Error(), "hunter2") {
		t.Errorf("a private value is in %v", err)
	}
}

// TestCreateBodyStopTimeout: whoever stops the container gives it the run's time.
func TestCreateBodyStopTimeout(t *testing.T) {
	t.Parallel()
	text, err := createBody(&protocol.RunRequest{
		Key: "k1", Container: &protocol.Container{Image: "bash"}, StopGrace: durationpb.New(2500 * time.Millisecond),
	})
	if err != nil || !strings.Contains(string(text), `"StopTimeout":3`) {
		t.Errorf("%s, %v", text, err)
	}
}

// TestCreateBodySizesAreExact: a size beyond what a float64 holds survives.
func TestCreateBodySizesAreExact(t *testing.T) {
	t.Parallel()
	c := &protocol.Container{Image: "bash", NanoCpus: 9007199254740993}
	text, err := createBody(&protocol.RunRequest{Key: "k1", Container: c})
	if err != nil || !strings.Contains(string(text), `"NanoCpus":9007199254740993`) {
		t.Errorf("%s, %v", text, err)
	}
}
