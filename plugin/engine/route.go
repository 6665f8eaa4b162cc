package engine

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/docker/cli/cli/connhelper"
	"github.com/docker/cli/opts"

	"airdock.dev/airdock/protocol"
)

const (
	dialTimeout = 30 * time.Second
	// maxIdleConns is how many connections one engine's runs leave for the next
	// ones, which come in waves.
	maxIdleConns = 64
)

// route is the way to one engine.
type route struct {
	transport *http.Transport
	base      string // URL of the API's root, without a version
	// clientHost is the address in the form that the client library wants.
	clientHost string
}

func newRoute(host string, mat *material) (*route, error) {
	// A network that goes away in silence is noticed within 45 s.
	dialer := &net.Dialer{Timeout: dialTimeout, KeepAliveConfig: net.KeepAliveConfig{
		Enable: true, Idle: 15 * time.Second, Interval: 5 * time.Second, Count: 6,
	}}
	transport := &http.Transport{
		// An engine that may compress an archive does it on one core, and takes
		// seven times as long for it.
		DisableCompression:  true,
		MaxIdleConnsPerHost: maxIdleConns,
		IdleConnTimeout:     30 * time.Second,
		TLSHandshakeTimeout: dialTimeout,
		DialContext:         dialer.DialContext,
	}
	switch scheme, rest, _ := strings.Cut(host, "://"); scheme {
	case "unix":
		transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, "unix", rest)
		}
		return &route{transport, "http://localhost", host}, nil
	case "ssh":
		// The docker CLI's way: ssh runs `docker system dial-stdio` over there.
		tunnel, err := connhelper.GetConnectionHelper(host)
		if err != nil {
			return nil, protocol.Errorf(protocol.ErrorKind_INVALID_REQUEST, "engine %s: %w", host, err)
		}
		transport.DialContext = tunnel.Dialer
		return &route{transport, tunnel.Host, tunnel.Host}, nil
	default:
		if mat == nil {
			return &route{transport, "http://" + rest, host}, nil
		}
		transport.TLSClientConfig = mat.config.Clone()
		// A run has connections of its own. With a ticket of the first one they
		// verify and sign nothing again, on either side.
		transport.TLSClientConfig.ClientSessionCache = tls.NewLRUClientSessionCache(1)
		transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := dialer.DialContext(ctx, network, address)
			if err != nil {
				return nil, err
			}
			return &pacedConn{Conn: conn}, nil
		}
		return &route{transport, "https://" + rest, host}, nil
	}
}

// parseAddress reads an address as the docker CLI does. Where it gives no port,
// that is 2376 with TLS and 2375 without, as docker-py has it; the CLI means
// 2375 in any case, where no engine speaks TLS.
func parseAddress(address string, withTLS bool) (string, error) {
	address = strings.TrimSpace(address)
	for _, scheme := range []string{"https://", "http://"} {
		if rest, ok := strings.CutPrefix(address, scheme); ok {
			address = "tcp://" + rest
		}
	}
	if withTLS {
		address = withTLSPort(address)
	}
	if address == "" {
		return "", protocol.Errorf(protocol.ErrorKind_INVALID_REQUEST, "the engine's address is empty")
	}
	host, err := opts.ParseHost(withTLS, address)
	if err != nil {
		return "", protocol.Errorf(protocol.ErrorKind_INVALID_REQUEST,
			"%q is no engine address: %w; write it as tcp://docker:2376, ssh://user@host or unix:///var/run/docker.sock", address, err)
	}
	switch scheme, rest, _ := strings.Cut(host, "://"); scheme {
	case "unix":
		// unix://var/run/docker.sock means the same to docker-py.
		return "unix:///" + strings.TrimPrefix(rest, "/"), nil
	case "tcp", "ssh":
		return host, nil
	default:
		return "", protocol.Errorf(protocol.ErrorKind_INVALID_REQUEST,
			"the engine address %q has a scheme that is not supported; use tcp://, ssh:// or unix://", address)
	}
}

func withTLSPort(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "tcp" || u.Hostname() == "" || u.Port() != "" {
		return address
	}
	u.Host = net.JoinHostPort(u.Hostname(), "2376")
	return u.String()
}
