// Package certificate makes the CA, server and client certificates of one
// engine, in the folders in which docker:dind expects them. It imports nothing
// of ours.
package certificate

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

const (
	lifetime = 365 * 24 * time.Hour
	// renewal is how long before its end a certificate is made anew.
	renewal = 30 * 24 * time.Hour
	// skew tolerates a clock of the engine that is behind ours.
	skew = time.Hour
)

// pair is a certificate with its key.
type pair struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// Ensure makes the certificates below folder when they are missing, damaged,
// near their end at now, or lack one of the server names (DNS names or
// addresses). It tells whether it made new ones.
func Ensure(folder string, names []string, now time.Time) (made bool, err error) {
	if check(folder, names, now) == nil {
		return false, nil
	}
	ca, err := newCA(now)
	if err != nil {
		return false, fmt.Errorf("make CA: %w", err)
	}
	server, err := ca.issue("devengine server", names, x509.ExtKeyUsageServerAuth, now)
	if err != nil {
		return false, fmt.Errorf("make server certificate: %w", err)
	}
	client, err := ca.issue("devengine client", nil, x509.ExtKeyUsageClientAuth, now)
	if err != nil {
		return false, fmt.Errorf("make client certificate: %w", err)
	}
	return true, write(folder, ca, server, client)
}

func newCA(now time.Time) (*pair, error) {
	template, err := newTemplate("devengine CA", now)
	if err != nil {
		return nil, err
	}
	template.IsCA = true
	template.MaxPathLenZero = true
	template.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	return sign(template, template, key, key)
}

// issue makes a certificate that ca signs.
func (ca *pair) issue(name string, names []string, usage x509.ExtKeyUsage, now time.Time) (*pair, error) {
	template, err := newTemplate(name, now)
	if err != nil {
		return nil, err
	}
	template.KeyUsage = x509.KeyUsageDigitalSignature
	template.ExtKeyUsage = []x509.ExtKeyUsage{usage}
	for _, name := range names {
		if ip := net.ParseIP(name); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, name)
		}
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	return sign(template, ca.certificate, key, ca.key)
}

func newTemplate(name string, now time.Time) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, err
	}
	return &x509.Certificate{
		SerialNumber:          serial,
		Subject:               pkix.Name{CommonName: name},
		NotBefore:             now.Add(-skew),
		NotAfter:              now.Add(lifetime),
		BasicConstraintsValid: true,
	}, nil
}

func sign(template, parent *x509.Certificate, key, parentKey *ecdsa.PrivateKey) (*pair, error) {
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), parentKey)
	if err != nil {
		return nil, err
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	return &pair{certificate: certificate, key: key}, nil
}

// write puts each file in place by a rename, so that a container which has one
// of the folders mounted sees whole files, and the new ones.
func write(folder string, ca, server, client *pair) error {
	owners := []struct {
		name string
		pair *pair
	}{{"ca", ca}, {"server", server}, {"client", client}}
	for _, owner := range owners {
		sub := filepath.Join(folder, owner.name)
		if err := os.MkdirAll(sub, 0o700); err != nil {
			return fmt.Errorf("write certificates: %w", err)
		}
		key, err := x509.MarshalPKCS8PrivateKey(owner.pair.key)
		if err != nil {
			return fmt.Errorf("write certificates: %w", err)
		}
		if err := writePEM(filepath.Join(sub, "key.pem"), "PRIVATE KEY", key, 0o600); err != nil {
			return err
		}
		if err := writePEM(filepath.Join(sub, "cert.pem"), "CERTIFICATE", owner.pair.certificate.Raw, 0o644); err != nil {
			return err
		}
		if owner.name == "ca" {
			continue
		}
		if err := writePEM(filepath.Join(sub, "ca.pem"), "CERTIFICATE", ca.certificate.Raw, 0o644); err != nil {
			return err
		}
	}
	return nil
}

func writePEM(path, kind string, der []byte, mode os.FileMode) error {
	temporary := path + ".new"
	text := pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
	if err := os.WriteFile(temporary, text, mode); err != nil {
		return fmt.Errorf("write certificates: %w", err)
	}
	if err := os.Rename(temporary, path); err != nil {
		return fmt.Errorf("write certificates: %w", err)
	}
	return nil
}
