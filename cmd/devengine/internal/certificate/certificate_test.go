package certificate

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func names() []string { return []string{"docker", "localhost", "127.0.0.1"} }

func ensure(t *testing.T, folder string, names []string, now time.Time) bool {
	t.Helper()
	made, err := Ensure(folder, names, now)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func TestMutualTLS(t *testing.T) {
	folder := t.TempDir()
	if !ensure(t, folder, names(), time.Now()) {
		t.Fatal("nothing was made")
	}
	server := keyPair(t, folder, "server")
	client := keyPair(t, folder, "client")
	for _, name := range names() {
		if err := handshake(t, folder, name, server, client); err != nil {
			t.Errorf("as %s: %v", name, err)
		}
	}
	if handshake(t, folder, "elsewhere", server, client) == nil {
		t.Error("the server was taken for another one")
	}
	if handshake(t, folder, "docker", server, nil) == nil {
		t.Error("a client without a certificate was let in")
	}
	stranger := t.TempDir()
	ensure(t, stranger, names(), time.Now())
	if handshake(t, folder, "docker", server, keyPair(t, stranger, "client")) == nil {
		t.Error("a client of another CA was let in")
	}
	if handshake(t, folder, "docker", server, server) == nil {
		t.Error("the server's certificate was taken for a client's")
	}
}

func keyPair(t *testing.T, folder, owner string) *tls.Certificate {
	t.Helper()
	pair, err := tls.LoadX509KeyPair(filepath.Join(folder, owner, "cert.pem"), filepath.Join(folder, owner, "key.pem"))
	if err != nil {
		t.Fatal(err)
	}
	return &pair
}

// handshake does what dockerd and its client do, with the client trusting the
// copy of the CA that it is given.
func handshake(t *testing.T, folder, name string, server, client *tls.Certificate) error {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(folder, "client", "ca.pem"))
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(text)
	near, far := net.Pipe()
	defer func() { _ = near.Close() }()
	served := make(chan error, 1)
	go func() {
		connection := tls.Server(far, &tls.Config{
			Certificates: []tls.Certificate{*server},
			ClientAuth:   tls.RequireAndVerifyClientCert,
			ClientCAs:    roots,
		})
		served <- connection.Handshake()
		_ = far.Close()
	}()
	config := &tls.Config{RootCAs: roots, ServerName: name}
	if client != nil {
		config.Certificates = []tls.Certificate{*client}
	}
	connection := tls.Client(near, config)
	err = connection.Handshake()
	if err != nil {
		_ = near.Close()
	} else {
		// In TLS 1.3 a refusal of the client's certificate comes after.
		_, _ = connection.Read(make([]byte, 1))
	}
	return errors.Join(err, <-served)
}

func TestLayout(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "certs")
	ensure(t, folder, names(), time.Now())
	modes := map[string]os.FileMode{
		".": 0o700, "ca": 0o700, "server": 0o700, "client": 0o700,
		"ca/key.pem": 0o600, "server/key.pem": 0o600, "client/key.pem": 0o600,
		"ca/cert.pem": 0o644, "server/cert.pem": 0o644, "client/cert.pem": 0o644,
		"server/ca.pem": 0o644, "client/ca.pem": 0o644,
	}
	for name, want := range modes {
		info, err := os.Stat(filepath.Join(folder, name))
		if err != nil {
			t.Error(err)
		} else if info.Mode().Perm() != want {
			t.Errorf("%s has mode %o, want %o", name, info.Mode().Perm(), want)
		}
	}
}

func TestReuse(t *testing.T) {
	now := time.Now()
	spoil := func(change func(folder string) error) func(*testing.T, string) {
		return func(t *testing.T, folder string) {
			if err := change(folder); err != nil {
				t.Fatal(err)
			}
		}
	}
	tests := []struct {
		name   string
		change func(*testing.T, string)
		names  []string
		now    time.Time
		made   bool
	}{
		{"as they are", func(*testing.T, string) {}, names(), now, false},
		{"much later", func(*testing.T, string) {}, names(), now.Add(300 * 24 * time.Hour), false},
		{"near their end", func(*testing.T, string) {}, names(), now.Add(340 * 24 * time.Hour), true},
		{"ended", func(*testing.T, string) {}, names(), now.Add(400 * 24 * time.Hour), true},
		{"a name more", func(*testing.T, string) {}, append(names(), "devengine-1"), now, true},
		{"a name less", func(*testing.T, string) {}, names()[:1], now, false},
		{"a file is missing", spoil(func(f string) error { return os.Remove(filepath.Join(f, "client", "ca.pem")) }), names(), now, true},
		{"a file is damaged", spoil(func(f string) error { return os.Truncate(filepath.Join(f, "server", "cert.pem"), 40) }), names(), now, true},
		{"a key may be read", spoil(func(f string) error { return os.Chmod(filepath.Join(f, "client", "key.pem"), 0o644) }), names(), now, true},
		{"a key is another's", spoil(func(f string) error {
			return os.Rename(filepath.Join(f, "server", "key.pem"), filepath.Join(f, "client", "key.pem"))
		}), names(), now, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			folder := t.TempDir()
			ensure(t, folder, names(), now)
			test.change(t, folder)
			if made := ensure(t, folder, test.names, test.now); made != test.made {
				t.Errorf("made is %v, want %v", made, test.made)
			}
			if err := check(folder, test.names, test.now); err != nil {
				t.Errorf("afterwards: %v", err)
			}
		})
	}
}
