package plugin

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"

	"airdock.dev/airdock/protocol"
)

// hostCertificate is what go-plugin's AutoMTLS makes in a host.
func hostCertificate(t *testing.T) (tls.Certificate, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Minute), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage:    x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

// TestAutoMTLSLetsItsHostInAlone: the way of a Go host, without a token. Other
// processes of the same user that find the socket get nowhere.
func TestAutoMTLSLetsItsHostInAlone(t *testing.T) {
	t.Parallel()
	own, ownPEM := hostCertificate(t)
	other, _ := hostCertificate(t)
	p := startProcess(t, func(p *process) {
		p.set(protocol.EnvToken, "")
		p.set("PLUGIN_CLIENT_CERT", ownPEM)
	})
	line, err := p.stdout.ReadString('\n')
	parts := strings.Split(strings.TrimSpace(line), "|")
	if err != nil || len(parts) < 6 {
		t.Fatalf("handshake %q, %v\n%s", line, err, p.stderr)
	}
	der, err := base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil {
		t.Fatal(err)
	}
	server, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(server)
	with := func(certificates ...tls.Certificate) credentials.TransportCredentials {
		return credentials.NewTLS(&tls.Config{RootCAs: roots, Certificates: certificates, ServerName: "localhost", MinVersion: tls.VersionTLS12})
	}
	for name, c := range map[string]struct {
		as  credentials.TransportCredentials
		let bool
	}{
		"its host":               {with(own), true},
		"another certificate":    {with(other), false},
		"no certificate":         {with(), false},
		"no encryption":          {insecure.NewCredentials(), false},
		"its host, a second one": {with(own), true},
	} {
		conn, err := grpc.NewClient("unix:"+parts[3], grpc.WithTransportCredentials(c.as))
		if err != nil {
			t.Fatal(err)
		}
		_, err = grpc_health_v1.NewHealthClient(conn).Check(t.Context(), &grpc_health_v1.HealthCheckRequest{Service: "plugin"})
		if (err == nil) != c.let {
			t.Errorf("%s: %v", name, err)
		}
		_ = conn.Close()
	}
}
