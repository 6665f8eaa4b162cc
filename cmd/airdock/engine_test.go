package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"
	"google.golang.org/protobuf/testing/protocmp"

	"airdock.dev/airdock/protocol"
)

// engineOf is the engine of these flags and of the environment.
func engineOf(t *testing.T, args ...string) *protocol.Engine {
	t.Helper()
	var flags engineFlags
	set := pflag.NewFlagSet("airdock", pflag.ContinueOnError)
	flags.register(set)
	if err := set.Parse(args); err != nil {
		t.Fatal(err)
	}
	return flags.spec()
}

func byPath(path string) *protocol.Material {
	return &protocol.Material{Source: &protocol.Material_Path{Path: path}}
}

// TestEngineFlags follows the docker CLI in what flags and variables mean
// together.
func TestEngineFlags(t *testing.T) {
	folder, empty := t.TempDir(), t.TempDir()
	for _, name := range []string{"ca.pem", "cert.pem", "key.pem"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	all := func(skip bool) *protocol.TLS {
		return &protocol.TLS{
			Ca: byPath(folder + "/ca.pem"), Cert: byPath(folder + "/cert.pem"), Key: byPath(folder + "/key.pem"), InsecureSkipVerify: skip,
		}
	}
	for name, c := range map[string]struct {
		env  map[string]string
		args []string
		want *protocol.Engine
	}{
		"nothing":           {nil, nil, &protocol.Engine{Hosts: []string{"unix:///var/run/docker.sock"}}},
		"host":              {map[string]string{"DOCKER_HOST": "tcp://a:2375"}, nil, &protocol.Engine{Hosts: []string{"tcp://a:2375"}}},
		"a flag counts":     {map[string]string{"DOCKER_HOST": "tcp://a:2375"}, []string{"-H", "tcp://b:2375"}, &protocol.Engine{Hosts: []string{"tcp://b:2375"}}},
		"several":           {nil, []string{"-H", "tcp://a:1", "--host", "tcp://b:1"}, &protocol.Engine{Hosts: []string{"tcp://a:1", "tcp://b:1"}}},
		"certificates only": {map[string]string{"DOCKER_HOST": "tcp://a:1", "DOCKER_CERT_PATH": folder}, nil, &protocol.Engine{Hosts: []string{"tcp://a:1"}}},
		"verify": {map[string]string{"DOCKER_HOST": "tcp://a:1", "DOCKER_CERT_PATH": folder, "DOCKER_TLS_VERIFY": "1"}, nil,
			&protocol.Engine{Hosts: []string{"tcp://a:1"}, Tls: all(false)}},
		"verify, by flag": {map[string]string{"DOCKER_HOST": "tcp://a:1", "DOCKER_CERT_PATH": folder}, []string{"--tlsverify"},
			&protocol.Engine{Hosts: []string{"tcp://a:1"}, Tls: all(false)}},
		"not verified": {map[string]string{"DOCKER_HOST": "tcp://a:1", "DOCKER_CERT_PATH": folder}, []string{"--tls"},
			&protocol.Engine{Hosts: []string{"tcp://a:1"}, Tls: all(true)}},
		"verify without files": {map[string]string{"DOCKER_HOST": "tcp://a:1", "DOCKER_CERT_PATH": empty, "DOCKER_TLS_VERIFY": "1"}, nil,
			&protocol.Engine{Hosts: []string{"tcp://a:1"}, Tls: &protocol.TLS{Ca: byPath(empty + "/ca.pem")}}},
		"TLS, by a variable": {map[string]string{"DOCKER_HOST": "tcp://a:1", "DOCKER_CONFIG": folder, "DOCKER_TLS": "1"}, nil,
			&protocol.Engine{Hosts: []string{"tcp://a:1"}, Tls: all(true)}},
		"a CA is named": {map[string]string{"DOCKER_HOST": "tcp://a:1", "DOCKER_CERT_PATH": empty}, []string{"--tlscacert", "/x/ca.pem"},
			&protocol.Engine{Hosts: []string{"tcp://a:1"}, Tls: &protocol.TLS{Ca: byPath("/x/ca.pem")}}},
		"server name": {map[string]string{"DOCKER_HOST": "tcp://a:1", "DOCKER_CERT_PATH": empty}, []string{"--tlsverify", "--tlsservername", "docker"},
			&protocol.Engine{Hosts: []string{"tcp://a:1"}, Tls: &protocol.TLS{Ca: byPath(empty + "/ca.pem"), ServerName: "docker"}}},
		"API version": {map[string]string{"DOCKER_API_VERSION": "1.40"}, nil,
			&protocol.Engine{Hosts: []string{"unix:///var/run/docker.sock"}, ApiVersion: "1.40"}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, variable := range []string{"DOCKER_HOST", "DOCKER_CERT_PATH", "DOCKER_CONFIG", "DOCKER_TLS", "DOCKER_TLS_VERIFY", "DOCKER_API_VERSION"} {
				t.Setenv(variable, c.env[variable])
			}
			if diff := cmp.Diff(c.want, engineOf(t, c.args...), protocmp.Transform()); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestPrintInfo(t *testing.T) {
	t.Parallel()
	info := &protocol.EngineInfo{Version: "28.0", ApiVersion: "1.48", MinApiVersion: "1.24", Os: "linux", Arch: "arm64", Buildkit: true, Swarm: "active", SwarmManager: true}
	var text, object bytes.Buffer
	if err := printInfo(&text, info); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"28.0", "1.48 (minimum 1.24)", "linux/arm64", "yes", "active (manager)"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("%q is not in\n%s", want, text.String())
		}
	}
	if err := printJSON(&object, &protocol.EngineInfo{}); err != nil {
		t.Fatal(err)
	}
	var all map[string]any
	if err := json.Unmarshal(object.Bytes(), &all); err != nil || all["swarm_manager"] != false || all["kernel"] != "" {
		t.Errorf("%s, %v", object.String(), err)
	}
}
