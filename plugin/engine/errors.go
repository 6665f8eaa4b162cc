package engine

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/client"

	"airdock.dev/airdock/protocol"
)

// TLS alerts of RFC 8446 that an engine answers a client certificate with.
const (
	alertHandshakeFailure    = tls.AlertError(40)
	alertBadCertificate      = tls.AlertError(42)
	alertCertificateExpired  = tls.AlertError(45)
	alertCertificateRequired = tls.AlertError(116)
)

// connectFailure says what is wrong with the way to an engine that was never
// reached.
func connectFailure(ctx context.Context, err error, host string, mat *material) error {
	if failure := tlsFailure(err, host, mat); failure != nil {
		return failure
	}
	var dns *net.DNSError
	switch {
	case errors.As(err, &dns):
		return protocol.Errorf(protocol.ErrorKind_ENGINE_HOST_UNKNOWN,
			"the engine's host name %q does not resolve; check the address %s and the network that this worker is in", dns.Name, host)
	case errors.Is(err, os.ErrPermission):
		return protocol.Errorf(protocol.ErrorKind_ENGINE_ACCESS_DENIED,
			"this user may not open the engine's socket %s; add the user to the socket's group or use a TLS address", host)
	case errors.Is(ctx.Err(), context.Canceled):
		return context.Cause(ctx)
	case isTimeout(err):
		return protocol.Errorf(protocol.ErrorKind_ENGINE_TIMEOUT,
			"the engine at %s did not answer in time; check the address, a firewall on the way and the engine's load", host)
	default:
		return protocol.Errorf(protocol.ErrorKind_ENGINE_UNREACHABLE,
			"nothing answers as an engine at %s: %w; check that the engine runs and listens there", host, cause(err))
	}
}

func tlsFailure(err error, host string, mat *material) error {
	var (
		untrusted x509.UnknownAuthorityError
		name      x509.HostnameError
		invalid   x509.CertificateInvalidError
		record    tls.RecordHeaderError
	)
	alert, refused := alertOf(err)
	switch {
	case errors.As(err, &untrusted) && mat != nil && mat.caGiven:
		return protocol.Errorf(protocol.ErrorKind_TLS_CA_MISMATCH,
			"the CA certificate that was given did not sign the certificate of the engine at %s; give that engine's own ca.pem", host)
	case errors.As(err, &untrusted):
		return protocol.Errorf(protocol.ErrorKind_TLS_CA_MISMATCH,
			"no CA certificate was given and the system's did not sign the certificate of the engine at %s; give the engine's ca.pem", host)
	case errors.As(err, &name):
		return protocol.Errorf(protocol.ErrorKind_TLS_NAME_MISMATCH,
			"the certificate of the engine at %s is for another name: %w; use a name that it carries, or give that name as tls_hostname", host, name)
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return protocol.Errorf(protocol.ErrorKind_TLS_SERVER_CERT_EXPIRED,
			"the certificate of the engine at %s is not valid at this time: %w", host, invalid)
	case errors.As(err, &invalid):
		return protocol.Errorf(protocol.ErrorKind_TLS_CA_MISMATCH, "the certificate of the engine at %s: %w", host, invalid)
	case errors.As(err, &record) || strings.Contains(err.Error(), "server gave HTTP response to HTTPS client"):
		return protocol.Errorf(protocol.ErrorKind_TLS_NOT_SPOKEN,
			"the engine at %s does not speak TLS and the request does; leave the certificates out or use the engine's TLS port", host)
	case strings.Contains(err.Error(), "malformed HTTP response"):
		return protocol.Errorf(protocol.ErrorKind_TLS_REQUIRED,
			"what answers at %s does not speak plain HTTP; if it is an engine's TLS port, give the CA and the client certificate", host)
	case refused:
		return clientCertFailure(alert, host, mat)
	}
	return nil
}

// alertOf returns the alert with which the other side ended the handshake.
// crypto/tls keeps the type of its alerts to itself and exports only one for
// QUIC, which has the same texts.
func alertOf(err error) (tls.AlertError, bool) {
	var op *net.OpError
	if !errors.As(err, &op) || op.Op != "remote error" {
		return 0, false
	}
	for code := range 256 {
		if alert := tls.AlertError(code); alert.Error() == op.Err.Error() {
			return alert, true
		}
	}
	return 0, false
}

// clientCertFailure reads the alert with which an engine ends the handshake.
// TLS 1.3 has one for a missing client certificate; in TLS 1.2 an engine says
// "handshake failure" or, built with an older Go, "bad certificate".
func clientCertFailure(alert tls.AlertError, host string, mat *material) error {
	missing := mat == nil || mat.clientCert == nil
	switch {
	case missing && (alert == alertCertificateRequired || alert == alertBadCertificate || alert == alertHandshakeFailure):
		return protocol.Errorf(protocol.ErrorKind_TLS_CLIENT_CERT_REQUIRED,
			"the engine at %s wants a client certificate and none was given; give tls_client_cert and tls_client_key", host)
	case alert == alertCertificateExpired:
		return protocol.Errorf(protocol.ErrorKind_TLS_CLIENT_CERT_EXPIRED,
			"the engine at %s says that the client certificate has expired; have a new one made", host)
	default:
		return protocol.Errorf(protocol.ErrorKind_TLS_REJECTED,
			"the engine at %s turned down the client certificate (%w); use one that the engine's own CA signed for client authentication", host, alert)
	}
}

// Failure turns the error of an API call on a connected engine into a
// *protocol.Failure. What a verb knows better it looks for first.
func Failure(err error, host, op string) error {
	var failure *protocol.Failure
	switch {
	case err == nil:
		return nil
	case errors.As(err, &failure):
		return failure
	case errors.Is(err, context.Canceled):
		return err
	case errors.Is(err, context.DeadlineExceeded):
		return protocol.Errorf(protocol.ErrorKind_ENGINE_TIMEOUT,
			"%s: the engine at %s did not answer within the API timeout: %w", op, host, err)
	case IsLost(err):
		return protocol.Errorf(protocol.ErrorKind_ENGINE_LOST,
			"%s: the engine at %s, or the connection to it, broke: %w", op, host, cause(err))
	case errdefs.IsInvalidArgument(err):
		return protocol.Errorf(protocol.ErrorKind_INVALID_REQUEST, "%s: %w", op, err)
	default:
		return protocol.Errorf(protocol.ErrorKind_ENGINE_ERROR, "%s: %w", op, err)
	}
}

// IsLost says whether a call failed because of the connection and not because
// the engine said no.
func IsLost(err error) bool {
	var op *net.OpError
	return client.IsErrConnectionFailed(err) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) || errors.Is(err, net.ErrClosed) ||
		errors.As(err, &op)
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.Is(err, context.DeadlineExceeded) || (errors.As(err, &timeout) && timeout.Timeout())
}

// cause strips the layers that only repeat the URL of the call.
func cause(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		if op, ok := err.(*net.OpError); ok {
			return op
		}
		err = inner
	}
}
