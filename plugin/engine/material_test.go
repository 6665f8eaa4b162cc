package engine

import (
	"bytes"
	"net"
	"path/filepath"
	"strings"
	"testing"

	"crypto/tls"

	"airdock.dev/airdock/protocol"
)

// TestConnectFailureOfMaterial has what is wrong with certificates before any
// engine is asked: the engine sees no connection at all.
func TestConnectFailureOfMaterial(t *testing.T) {
	t.Parallel()
	p := newParties(t)
	server := startEngine(t, mutualTLS(t, p.ca, p.server), ping("1.41"))
	other, old, early := p.ca.issue(t, "client", nil), p.ca.issue(t, "client", expired), p.ca.issue(t, "client", notYet)
	garbage := []byte("-----BEGIN CERTIFICATE-----\nc2VjcmV0LXZhbHVl\n-----END CERTIFICATE-----\n")
	badKey := []byte("-----BEGIN EC PRIVATE KEY-----\nc2VjcmV0LXZhbHVl\n-----END EC PRIVATE KEY-----\n")
	missing, folder := filepath.Join(t.TempDir(), "key.pem"), t.TempDir()
	for name, c := range map[string]struct {
		change   func(*protocol.TLS)
		kind     protocol.ErrorKind
		mentions string
	}{
		"key file missing":         {func(x *protocol.TLS) { x.Key = byPath(missing) }, protocol.ErrorKind_TLS_FILE_UNREADABLE, missing},
		"key file is a folder":     {func(x *protocol.TLS) { x.Key = byPath(folder) }, protocol.ErrorKind_TLS_FILE_UNREADABLE, folder},
		"CA file missing":          {func(x *protocol.TLS) { x.Ca = byPath(missing) }, protocol.ErrorKind_TLS_FILE_UNREADABLE, "CA certificate"},
		"certificate file missing": {func(x *protocol.TLS) { x.Cert = byPath(missing) }, protocol.ErrorKind_TLS_FILE_UNREADABLE, "client certificate"},
		"empty file":               {func(x *protocol.TLS) { x.Ca = inFile(t, "ca.pem", nil) }, protocol.ErrorKind_TLS_MATERIAL_INVALID, "empty"},
		"key without certificate":  {func(x *protocol.TLS) { x.Cert = nil }, protocol.ErrorKind_INVALID_REQUEST, "go together"},
		"certificate without key":  {func(x *protocol.TLS) { x.Key = nil }, protocol.ErrorKind_INVALID_REQUEST, "go together"},
		"CA is no PEM":             {func(x *protocol.TLS) { x.Ca = byValue([]byte("hello")) }, protocol.ErrorKind_TLS_MATERIAL_INVALID, "CA certificate"},
		"CA is a key":              {func(x *protocol.TLS) { x.Ca = byValue(p.client.key) }, protocol.ErrorKind_TLS_MATERIAL_INVALID, "CA certificate"},
		"CA is broken":             {func(x *protocol.TLS) { x.Ca = byValue(garbage) }, protocol.ErrorKind_TLS_MATERIAL_INVALID, "CA certificate"},
		"certificate is broken":    {func(x *protocol.TLS) { x.Cert = byValue(garbage) }, protocol.ErrorKind_TLS_MATERIAL_INVALID, "client certificate"},
		"key is no PEM":            {func(x *protocol.TLS) { x.Key = byValue([]byte("hello")) }, protocol.ErrorKind_TLS_MATERIAL_INVALID, "client key"},
		"key is broken":            {func(x *protocol.TLS) { x.Key = byValue(badKey) }, protocol.ErrorKind_TLS_MATERIAL_INVALID, "key"},
		"key of another":           {func(x *protocol.TLS) { x.Key = byValue(other.key) }, protocol.ErrorKind_TLS_MATERIAL_INVALID, "key"},
		"certificate and key swapped": {func(x *protocol.TLS) { x.Cert, x.Key = x.Key, x.Cert },
			protocol.ErrorKind_TLS_MATERIAL_INVALID, "client certificate"},
		"client certificate expired": {func(x *protocol.TLS) { x.Cert, x.Key = byValue(old.cert), byValue(old.key) },
			protocol.ErrorKind_TLS_CLIENT_CERT_EXPIRED, "expired"},
		"client certificate not valid yet": {func(x *protocol.TLS) { x.Cert, x.Key = byValue(early.cert), byValue(early.key) },
			protocol.ErrorKind_TLS_CLIENT_CERT_EXPIRED, "clock"},
		"key by value where a path belongs": {func(x *protocol.TLS) { x.Key = byPath(string(p.client.key)) },
			protocol.ErrorKind_TLS_FILE_UNREADABLE, "path"},
	} {
		t.Run(name, func(t *testing.T) {
			spec := p.tls()
			c.change(spec)
			_, err := connect(t, &protocol.Engine{Hosts: []string{server.address()}, Tls: spec})
			wantKind(t, err, c.kind, c.mentions)
			for _, secret := range [][]byte{p.client.key, other.key, []byte("c2VjcmV0LXZhbHVl"), []byte("secret-value")} {
				line, _, _ := bytes.Cut(bytes.TrimPrefix(secret, []byte("-----BEGIN EC PRIVATE KEY-----\n")), []byte("\n"))
				if strings.Contains(err.Error(), string(line)) {
					t.Errorf("the message holds key material: %v", err)
				}
			}
		})
	}
	if n := server.connections.Load(); n != 0 {
		t.Errorf("the engine saw %d connections, want none", n)
	}
}

// TestTLSFailureAlerts has the words of engines that no server of this Go
// version says any more, and of one with another clock.
func TestTLSFailureAlerts(t *testing.T) {
	t.Parallel()
	p := newParties(t)
	with, err := loadMaterial(p.tls())
	if err != nil {
		t.Fatal(err)
	}
	without, err := loadMaterial(&protocol.TLS{Ca: byValue(p.ca.pem)})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		alert tls.AlertError
		mat   *material
		kind  protocol.ErrorKind
	}{
		"handshake failure, none given":    {40, without, protocol.ErrorKind_TLS_CLIENT_CERT_REQUIRED},
		"bad certificate, none given":      {42, without, protocol.ErrorKind_TLS_CLIENT_CERT_REQUIRED},
		"certificate required, none given": {116, without, protocol.ErrorKind_TLS_CLIENT_CERT_REQUIRED},
		"bad certificate":                  {42, with, protocol.ErrorKind_TLS_REJECTED},
		"unsupported certificate":          {43, with, protocol.ErrorKind_TLS_REJECTED},
		"revoked":                          {44, with, protocol.ErrorKind_TLS_REJECTED},
		"expired by the engine's clock":    {45, with, protocol.ErrorKind_TLS_CLIENT_CERT_EXPIRED},
		"unknown authority":                {48, with, protocol.ErrorKind_TLS_REJECTED},
		"access denied":                    {49, with, protocol.ErrorKind_TLS_REJECTED},
	} {
		alert := &net.OpError{Op: "remote error", Err: c.alert}
		wantKind(t, connectFailure(t.Context(), alert, "tcp://docker:2376", c.mat), c.kind, "docker:2376")
		if t.Failed() {
			t.Fatal(name)
		}
	}
}
