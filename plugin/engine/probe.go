package engine

import (
	"context"
	"io"
	"net/http"
	"strings"

	"github.com/docker/docker/api/types"
	"github.com/docker/docker/api/types/build"
	"github.com/docker/docker/api/types/swarm"
	"github.com/docker/docker/api/types/versions"

	"airdock.dev/airdock/protocol"
)

// oldestAPI is the oldest Engine API that may be asked for. The client library
// is made for 1.24 and newer; an example DAG of the official provider asks for
// 1.19, and what a run calls was the same then.
const oldestAPI = "1.19"

// probe asks GET /_ping by itself, and not through the client library, because
// the library replaces the transport's typed errors by sentences.
func probe(ctx context.Context, way *route, host string, mat *material) (types.Ping, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, way.base+"/_ping", nil)
	if err != nil {
		return types.Ping{}, protocol.Errorf(protocol.ErrorKind_INVALID_REQUEST, "engine %s: %w", host, err)
	}
	response, err := way.transport.RoundTrip(request)
	if err != nil {
		return types.Ping{}, connectFailure(ctx, err, host, mat)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 512))
	if err != nil {
		return types.Ping{}, connectFailure(ctx, err, host, mat)
	}
	if response.StatusCode != http.StatusOK {
		return types.Ping{}, pingRefused(host, response.Status, string(body))
	}
	return parsePing(response.Header), nil
}

func pingRefused(host, status, body string) error {
	// net/http's TLS server answers plain HTTP with this text and 400.
	if strings.Contains(body, "HTTP request to an HTTPS server") {
		return protocol.Errorf(protocol.ErrorKind_TLS_REQUIRED,
			"the engine at %s speaks TLS and the request does not; give the CA and client certificate (tls_ca_cert, tls_client_cert, tls_client_key, or DOCKER_TLS_VERIFY=1 with DOCKER_CERT_PATH)", host)
	}
	return protocol.Errorf(protocol.ErrorKind_ENGINE_ERROR,
		"what answers at %s is no Docker Engine, or one that is not well: %s %s", host, status, strings.TrimSpace(body))
}

func parsePing(header http.Header) types.Ping {
	ping := types.Ping{
		APIVersion:     header.Get("Api-Version"),
		OSType:         header.Get("Ostype"),
		Experimental:   header.Get("Docker-Experimental") == "true",
		BuilderVersion: build.BuilderVersion(header.Get("Builder-Version")),
	}
	if state, role, _ := strings.Cut(header.Get("Swarm"), "/"); state != "" {
		ping.SwarmStatus = &swarm.Status{NodeState: swarm.LocalNodeState(state), ControlAvailable: role == "manager"}
	}
	return ping
}

func checkVersion(asked, host string, ping types.Ping) error {
	if asked == "" || ping.APIVersion == "" {
		return nil
	}
	if versions.GreaterThan(asked, ping.APIVersion) || versions.LessThan(asked, oldestAPI) {
		return protocol.Errorf(protocol.ErrorKind_API_VERSION_UNSUPPORTED,
			"API version %s was asked for and the engine at %s speaks %s to %s; leave api_version out to have it negotiated",
			asked, host, oldestAPI, ping.APIVersion)
	}
	return nil
}
