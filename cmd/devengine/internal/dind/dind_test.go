package dind

import (
	"slices"
	"testing"
)

func TestBounding(t *testing.T) {
	status := "Name:\tx\nCapEff:\t0000000000000000\nCapBnd:\t000001fffeffffff\n"
	names, err := Bounding(status)
	if err != nil {
		t.Fatal(err)
	}
	if slices.Contains(names, "SYS_RESOURCE") || !slices.Contains(names, "SYS_ADMIN") || !slices.Contains(names, "CHOWN") {
		t.Errorf("capabilities: %v", names)
	}
	if len(names) != len(Capabilities())-1 {
		t.Errorf("%d capabilities, of %d", len(names), len(Capabilities()))
	}
	for _, bad := range []string{"", "CapBnd:\tx\n"} {
		if _, err := Bounding(bad); err == nil {
			t.Errorf("%q has a bounding set", bad)
		}
	}
	if at := slices.Index(Capabilities(), "SYS_RESOURCE"); at != 24 {
		t.Errorf("SYS_RESOURCE has number %d", at)
	}
	if at := slices.Index(Capabilities(), "AUDIT_READ"); at != 37 {
		t.Errorf("AUDIT_READ has number %d", at)
	}
}

func TestOuter(t *testing.T) {
	t.Setenv("HOME", "/home/me")
	t.Setenv("DOCKER_HOST", "")
	t.Setenv("DOCKER_TLS_VERIFY", "")
	t.Setenv("DOCKER_CERT_PATH", "/certs")
	if got := Outer(); got.Host != "unix:///var/run/docker.sock" || got.CertPath != "" {
		t.Errorf("outer engine: %+v", got)
	}
	t.Setenv("DOCKER_HOST", "tcp://docker:2376")
	t.Setenv("DOCKER_TLS_VERIFY", "1")
	if got := Outer(); got.Host != "tcp://docker:2376" || got.CertPath != "/certs" {
		t.Errorf("outer engine: %+v", got)
	}
	t.Setenv("DOCKER_CERT_PATH", "")
	if got := Outer(); got.CertPath != "/home/me/.docker" {
		t.Errorf("outer engine: %+v", got)
	}
}
