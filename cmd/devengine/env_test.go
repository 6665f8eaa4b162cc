package main

import (
	"bytes"
	"os/exec"
	"testing"

	"github.com/google/go-cmp/cmp"

	"airdock.dev/airdock/cmd/devengine/internal/folder"
)

func TestQuote(t *testing.T) {
	for _, text := range []string{"", "plain", "two words", `it's`, `$HOME "x" \ ` + "`id`", "a\nb", "'''"} {
		out, err := exec.Command("sh", "-c", "printf %s "+quote(text)).Output()
		if err != nil {
			t.Fatal(err)
		}
		if string(out) != text {
			t.Errorf("a shell reads %s as %q, not as %q", quote(text), out, text)
		}
	}
}

func TestPrintEnv(t *testing.T) {
	tests := []struct {
		name  string
		state folder.State
		want  string
	}{
		{"with a registry", folder.State{Port: 2376, RegistryPort: 5000}, `export DOCKER_HOST='tcp://127.0.0.1:2376'
export DOCKER_CERT_PATH='/my engine/certs/client'
export DOCKER_TLS_VERIFY='1'
export AIRDOCK_TEST_REGISTRY='127.0.0.1:5000'
`},
		{"without", folder.State{Port: 2400}, `export DOCKER_HOST='tcp://127.0.0.1:2400'
export DOCKER_CERT_PATH='/my engine/certs/client'
export DOCKER_TLS_VERIFY='1'
`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var out bytes.Buffer
			if err := printEnv(&out, "/my engine", &test.state); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, out.String()); diff != "" {
				t.Errorf("environment (-want +got):\n%s", diff)
			}
		})
	}
}
