// Package engine makes clients of Docker Engines; nothing else in this module
// does. It turns what can go wrong on the way to an engine into the error kinds
// of package protocol, the only package of ours that it imports.
package engine

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/docker/cli/opts"
	"github.com/docker/docker/api/types"
	"github.com/docker/docker/client"

	"airdock.dev/airdock/protocol"
)

const defaultTimeout = 60 * time.Second

// Engine is a Docker Engine that has answered a ping.
type Engine struct {
	*client.Client
	// Host is the address that answered, of those in the request.
	Host string
	// Ping is what the engine said of itself when it was last connected to.
	Ping types.Ping
	// Timeout bounds one API call that should answer at once.
	Timeout time.Duration

	base      string // URL of the API's root, without a version
	transport *http.Transport
}

// Within bounds a call that the engine should answer at once.
func (e *Engine) Within(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, e.Timeout)
}

// Pool keeps one client, and with it the open connections, per distinct engine.
// The zero value is ready for use, by any number of goroutines.
type Pool struct {
	mu    sync.Mutex
	links map[[sha256.Size]byte]*link
}

// link is what calls with the same address, certificates and API version share.
type link struct {
	transport *http.Transport
	mu        sync.Mutex
	api       *client.Client
	spoken    string // the API version that api was negotiated from
}

// Connect returns the first engine of spec.Hosts that answers a ping. What it
// returns when none does is the failure of the first, as a *protocol.Failure.
func (p *Pool) Connect(ctx context.Context, spec *protocol.Engine) (*Engine, error) {
	if len(spec.GetHosts()) == 0 {
		return nil, protocol.Errorf(protocol.ErrorKind_INVALID_REQUEST,
			"no engine is named; give its address, for example tcp://docker:2376")
	}
	mat, err := loadMaterial(spec.GetTls())
	if err != nil {
		return nil, err
	}
	var failures []error
	for _, address := range spec.GetHosts() {
		eng, err := p.connect(ctx, spec, address, mat)
		if err == nil {
			return eng, nil
		}
		failures = append(failures, err)
	}
	return nil, firstOf(failures)
}

func (p *Pool) connect(ctx context.Context, spec *protocol.Engine, address string, mat *material) (*Engine, error) {
	host, err := parseAddress(address, mat != nil)
	if err != nil {
		return nil, err
	}
	timeout := defaultTimeout
	if spec.GetTimeout() != nil {
		timeout = spec.GetTimeout().AsDuration()
	}
	if timeout <= 0 {
		return nil, protocol.Errorf(protocol.ErrorKind_INVALID_REQUEST, "the API timeout %s is not positive", timeout)
	}
	version := spec.GetApiVersion()
	if version == "auto" {
		version = ""
	}
	shared := p.link(spec, host, version, mat)
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	ping, err := probe(ctx, shared.transport, host, mat)
	if err != nil {
		return nil, err
	}
	if err := checkVersion(version, host, ping); err != nil {
		return nil, err
	}
	api, err := shared.client(host, version, mat != nil, ping)
	if err != nil {
		return nil, protocol.Errorf(protocol.ErrorKind_INVALID_REQUEST, "engine %s: %w", host, err)
	}
	return &Engine{
		Client:    api,
		Host:      host,
		Ping:      ping,
		Timeout:   timeout,
		base:      baseURL(host, mat),
		transport: shared.transport,
	}, nil
}

func (p *Pool) link(spec *protocol.Engine, host, version string, mat *material) *link {
	id := sha256.New()
	fmt.Fprintf(id, "%s\n%s\n%s\n%v %v\n", host, version, spec.GetTls().GetServerName(),
		spec.GetTls().GetInsecureSkipVerify(), spec.GetTls().GetSkipNameCheck())
	if mat != nil {
		id.Write(mat.digest[:])
	}
	key := [sha256.Size]byte(id.Sum(nil))

	p.mu.Lock()
	defer p.mu.Unlock()
	if p.links == nil {
		p.links = map[[sha256.Size]byte]*link{}
	}
	if p.links[key] == nil {
		p.links[key] = &link{transport: newTransport(host, mat)}
	}
	return p.links[key]
}

// client makes the client anew when the engine speaks another API version than
// the last time, because it was upgraded in between.
func (l *link) client(host, version string, withTLS bool, ping types.Ping) (*client.Client, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.api != nil && l.spoken == ping.APIVersion {
		return l.api, nil
	}
	// WithHost comes first: it changes the transport that it finds.
	options := []client.Opt{
		client.WithHost(host),
		client.WithHTTPClient(&http.Client{Transport: l.transport, CheckRedirect: client.CheckRedirect}),
		client.WithUserAgent("airdock"),
	}
	if withTLS && !isLocal(host) {
		options = append(options, client.WithScheme("https"))
	}
	if version != "" {
		options = append(options, client.WithVersion(version))
	} else {
		options = append(options, client.WithAPIVersionNegotiation())
	}
	api, err := client.NewClientWithOpts(options...)
	if err != nil {
		return nil, err
	}
	api.NegotiateAPIVersionPing(ping)
	l.api, l.spoken = api, ping.APIVersion
	return api, nil
}

// newTransport never asks for gzip: an engine compresses an archive on one core
// and takes seven times as long for it.
func newTransport(host string, mat *material) *http.Transport {
	dialer := &net.Dialer{Timeout: 30 * time.Second, KeepAlive: 15 * time.Second}
	transport := &http.Transport{
		DisableCompression:  true,
		ReadBufferSize:      64 << 10,
		MaxIdleConnsPerHost: 16,
		IdleConnTimeout:     30 * time.Second,
		TLSHandshakeTimeout: 30 * time.Second,
		DialContext:         dialer.DialContext,
	}
	if path, ok := strings.CutPrefix(host, "unix://"); ok {
		transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, "unix", path)
		}
		return transport
	}
	if mat != nil {
		transport.TLSClientConfig = mat.config.Clone()
	}
	return transport
}

func isLocal(host string) bool {
	return strings.HasPrefix(host, "unix://")
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
			"%q is no engine address: %w; write it as tcp://docker:2376 or unix:///var/run/docker.sock", address, err)
	}
	if !strings.HasPrefix(host, "tcp://") && !isLocal(host) {
		return "", protocol.Errorf(protocol.ErrorKind_INVALID_REQUEST,
			"the engine address %q has a scheme that is not supported; use tcp:// or unix://", address)
	}
	return host, nil
}

func withTLSPort(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "tcp" || u.Hostname() == "" || u.Port() != "" {
		return address
	}
	u.Host = net.JoinHostPort(u.Hostname(), "2376")
	return u.String()
}

// firstOf keeps the kind of the first failure and tells of the others.
func firstOf(failures []error) error {
	var first *protocol.Failure
	if len(failures) == 1 || !errors.As(failures[0], &first) {
		return failures[0]
	}
	message := first.Message
	for _, other := range failures[1:] {
		message += "; then: " + other.Error()
	}
	return protocol.Errorf(first.Kind, "%s", message)
}
