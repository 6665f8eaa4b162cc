package e2e

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"strings"
	"testing"
	"time"

	"airdock.dev/airdock/protocol"
)

// engine is the engine of the environment as a request names it.
func (s *story) engine() *protocol.Engine {
	folder := os.Getenv("DOCKER_CERT_PATH")
	return &protocol.Engine{Hosts: []string{os.Getenv("DOCKER_HOST")}, Tls: &protocol.TLS{
		Ca: certificate(folder, "ca.pem"), Cert: certificate(folder, "cert.pem"), Key: certificate(folder, "key.pem"),
	}}
}

// strangePair is a certificate that no engine knows, with its key, as PEM.
func strangePair(t *testing.T, until time.Time) (cert, key *protocol.Material) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "stranger"},
		NotBefore: until.Add(-time.Hour), NotAfter: until, IsCA: true, BasicConstraintsValid: true,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalECPrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	material := func(kind string, der []byte) *protocol.Material {
		return &protocol.Material{Source: &protocol.Material_Pem{Pem: pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})}}
	}
	return material("CERTIFICATE", der), material("EC PRIVATE KEY", keyDER)
}

// TestBadEngine has the ways to name an engine wrong, with the real one at the
// other end.
func TestBadEngine(t *testing.T) {
	if !strings.HasPrefix(os.Getenv("DOCKER_HOST"), "tcp://") || os.Getenv("DOCKER_CERT_PATH") == "" {
		t.Fatal("the engine of these tests is one over TLS: DOCKER_HOST and DOCKER_CERT_PATH")
	}
	cert, key := strangePair(t, time.Now().Add(time.Hour))
	oldCert, oldKey := strangePair(t, time.Now().Add(-time.Minute))
	for name, c := range map[string]struct {
		kind   protocol.ErrorKind
		says   string
		change func(*story, *protocol.Engine)
	}{
		"no such host": {protocol.ErrorKind_ENGINE_HOST_UNKNOWN, "no-such-engine.invalid",
			func(_ *story, e *protocol.Engine) { e.Hosts = []string{"tcp://no-such-engine.invalid:2376"} }},
		"engine refuses the connection": {protocol.ErrorKind_ENGINE_UNREACHABLE, "127.0.0.1",
			func(s *story, e *protocol.Engine) { e.Hosts = []string{freePort(s.T)} }},
		"http to the https port":      {protocol.ErrorKind_TLS_REQUIRED, "TLS", func(_ *story, e *protocol.Engine) { e.Tls = nil }},
		"CA that did not sign":        {protocol.ErrorKind_TLS_CA_MISMATCH, "CA", func(_ *story, e *protocol.Engine) { e.Tls.Ca = cert }},
		"no CA":                       {protocol.ErrorKind_TLS_CA_MISMATCH, "CA", func(_ *story, e *protocol.Engine) { e.Tls.Ca = nil }},
		"no client certificate":       {protocol.ErrorKind_TLS_CLIENT_CERT_REQUIRED, "client certificate", func(_ *story, e *protocol.Engine) { e.Tls.Cert, e.Tls.Key = nil, nil }},
		"client certificate expired":  {protocol.ErrorKind_TLS_CLIENT_CERT_EXPIRED, "expired", func(_ *story, e *protocol.Engine) { e.Tls.Cert, e.Tls.Key = oldCert, oldKey }},
		"client certificate strange":  {protocol.ErrorKind_TLS_REJECTED, "client certificate", func(_ *story, e *protocol.Engine) { e.Tls.Cert, e.Tls.Key = cert, key }},
		"certificate for other names": {protocol.ErrorKind_TLS_NAME_MISMATCH, "127.0.0.2", func(s *story, e *protocol.Engine) { e.Hosts = []string{s.newProxy("127.0.0.2").flag()} }},
		"unreadable key file": {protocol.ErrorKind_TLS_FILE_UNREADABLE, "no-such-key.pem",
			func(s *story, e *protocol.Engine) { e.Tls.Key = certificate(s.temp, "no-such-key.pem") }},
		"key of another": {protocol.ErrorKind_TLS_MATERIAL_INVALID, "key", func(_ *story, e *protocol.Engine) { e.Tls.Key = key }},
		"no engine that answers": {protocol.ErrorKind_ENGINE_UNREACHABLE, "then",
			func(s *story, e *protocol.Engine) {
				e.Hosts = []string{freePort(s.T), "tcp://no-such-engine.invalid:2376"}
			}},
	} {
		t.Run(name, func(t *testing.T) {
			s := tell(t, "an engine named wrong: "+name)
			got := s.callTo(s.runCall("bad", []string{"busybox", "true"}, func(r *protocol.RunRequest) {
				r.Engine = s.engine()
				c.change(s, r.Engine)
			}))
			s.wantFailure(got, c.kind, 125, c.says)
			if strings.Contains(got.stdout, "PRIVATE KEY") {
				s.Errorf("key material is shown: %s", got.stdout)
			}
			s.nothingIsLeft(0)
		})
	}
}

func TestEnginesFailOver(t *testing.T) {
	s := tell(t, "of several engines the first that answers runs the container")
	got := s.callTo(s.runCall("over", []string{"busybox", "true"}, func(r *protocol.RunRequest) {
		r.Engine = s.engine()
		r.Engine.Hosts = append([]string{freePort(t)}, r.Engine.Hosts...)
	}))
	if got.code != 0 || len(got.events) == 0 || got.events[0].GetStarted().GetHost() != os.Getenv("DOCKER_HOST") {
		s.Errorf("code %d, %s", got.code, got.stdout)
	}
	s.nothingIsLeft(0)
}
