package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/containerd/errdefs/pkg/errhttp"
	"github.com/docker/docker/api/types/container"
)

// maxAnswer bounds what is read of an answer that should be short, in bytes.
const maxAnswer = 1 << 20

// CreateContainer is POST /containers/create with a body that is JSON already.
// The client library's own method takes Go types, which drop every option that
// is younger than the library; a caller's extra_config shall reach the engine.
func (e *Engine) CreateContainer(ctx context.Context, name, platform string, body []byte) (container.CreateResponse, error) {
	var created container.CreateResponse
	query := url.Values{"name": {name}}
	if platform != "" {
		query.Set("platform", platform)
	}
	address := e.base + "/v" + e.ClientVersion() + "/containers/create?" + query.Encode()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return created, err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := e.transport.RoundTrip(request)
	if err != nil {
		return created, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return created, err
	}
	if response.StatusCode >= http.StatusBadRequest {
		return created, answeredError(response.StatusCode, answer)
	}
	if err := json.Unmarshal(answer, &created); err != nil {
		return created, fmt.Errorf("answer of the engine: %w", err)
	}
	return created, nil
}

// answeredError is the error that the client library makes of such an answer:
// the engine's sentence, and what package errdefs classifies.
func answeredError(status int, answer []byte) error {
	var said struct {
		Message string `json:"message"`
	}
	if json.Unmarshal(answer, &said) != nil || said.Message == "" {
		said.Message = strings.TrimSpace(string(answer))
	}
	return classified{"Error response from daemon: " + said.Message, errhttp.ToNative(status)}
}

type classified struct {
	message string
	class   error
}

func (c classified) Error() string { return c.message }
func (c classified) Unwrap() error { return c.class }
