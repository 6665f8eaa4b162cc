package certificate

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// check tells why the certificates below folder cannot be used any longer; nil
// when they can.
func check(folder string, names []string, now time.Time) error {
	if _, err := load(folder, "ca"); err != nil {
		return err
	}
	server, err := load(folder, "server")
	if err != nil {
		return err
	}
	client, err := load(folder, "client")
	if err != nil {
		return err
	}
	roots, err := pool(folder)
	if err != nil {
		return err
	}
	options := x509.VerifyOptions{
		Roots:       roots,
		CurrentTime: now.Add(renewal),
		KeyUsages:   []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if _, err := server.Verify(options); err != nil {
		return fmt.Errorf("server certificate: %w", err)
	}
	for _, name := range names {
		if err := server.VerifyHostname(name); err != nil {
			return fmt.Errorf("server certificate: %w", err)
		}
	}
	options.KeyUsages = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	if _, err := client.Verify(options); err != nil {
		return fmt.Errorf("client certificate: %w", err)
	}
	return nil
}

// load reads the certificate of one owner and sees that the key is its own.
func load(folder, owner string) (*x509.Certificate, error) {
	sub := filepath.Join(folder, owner)
	loaded, err := tls.LoadX509KeyPair(filepath.Join(sub, "cert.pem"), filepath.Join(sub, "key.pem"))
	if err != nil {
		return nil, fmt.Errorf("%s certificate: %w", owner, err)
	}
	if info, err := os.Stat(filepath.Join(sub, "key.pem")); err != nil || info.Mode().Perm() != 0o600 {
		return nil, fmt.Errorf("%s key: it may be read by others", owner)
	}
	return loaded.Leaf, nil
}

// pool trusts the CA only when all three copies of it are the same.
func pool(folder string) (*x509.CertPool, error) {
	ca, err := os.ReadFile(filepath.Join(folder, "ca", "cert.pem"))
	if err != nil {
		return nil, err
	}
	for _, owner := range []string{"server", "client"} {
		own, err := os.ReadFile(filepath.Join(folder, owner, "ca.pem"))
		if err != nil {
			return nil, err
		}
		if string(own) != string(ca) {
			return nil, fmt.Errorf("%s/ca.pem is not the CA", owner)
		}
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(ca) {
		return nil, errors.New("ca/cert.pem holds no certificate")
	}
	return roots, nil
}
