package engine

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"path/filepath"
	"sync/atomic"
	"testing"

	"airdock.dev/airdock/protocol"
)

// parties are an engine's authority with what it signed, and another one.
type parties struct {
	ca, otherCA    *authority
	server, client pair
}

func newParties(t *testing.T) parties {
	t.Helper()
	ca := newAuthority(t, "engine CA")
	return parties{
		ca:      ca,
		otherCA: newAuthority(t, "another CA"),
		server:  ca.issue(t, "server", nil),
		client:  ca.issue(t, "client", nil),
	}
}

// tls is what a caller gives who has done everything right.
func (p parties) tls() *protocol.TLS {
	return &protocol.TLS{Ca: byValue(p.ca.pem), Cert: byValue(p.client.cert), Key: byValue(p.client.key)}
}

func TestConnectMutualTLS(t *testing.T) {
	t.Parallel()
	p := newParties(t)
	for name, version := range map[string]uint16{"TLS 1.2": tls.VersionTLS12, "TLS 1.3": tls.VersionTLS13} {
		config := mutualTLS(t, p.ca, p.server)
		config.MinVersion, config.MaxVersion = version, version
		server := startEngine(t, config, ping("1.41"))
		eng, err := connect(t, &protocol.Engine{Hosts: []string{server.address()}, Tls: p.tls()})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if eng.Host != server.address() || eng.ClientVersion() != "1.41" || eng.Ping.OSType != "linux" {
			t.Errorf("%s: connected to %s, API %s, %s", name, eng.Host, eng.ClientVersion(), eng.Ping.OSType)
		}
	}
}

// TestConnectFailureOfTheWay has the ways to an engine that is not there, or
// not as expected, without certificates at fault.
func TestConnectFailureOfTheWay(t *testing.T) {
	t.Parallel()
	p := newParties(t)
	plain := startEngine(t, nil, ping("1.41"))
	encrypted := startEngine(t, mutualTLS(t, p.ca, p.server), ping("1.41"))
	ill := startEngine(t, nil, func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "the disk is full", http.StatusInternalServerError)
	})
	website := startEngine(t, nil, func(w http.ResponseWriter, _ *http.Request) { http.NotFound(w, nil) })
	refused, silent := closedPort(t), silentPort(t)
	socket := "unix://" + filepath.Join(t.TempDir(), "docker.sock")
	for name, c := range map[string]struct {
		host     string
		tls      *protocol.TLS
		timeout  float64
		kind     protocol.ErrorKind
		mentions string
	}{
		"no such host":            {"tcp://no-such-host.invalid:2376", p.tls(), 20, protocol.ErrorKind_ENGINE_HOST_UNKNOWN, "no-such-host.invalid"},
		"connection refused":      {refused, p.tls(), 20, protocol.ErrorKind_ENGINE_UNREACHABLE, refused},
		"refused without TLS":     {refused, nil, 20, protocol.ErrorKind_ENGINE_UNREACHABLE, refused},
		"http to an https port":   {encrypted.address(), nil, 20, protocol.ErrorKind_TLS_REQUIRED, "client certificate"},
		"https to an http port":   {plain.address(), p.tls(), 20, protocol.ErrorKind_TLS_NOT_SPOKEN, plain.address()},
		"unix socket missing":     {socket, nil, 20, protocol.ErrorKind_ENGINE_UNREACHABLE, socket},
		"no answer to the ping":   {silent, nil, 0.2, protocol.ErrorKind_ENGINE_TIMEOUT, silent},
		"no answer to the hello":  {silent, p.tls(), 0.2, protocol.ErrorKind_ENGINE_TIMEOUT, silent},
		"engine answers 500":      {ill.address(), nil, 20, protocol.ErrorKind_ENGINE_ERROR, "the disk is full"},
		"not an engine at all":    {website.address(), nil, 20, protocol.ErrorKind_ENGINE_ERROR, "404"},
		"address without meaning": {"tcp://docker:port", nil, 20, protocol.ErrorKind_INVALID_REQUEST, "docker:port"},
		"scheme without meaning":  {"ftp://docker:2376", nil, 20, protocol.ErrorKind_INVALID_REQUEST, "ftp"},
		"empty address":           {" ", nil, 20, protocol.ErrorKind_INVALID_REQUEST, "empty"},
		"timeout of zero":         {plain.address(), nil, 0, protocol.ErrorKind_INVALID_REQUEST, "timeout"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := connect(t, &protocol.Engine{Hosts: []string{c.host}, Tls: c.tls, Timeout: seconds(c.timeout)})
			wantKind(t, err, c.kind, c.mentions)
		})
	}
}

// TestConnectFailureOfCertificates has the certificates of both ends at fault,
// each seen by a server that really checks.
func TestConnectFailureOfCertificates(t *testing.T) {
	t.Parallel()
	p := newParties(t)
	without := func(tls *protocol.TLS, change func(*protocol.TLS)) *protocol.TLS {
		change(tls)
		return tls
	}
	stranger := p.otherCA.issue(t, "client", nil)
	for name, c := range map[string]struct {
		server pair
		max    uint16
		tls    *protocol.TLS
		kind   protocol.ErrorKind
	}{
		"another CA": {p.server, 0, without(p.tls(), func(x *protocol.TLS) { x.Ca = byValue(p.otherCA.pem) }), protocol.ErrorKind_TLS_CA_MISMATCH},
		"no CA":      {p.server, 0, without(p.tls(), func(x *protocol.TLS) { x.Ca = nil }), protocol.ErrorKind_TLS_CA_MISMATCH},
		"no client certificate": {p.server, 0, &protocol.TLS{Ca: byValue(p.ca.pem)},
			protocol.ErrorKind_TLS_CLIENT_CERT_REQUIRED},
		"no client certificate, TLS 1.2": {p.server, tls.VersionTLS12, &protocol.TLS{Ca: byValue(p.ca.pem)},
			protocol.ErrorKind_TLS_CLIENT_CERT_REQUIRED},
		"client certificate of another CA": {p.server, 0, without(p.tls(), func(x *protocol.TLS) {
			x.Cert, x.Key = byValue(stranger.cert), byValue(stranger.key)
		}), protocol.ErrorKind_TLS_REJECTED},
		"client certificate of another CA, TLS 1.2": {p.server, tls.VersionTLS12, without(p.tls(), func(x *protocol.TLS) {
			x.Cert, x.Key = byValue(stranger.cert), byValue(stranger.key)
		}), protocol.ErrorKind_TLS_REJECTED},
		"server certificate for another name": {p.ca.issue(t, "server", forAnotherName), 0, p.tls(), protocol.ErrorKind_TLS_NAME_MISMATCH},
		"server name that it does not have": {p.server, 0, without(p.tls(), func(x *protocol.TLS) { x.ServerName = "docker" }),
			protocol.ErrorKind_TLS_NAME_MISMATCH},
		"server certificate expired":       {p.ca.issue(t, "server", expired), 0, p.tls(), protocol.ErrorKind_TLS_SERVER_CERT_EXPIRED},
		"server certificate not valid yet": {p.ca.issue(t, "server", notYet), 0, p.tls(), protocol.ErrorKind_TLS_SERVER_CERT_EXPIRED},
		"server certificate for clients only": {p.ca.issue(t, "server", func(c *x509.Certificate) {
			c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
		}), 0, p.tls(), protocol.ErrorKind_TLS_CA_MISMATCH},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := mutualTLS(t, p.ca, c.server)
			config.MaxVersion = c.max
			server := startEngine(t, config, ping("1.41"))
			_, err := connect(t, &protocol.Engine{Hosts: []string{server.address()}, Tls: c.tls})
			wantKind(t, err, c.kind, server.address())
		})
	}
}

// TestConnectRefusedCertificateEveryTime: an engine of TLS 1.3 refuses a client
// certificate after the client counts the handshake as done, so that the
// refusal races with the request.
func TestConnectRefusedCertificateEveryTime(t *testing.T) {
	t.Parallel()
	p := newParties(t)
	server := startEngine(t, mutualTLS(t, p.ca, p.server), ping("1.41"))
	for range 200 {
		_, err := connect(t, &protocol.Engine{Hosts: []string{server.address()}, Tls: &protocol.TLS{Ca: byValue(p.ca.pem)}})
		wantKind(t, err, protocol.ErrorKind_TLS_CLIENT_CERT_REQUIRED)
	}
}

func TestConnectServerNameAndInsecure(t *testing.T) {
	t.Parallel()
	p := newParties(t)
	server := startEngine(t, mutualTLS(t, p.ca, p.ca.issue(t, "server", forAnotherName)), ping("1.41"))
	named, insecure := p.tls(), p.tls()
	named.ServerName = "docker"
	insecure.Ca, insecure.InsecureSkipVerify = nil, true
	for name, spec := range map[string]*protocol.TLS{"server_name": named, "insecure_skip_verify": insecure} {
		if _, err := connect(t, &protocol.Engine{Hosts: []string{server.address()}, Tls: spec}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestConnectNeverFallsBackToPlain: a request with TLS is never sent without,
// whatever answers.
func TestConnectNeverFallsBackToPlain(t *testing.T) {
	t.Parallel()
	p := newParties(t)
	var asked atomic.Bool
	plain := startEngine(t, nil, func(w http.ResponseWriter, _ *http.Request) {
		asked.Store(true)
		_, _ = io.WriteString(w, "OK")
	})
	_, err := connect(t, &protocol.Engine{Hosts: []string{plain.address()}, Tls: p.tls()})
	wantKind(t, err, protocol.ErrorKind_TLS_NOT_SPOKEN)
	if asked.Load() {
		t.Error("a request reached the engine without TLS")
	}
}
