// Package registry pushes images to a plain registry. It imports image, whose
// images it pushes.
package registry

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"airdock.dev/airdock/cmd/devengine/internal/image"
)

// Media types of schema 2: the oldest engines and registries know them.
const (
	manifestType = "application/vnd.docker.distribution.manifest.v2+json"
	configType   = "application/vnd.docker.container.image.v1+json"
	layerType    = "application/vnd.docker.image.rootfs.diff.tar.gzip"
)

// Registry is a registry without TLS at an address of this machine.
type Registry struct {
	Address string
}

// Local is the registry on a port of this machine.
func Local(port int) Registry {
	return Registry{Address: net.JoinHostPort("127.0.0.1", strconv.Itoa(port))}
}

// Ping asks once whether the registry answers, within two seconds.
func (r Registry) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	_, err := r.do(ctx, http.MethodGet, "/v2/", "", nil, 0, http.StatusOK)
	return err
}

type descriptor struct {
	MediaType string `json:"mediaType"`
	Size      int64  `json:"size"`
	Digest    string `json:"digest"`
}

type manifest struct {
	SchemaVersion int          `json:"schemaVersion"`
	MediaType     string       `json:"mediaType"`
	Config        descriptor   `json:"config"`
	Layers        []descriptor `json:"layers"`
}

// Has tells whether the registry serves the repository of library with the tag.
func (r Registry) Has(ctx context.Context, repository, tag string) (bool, error) {
	return r.exists(ctx, "/v2/library/"+repository+"/manifests/"+tag)
}

// Push makes the registry serve the image as one of library. What the registry
// has already is not sent again.
func (r Registry) Push(ctx context.Context, img *image.Image) error {
	base := "/v2/library/" + img.Repository
	if err := r.push(ctx, base, img); err != nil {
		return fmt.Errorf("push %s:%s to registry %s: %w", img.Repository, img.Tag, r.Address, err)
	}
	return nil
}

func (r Registry) push(ctx context.Context, base string, img *image.Image) error {
	config, err := configuration(img)
	if err != nil {
		return err
	}
	content := manifest{
		SchemaVersion: 2,
		MediaType:     manifestType,
		Config:        descriptor{configType, int64(len(config)), digest(config)},
		Layers:        []descriptor{{layerType, img.LayerSize, img.LayerDigest}},
	}
	layer, err := os.Open(img.Layer)
	if err != nil {
		return err
	}
	defer func() { _ = layer.Close() }()
	if err := r.blob(ctx, base, content.Layers[0], layer); err != nil {
		return err
	}
	if err := r.blob(ctx, base, content.Config, bytes.NewReader(config)); err != nil {
		return err
	}
	text, err := json.Marshal(content)
	if err != nil {
		return err
	}
	_, err = r.do(ctx, http.MethodPut, base+"/manifests/"+img.Tag, manifestType, bytes.NewReader(text), int64(len(text)), http.StatusCreated)
	return err
}

func (r Registry) blob(ctx context.Context, base string, what descriptor, from io.Reader) error {
	if there, err := r.exists(ctx, base+"/blobs/"+what.Digest); there || err != nil {
		return err
	}
	header, err := r.do(ctx, http.MethodPost, base+"/blobs/uploads/", "", nil, 0, http.StatusAccepted)
	if err != nil {
		return err
	}
	location, err := url.Parse(header.Get("Location"))
	if err != nil {
		return err
	}
	query := location.Query()
	query.Set("digest", what.Digest)
	target := location.Path + "?" + query.Encode()
	_, err = r.do(ctx, http.MethodPut, target, "application/octet-stream", from, what.Size, http.StatusCreated)
	return err
}

func (r Registry) exists(ctx context.Context, target string) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodHead, "http://"+r.Address+target, nil)
	if err != nil {
		return false, err
	}
	request.Header.Set("Accept", manifestType)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false, fmt.Errorf("ask registry: %w", err)
	}
	_ = response.Body.Close()
	switch response.StatusCode {
	case http.StatusOK:
		return true, nil
	case http.StatusNotFound:
		return false, nil
	default:
		return false, fmt.Errorf("ask registry %s: %s", r.Address, response.Status)
	}
}

func (r Registry) do(ctx context.Context, method, target, kind string, body io.Reader, size int64, want int) (http.Header, error) {
	request, err := http.NewRequestWithContext(ctx, method, "http://"+r.Address+target, body)
	if err != nil {
		return nil, err
	}
	request.ContentLength = size
	if kind != "" {
		request.Header.Set("Content-Type", kind)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != want {
		text, _ := io.ReadAll(io.LimitReader(response.Body, 1<<10))
		return nil, fmt.Errorf("%s %s: %s: %s", method, target, response.Status, strings.TrimSpace(string(text)))
	}
	return response.Header, nil
}

// configuration is the image's own description, in the form that an engine
// stores.
func configuration(img *image.Image) ([]byte, error) {
	type object map[string]any
	return json.Marshal(object{
		"architecture": runtime.GOARCH,
		"os":           "linux",
		"created":      img.Created.Format(time.RFC3339),
		"config":       img.Config,
		"rootfs":       object{"type": "layers", "diff_ids": []string{img.DiffID}},
		"history": []object{{
			"created":    img.Created.Format(time.RFC3339),
			"created_by": "devengine, from packages of this machine's Debian",
		}},
	})
}

func digest(content []byte) string {
	sum := sha256.Sum256(content)
	return "sha256:" + hex.EncodeToString(sum[:])
}
