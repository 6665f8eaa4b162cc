package engine

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"airdock.dev/airdock/protocol"
)

// material is the TLS part of a request with its files read: what decides
// whether two requests may share a client, and what tells a rejected
// certificate from a missing one.
type material struct {
	config     *tls.Config
	clientCert *x509.Certificate
	caGiven    bool
	digest     [sha256.Size]byte
}

// loadMaterial reads and checks the certificates of a request. Nothing is
// cached: a renewed certificate on disk is used by the next call.
func loadMaterial(spec *protocol.TLS) (*material, error) {
	if spec == nil {
		return nil, nil
	}
	ca, err := read("CA certificate", spec.GetCa())
	if err != nil {
		return nil, err
	}
	cert, err := read("client certificate", spec.GetCert())
	if err != nil {
		return nil, err
	}
	key, err := read("client key", spec.GetKey())
	if err != nil {
		return nil, err
	}
	m := &material{
		config: &tls.Config{
			MinVersion:         tls.VersionTLS12,
			ServerName:         spec.GetServerName(),
			InsecureSkipVerify: spec.GetInsecureSkipVerify(),
		},
		caGiven: len(ca) > 0,
		digest:  digest(ca, cert, key),
	}
	if err := m.addCA(ca); err != nil {
		return nil, err
	}
	if spec.GetSkipNameCheck() && !spec.GetInsecureSkipVerify() {
		m.skipNameCheck()
	}
	return m, m.addClientCert(cert, key)
}

func (m *material) addCA(ca []byte) error {
	if len(ca) == 0 {
		return nil
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(ca) {
		return protocol.Errorf(protocol.ErrorKind_TLS_MATERIAL_INVALID,
			"the CA certificate holds no PEM block of type CERTIFICATE; give the ca.pem that signed the engine's certificate")
	}
	m.config.RootCAs = pool
	return nil
}

// skipNameCheck has the chain of the engine's certificate verified, and not the
// name. crypto/tls knows only both or none.
func (m *material) skipNameCheck() {
	m.config.InsecureSkipVerify = true
	roots := m.config.RootCAs
	m.config.VerifyConnection = func(state tls.ConnectionState) error {
		intermediates := x509.NewCertPool()
		for _, cert := range state.PeerCertificates[1:] {
			intermediates.AddCert(cert)
		}
		_, err := state.PeerCertificates[0].Verify(x509.VerifyOptions{Roots: roots, Intermediates: intermediates})
		return err
	}
}

func (m *material) addClientCert(cert, key []byte) error {
	switch {
	case len(cert) == 0 && len(key) == 0:
		return nil
	case len(cert) == 0 || len(key) == 0:
		return protocol.Errorf(protocol.ErrorKind_INVALID_REQUEST,
			"a client certificate and its key go together, and only one of the two is given")
	}
	if block, _ := pem.Decode(key); block == nil {
		return protocol.Errorf(protocol.ErrorKind_TLS_MATERIAL_INVALID, "the client key holds no PEM block")
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return protocol.Errorf(protocol.ErrorKind_TLS_MATERIAL_INVALID, "the client certificate and key: %w", err)
	}
	m.config.Certificates = []tls.Certificate{pair}
	m.clientCert = pair.Leaf
	now := time.Now()
	if now.After(pair.Leaf.NotAfter) {
		return protocol.Errorf(protocol.ErrorKind_TLS_CLIENT_CERT_EXPIRED,
			"the client certificate expired on %s; have a new one made", pair.Leaf.NotAfter.Format(time.RFC3339))
	}
	if now.Before(pair.Leaf.NotBefore) {
		return protocol.Errorf(protocol.ErrorKind_TLS_CLIENT_CERT_EXPIRED,
			"the client certificate is valid only from %s; check this machine's clock", pair.Leaf.NotBefore.Format(time.RFC3339))
	}
	return nil
}

func read(what string, m *protocol.Material) ([]byte, error) {
	if pemText := m.GetPem(); len(pemText) > 0 {
		return pemText, nil
	}
	path := m.GetPath()
	if written := m.GetWritten(); strings.Contains(written, "-----BEGIN") {
		return repaired(written), nil
	} else if written != "" {
		path = written
	}
	if path == "" {
		return nil, nil
	}
	if strings.Contains(path, "-----BEGIN") {
		// The path would appear in the error.
		return nil, protocol.Errorf(protocol.ErrorKind_TLS_FILE_UNREADABLE,
			"the %s is given as a PEM document where its path belongs; give it by value", what)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		var reason *os.PathError
		if errors.As(err, &reason) {
			err = reason.Err
		}
		return nil, protocol.Errorf(protocol.ErrorKind_TLS_FILE_UNREADABLE,
			"the %s %s cannot be read: %w; check the path and its permissions on the machine that runs the task", what, path, err)
	}
	if len(data) == 0 {
		return nil, protocol.Errorf(protocol.ErrorKind_TLS_MATERIAL_INVALID, "the %s %s is empty", what, path)
	}
	return data, nil
}

// pemBlock is a block with its content as a group, on one line or on many.
var pemBlock = regexp.MustCompile(`(?s)(-----BEGIN [A-Z0-9 ]+-----)(.*?)(-----END [A-Z0-9 ]+-----)`)

// repaired gives PEM documents their line ends back: a form's field of one line
// takes them away, and an environment variable spells them \n.
func repaired(written string) []byte {
	var text strings.Builder
	for _, block := range pemBlock.FindAllStringSubmatch(written, -1) {
		lines := strings.Fields(strings.ReplaceAll(block[2], `\n`, " "))
		text.WriteString(strings.Join(slices.Concat([]string{block[1]}, lines, []string{block[3], ""}), "\n"))
	}
	if text.Len() == 0 {
		return []byte(written)
	}
	return []byte(text.String())
}

func digest(parts ...[]byte) [sha256.Size]byte {
	h := sha256.New()
	for _, part := range parts {
		sum := sha256.Sum256(part)
		h.Write(sum[:])
	}
	return [sha256.Size]byte(h.Sum(nil))
}
