// Package engine makes clients of Docker Engines; nothing else in this module
// does. It turns what can go wrong on the way to an engine into the error kinds
// of package protocol, the only package of ours that it imports.
package engine

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/docker/docker/api/types"
	"github.com/docker/docker/client"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"

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
	*route
	mu     sync.Mutex
	api    *client.Client
	spoken string // the API version that api was negotiated from
}

// Connect returns the first engine of spec.Hosts that answers a ping. What it
// returns when none does is the failure of the first, as a *protocol.Failure.
func (p *Pool) Connect(ctx context.Context, spec *protocol.Engine) (*Engine, error) {
	spec = withEnvironment(spec)
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
	shared, err := p.link(spec, host, version, mat)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	ping, err := probe(ctx, shared.route, host, mat)
	if err != nil {
		return nil, err
	}
	if err := checkVersion(version, host, ping); err != nil {
		return nil, err
	}
	api, err := shared.client(version, ping)
	if err != nil {
		return nil, protocol.Errorf(protocol.ErrorKind_INVALID_REQUEST, "engine %s: %w", host, err)
	}
	return &Engine{
		Client:    api,
		Host:      host,
		Ping:      ping,
		Timeout:   timeout,
		base:      shared.base,
		transport: shared.transport,
	}, nil
}

func (p *Pool) link(spec *protocol.Engine, host, version string, mat *material) (*link, error) {
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
		way, err := newRoute(host, mat)
		if err != nil {
			return nil, err
		}
		p.links[key] = &link{route: way}
	}
	return p.links[key], nil
}

// client makes the client anew when the engine speaks another API version than
// the last time, because it was upgraded in between.
func (l *link) client(version string, ping types.Ping) (*client.Client, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.api != nil && l.spoken == ping.APIVersion {
		return l.api, nil
	}
	// WithHost comes first: it changes the transport that it finds.
	options := []client.Opt{
		client.WithHost(l.clientHost),
		client.WithHTTPClient(&http.Client{Transport: l.transport, CheckRedirect: client.CheckRedirect}),
		client.WithUserAgent("airdock"),
		client.WithTraceOptions(otelhttp.WithFilter(untraced)),
	}
	if strings.HasPrefix(l.base, "https://") {
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

// untraced spares each call a span and its attributes, which nobody collects.
func untraced(*http.Request) bool { return false }

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
