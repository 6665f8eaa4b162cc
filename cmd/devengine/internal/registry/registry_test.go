package registry

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"airdock.dev/airdock/cmd/devengine/internal/image"
)

// store is as much of a registry as a push needs.
type store struct {
	content map[string]string
	writes  int
}

func (s *store) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	switch {
	case r.Method == http.MethodHead:
		if _, ok := s.content[r.URL.Path]; !ok {
			w.WriteHeader(http.StatusNotFound)
		}
	case r.Method == http.MethodPost:
		w.Header().Set("Location", "http://"+r.Host+r.URL.Path+"1?state=x")
		w.WriteHeader(http.StatusAccepted)
	case r.URL.Query().Get("state") == "x":
		base, _, _ := strings.Cut(r.URL.Path, "/uploads/")
		s.content[base+"/"+r.URL.Query().Get("digest")] = string(body)
		s.writes++
		w.WriteHeader(http.StatusCreated)
	case strings.Contains(r.URL.Path, "/manifests/"):
		s.content[r.URL.Path] = string(body)
		s.writes++
		w.WriteHeader(http.StatusCreated)
	default:
		http.Error(w, "what?", http.StatusTeapot)
	}
}

func TestPush(t *testing.T) {
	server := &store{content: make(map[string]string)}
	listener := httptest.NewServer(server)
	defer listener.Close()
	mirror := Registry{Address: strings.TrimPrefix(listener.URL, "http://")}
	layer := filepath.Join(t.TempDir(), "layer")
	if err := os.WriteFile(layer, []byte("a layer"), 0o644); err != nil {
		t.Fatal(err)
	}
	img := &image.Image{
		Repository: "bash", Tag: "latest", Layer: layer,
		LayerDigest: digest([]byte("a layer")), LayerSize: 7, DiffID: "sha256:1",
		Created: time.Unix(0, 0).UTC(), Config: image.Config{Cmd: []string{"bash"}},
	}
	if there, err := mirror.Has(t.Context(), "bash", "latest"); there || err != nil {
		t.Errorf("before the push: %v, %v", there, err)
	}
	if err := mirror.Push(t.Context(), img); err != nil {
		t.Fatal(err)
	}
	if there, err := mirror.Has(t.Context(), "bash", "latest"); !there || err != nil {
		t.Errorf("after the push: %v, %v", there, err)
	}
	if got := server.content["/v2/library/bash/blobs/"+img.LayerDigest]; got != "a layer" {
		t.Errorf("the layer is %q", got)
	}
	var content manifest
	text := server.content["/v2/library/bash/manifests/latest"]
	if err := json.Unmarshal([]byte(text), &content); err != nil {
		t.Fatal(err)
	}
	config := server.content["/v2/library/bash/blobs/"+content.Config.Digest]
	if int64(len(config)) != content.Config.Size || !strings.Contains(config, `"Cmd":["bash"]`) {
		t.Errorf("the configuration is %s", config)
	}
	writes := server.writes
	if err := mirror.Push(t.Context(), img); err != nil {
		t.Fatal(err)
	}
	if server.writes != writes+1 {
		t.Errorf("a second push wrote %d things, not the manifest alone", server.writes-writes)
	}
	if diff := cmp.Diff(text, server.content["/v2/library/bash/manifests/latest"]); diff != "" {
		t.Errorf("the second push made another image:\n%s", diff)
	}
}

func TestRefused(t *testing.T) {
	listener := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "the disk is full", http.StatusInternalServerError)
	}))
	defer listener.Close()
	mirror := Registry{Address: strings.TrimPrefix(listener.URL, "http://")}
	if _, err := mirror.Has(t.Context(), "bash", "latest"); err == nil {
		t.Error("a refusal was taken for an answer")
	}
	if err := mirror.Ping(t.Context()); err == nil || !strings.Contains(err.Error(), "the disk is full") {
		t.Errorf("ping: %v", err)
	}
}
