package engine

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	"airdock.dev/airdock/protocol"
)

func tlsOf(paths ...string) *protocol.TLS {
	tls := &protocol.TLS{}
	for at, material := range []**protocol.Material{&tls.Ca, &tls.Cert, &tls.Key} {
		if at < len(paths) && paths[at] != "" {
			*material = byPath(paths[at])
		}
	}
	return tls
}

func TestEnvironmentNamesTheEngine(t *testing.T) {
	t.Parallel()
	full, empty := t.TempDir(), t.TempDir()
	for _, name := range []string{"ca.pem", "cert.pem", "key.pem"} {
		if err := os.WriteFile(filepath.Join(full, name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ca, cert, key := filepath.Join(full, "ca.pem"), filepath.Join(full, "cert.pem"), filepath.Join(full, "key.pem")
	skip := &protocol.TLS{InsecureSkipVerify: true}
	type env = map[string]string
	for name, c := range map[string]struct {
		environment env
		hosts       []string
		tls         *protocol.TLS
		wantHosts   []string
		wantTLS     *protocol.TLS
	}{
		"nothing":               {nil, nil, nil, nil, nil},
		"nothing but a home":    {env{"HOME": "/h"}, nil, nil, []string{defaultHost}, nil},
		"an empty address":      {env{"HOME": "/h", "DOCKER_HOST": ""}, nil, nil, []string{defaultHost}, nil},
		"an address":            {env{"DOCKER_HOST": "tcp://e:1"}, nil, nil, []string{"tcp://e:1"}, nil},
		"a path alone":          {env{"DOCKER_HOST": "tcp://e:1", "DOCKER_CERT_PATH": full}, nil, nil, []string{"tcp://e:1"}, nil},
		"certificates":          {env{"DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": full}, nil, nil, []string{defaultHost}, tlsOf(ca, cert, key)},
		"0 is on":               {env{"DOCKER_TLS_VERIFY": "0", "DOCKER_CERT_PATH": full}, nil, nil, []string{defaultHost}, tlsOf(ca, cert, key)},
		"empty is off":          {env{"DOCKER_TLS_VERIFY": "", "DOCKER_CERT_PATH": full}, nil, nil, []string{defaultHost}, nil},
		"the CA is not left":    {env{"DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": empty}, nil, nil, []string{defaultHost}, tlsOf(filepath.Join(empty, "ca.pem"))},
		"in the configuration":  {env{"DOCKER_TLS_VERIFY": "1", "DOCKER_CONFIG": "/conf", "HOME": "/h"}, nil, nil, []string{defaultHost}, tlsOf("/conf/ca.pem")},
		"its own folder first":  {env{"DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": "/c", "DOCKER_CONFIG": "/conf"}, nil, nil, []string{defaultHost}, tlsOf("/c/ca.pem")},
		"at home":               {env{"DOCKER_TLS_VERIFY": "1", "HOME": "/h"}, nil, nil, []string{defaultHost}, tlsOf("/h/.docker/ca.pem")},
		"without verification":  {env{"DOCKER_TLS": "1", "DOCKER_CERT_PATH": empty}, nil, nil, []string{defaultHost}, skip},
		"a request's address":   {env{"DOCKER_HOST": "tcp://e:1", "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": full}, []string{"tcp://r:1"}, nil, []string{"tcp://r:1"}, nil},
		"a request's TLS":       {env{"DOCKER_HOST": "tcp://e:1", "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": full}, nil, tlsOf("/ca"), []string{"tcp://e:1"}, tlsOf("/ca")},
		"the system's CAs":      {env{"DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": full}, nil, &protocol.TLS{}, []string{defaultHost}, &protocol.TLS{}},
		"no check of ours":      {env{"DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": empty}, nil, skip, []string{defaultHost}, &protocol.TLS{Ca: byPath(filepath.Join(empty, "ca.pem")), InsecureSkipVerify: true}},
		"no check without TLS":  {env{"DOCKER_HOST": "tcp://e:1"}, nil, skip, []string{"tcp://e:1"}, skip},
		"another name to check": {env{"DOCKER_TLS_VERIFY": "1", "HOME": "/h"}, nil, &protocol.TLS{ServerName: "x"}, []string{defaultHost}, &protocol.TLS{Ca: byPath("/h/.docker/ca.pem"), ServerName: "x"}},
	} {
		given := &protocol.Engine{Hosts: c.hosts, Tls: c.tls, Environment: c.environment, ApiVersion: "1.41"}
		want := &protocol.Engine{Hosts: c.wantHosts, Tls: c.wantTLS, Environment: c.environment, ApiVersion: "1.41"}
		if diff := cmp.Diff(want, withEnvironment(given), protocmp.Transform()); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
	if got := withEnvironment(nil); got != nil {
		t.Errorf("no engine at all became %v", got)
	}
}

// TestConnectByEnvironment: what a host's environment says beyond the engine does
// not keep calls from sharing a connection.
func TestConnectByEnvironment(t *testing.T) {
	t.Parallel()
	p := newParties(t)
	server := startEngine(t, mutualTLS(t, p.ca, p.server), ping("1.41"))
	folder := t.TempDir()
	for name, content := range map[string][]byte{"ca.pem": p.ca.pem, "cert.pem": p.client.cert, "key.pem": p.client.key} {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var pool Pool
	for _, home := range []string{"/a", "/b"} {
		eng, err := pool.Connect(t.Context(), &protocol.Engine{Environment: map[string]string{
			"DOCKER_HOST": server.address(), "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": folder, "HOME": home,
		}})
		if err != nil {
			t.Fatal(err)
		}
		if eng.Host != server.address() {
			t.Errorf("connected to %s", eng.Host)
		}
	}
	if n := server.connections.Load(); n != 1 {
		t.Errorf("%d connections, want 1", n)
	}
	_, err := pool.Connect(t.Context(), &protocol.Engine{Environment: map[string]string{"DOCKER_HOST": "ftp://x"}})
	wantKind(t, err, protocol.ErrorKind_INVALID_REQUEST, "ftp://x")
}

func byHand(written string) *protocol.Material {
	return &protocol.Material{Source: &protocol.Material_Written{Written: written}}
}

func TestMaterialAsWritten(t *testing.T) {
	t.Parallel()
	const one = "-----BEGIN CERTIFICATE-----\nQUJD\nREVG\n-----END CERTIFICATE-----\n"
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, []byte("of the file"), 0o600); err != nil {
		t.Fatal(err)
	}
	for written, want := range map[string]string{
		"":                             "",
		one:                            one,
		"\n  " + one + one + "\n":      one + one,
		"a comment\n" + one + "behind": one,
		"-----BEGIN CERTIFICATE----- QUJD REVG -----END CERTIFICATE-----":          one,
		`-----BEGIN CERTIFICATE-----\nQUJD\nREVG\n-----END CERTIFICATE-----\n`:     one,
		"-----BEGIN CERTIFICATE-----\r\nQUJD\r\nREVG\r\n-----END CERTIFICATE-----": one,
		"-----BEGIN A-----x-----END A----------BEGIN B-----y-----END B-----":       "-----BEGIN A-----\nx\n-----END A-----\n-----BEGIN B-----\ny\n-----END B-----\n",
		"-----BEGIN CERTIFICATE-----\nQUJD":                                        "-----BEGIN CERTIFICATE-----\nQUJD",
		file:                                                                       "of the file",
	} {
		got, err := read("CA certificate", byHand(written))
		if err != nil || string(got) != want {
			t.Errorf("%q was read as %q, %v; want %q", written, got, err, want)
		}
	}
	missing := filepath.Join(t.TempDir(), "none.pem")
	_, err := read("CA certificate", byHand(missing))
	wantKind(t, err, protocol.ErrorKind_TLS_FILE_UNREADABLE, missing)
}

func TestConnectWithMaterialAsWritten(t *testing.T) {
	t.Parallel()
	p := newParties(t)
	server := startEngine(t, mutualTLS(t, p.ca, p.server), ping("1.41"))
	oneLine := func(document []byte) *protocol.Material {
		var line []byte
		for _, c := range document {
			if c == '\n' {
				c = ' '
			}
			line = append(line, c)
		}
		return byHand(string(line))
	}
	tls := &protocol.TLS{Ca: oneLine(p.ca.pem), Cert: oneLine(p.client.cert), Key: oneLine(p.client.key)}
	if _, err := connect(t, &protocol.Engine{Hosts: []string{server.address()}, Tls: tls}); err != nil {
		t.Error(err)
	}
}
