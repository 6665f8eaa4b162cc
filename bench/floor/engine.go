package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// cleanupTimeout bounds the removal of a container, which happens on a failed run, too.
const cleanupTimeout = 30 * time.Second

// engine is the Engine API over mutual TLS, by net/http alone.
type engine struct {
	http *http.Client
	base string
}

// newEngine reads DOCKER_HOST and DOCKER_CERT_PATH.
func newEngine() (*engine, error) {
	host, err := url.Parse(os.Getenv("DOCKER_HOST"))
	if err != nil || host.Scheme != "tcp" {
		return nil, fmt.Errorf("DOCKER_HOST is %q; the floor speaks TLS over tcp:// only", os.Getenv("DOCKER_HOST"))
	}
	folder := os.Getenv("DOCKER_CERT_PATH")
	pair, err := tls.LoadX509KeyPair(filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem"))
	if err != nil {
		return nil, err
	}
	authority, err := os.ReadFile(filepath.Join(folder, "ca.pem"))
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(authority) {
		return nil, errors.New("ca.pem holds no certificate")
	}
	return &engine{
		http: &http.Client{Transport: &http.Transport{
			TLSClientConfig: &tls.Config{Certificates: []tls.Certificate{pair}, RootCAs: pool, MinVersion: tls.VersionTLS12},
			// Go asks for gzip by itself, and the engine then compresses on one core.
			DisableCompression:  true,
			MaxIdleConnsPerHost: 64,
		}},
		base: "https://" + host.Host,
	}, nil
}

// do makes a call and returns its answer, whose body the caller closes.
func (e *engine) do(ctx context.Context, method, path string, body io.Reader, headers ...string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, method, e.base+path, body)
	if err != nil {
		return nil, err
	}
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := e.http.Do(request)
	if err != nil {
		return nil, err
	}
	if response.StatusCode >= http.StatusBadRequest {
		said, _ := io.ReadAll(io.LimitReader(response.Body, 1<<16))
		_ = response.Body.Close()
		return nil, fmt.Errorf("%s %s: %s: %s", method, path, response.Status, bytes.TrimSpace(said))
	}
	return response, nil
}

// call makes a call and reads its answer into one, which may be nil.
func (e *engine) call(ctx context.Context, method, path string, body, one any) error {
	var sent io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		sent = bytes.NewReader(text)
	}
	response, err := e.do(ctx, method, path, sent, "Content-Type", "application/json")
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if one != nil {
		return json.NewDecoder(response.Body).Decode(one)
	}
	_, err = io.Copy(io.Discard, response.Body)
	return err
}

// create creates a container without a network, and returns its id. It carries the labels of
// AIRDOCK_BENCH_LABEL, by which the runner finds what is left.
func (e *engine) create(ctx context.Context, image string, command []string) (string, error) {
	name, value, _ := strings.Cut(os.Getenv("AIRDOCK_BENCH_LABEL"), "=")
	var made struct{ ID string }
	err := e.call(ctx, http.MethodPost, "/containers/create", map[string]any{
		"Image": image, "Cmd": command, "Labels": map[string]string{name: value},
		"AttachStdout": true, "AttachStderr": true,
		"HostConfig": map[string]any{"NetworkMode": "none", "LogConfig": map[string]any{"Type": "json-file"}},
	}, &made)
	return made.ID, err
}

func (e *engine) start(ctx context.Context, id string) error {
	return e.call(ctx, http.MethodPost, "/containers/"+id+"/start", nil, nil)
}

func (e *engine) wait(ctx context.Context, id string) error {
	var ended struct{ StatusCode int }
	if err := e.call(ctx, http.MethodPost, "/containers/"+id+"/wait", nil, &ended); err != nil {
		return err
	}
	if ended.StatusCode != 0 {
		return fmt.Errorf("the container ended with %d", ended.StatusCode)
	}
	return nil
}

func (e *engine) remove(ctx context.Context, id string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout)
	defer cancel()
	return e.call(ctx, http.MethodDelete, "/containers/"+id+"?force=1&v=1", nil, nil)
}

// cycle is a container's life with nothing read from it.
func (e *engine) cycle(ctx context.Context) error {
	id, err := e.create(ctx, "bash", []string{"true"})
	if err != nil {
		return err
	}
	err = e.start(ctx, id)
	if err == nil {
		err = e.wait(ctx, id)
	}
	return errors.Join(err, e.remove(ctx, id))
}
