package engine

import (
	"testing"

	"airdock.dev/airdock/protocol"
)

func TestParseAddress(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		address string
		tls     bool
		want    string
	}{
		{"tcp://docker:2376", true, "tcp://docker:2376"},
		{"tcp://docker:2375", false, "tcp://docker:2375"},
		{"tcp://docker", true, "tcp://docker:2376"},
		{"tcp://docker", false, "tcp://docker:2375"},
		{"tcp://docker:1234", true, "tcp://docker:1234"},
		{"tcp://127.0.0.1", true, "tcp://127.0.0.1:2376"},
		{"tcp://[::1]", true, "tcp://[::1]:2376"},
		{"tcp://[::1]:2376", true, "tcp://[::1]:2376"},
		{"https://docker:2376", true, "tcp://docker:2376"},
		{"http://docker:2375", false, "tcp://docker:2375"},
		{"  tcp://docker:2376\n", true, "tcp://docker:2376"},
		{"docker:2376", true, "tcp://docker:2376"},
		{"unix:///var/run/docker.sock", false, "unix:///var/run/docker.sock"},
		{"unix:///var/run/docker.sock", true, "unix:///var/run/docker.sock"},
		{"unix://var/run/docker.sock", false, "unix:///var/run/docker.sock"},
	} {
		got, err := parseAddress(c.address, c.tls)
		if err != nil || got != c.want {
			t.Errorf("%q with TLS %v: got %q, %v; want %q", c.address, c.tls, got, err, c.want)
		}
	}
}

func TestParseAddressRefuses(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"", "   ", "ftp://docker", "npipe:////./pipe/docker_engine", "fd://3", "tcp://docker:port"} {
		got, err := parseAddress(address, true)
		if err == nil {
			t.Errorf("%q is taken for %q", address, got)
			continue
		}
		t.Run(address, func(t *testing.T) { wantKind(t, err, protocol.ErrorKind_INVALID_REQUEST) })
	}
}
