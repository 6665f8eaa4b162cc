//go:build devengine || dind

package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/docker/docker/client"

	"airdock.dev/airdock/cmd/devengine/internal/dind"
	"airdock.dev/airdock/cmd/devengine/internal/engine"
	"airdock.dev/airdock/cmd/devengine/internal/image"
)

// dindRecipe makes an image that behaves as docker:dind out of the packages
// that a native engine is made of.
func dindRecipe(t *testing.T) image.Recipe {
	t.Helper()
	entrypoint, err := os.ReadFile(filepath.Join("..", "..", "testdata", "dind", "dockerd-entrypoint.sh"))
	if err != nil {
		t.Fatal(err)
	}
	recipe := image.Base()[0]
	recipe.Repository, recipe.Tag = "docker", "dind"
	recipe.Packages = append(recipe.Packages, "docker.io", "iptables", "iproute2", "openssl")
	// The programs that link to these are needed here, others' are not.
	recipe.Skip = without(recipe.Skip, "libselinux*", "libpcre2*", "libzstd*", "libbsd*", "libmd0*", "libcap-ng*")
	recipe.Files = append(recipe.Files,
		// A package's own script makes this choice.
		image.File{Path: "usr/sbin/iptables", Link: "xtables-nft-multi"},
		image.File{Path: "usr/sbin/ip6tables", Link: "xtables-nft-multi"},
		image.File{Path: "usr/local/bin/dockerd-entrypoint.sh", Text: string(entrypoint), Mode: 0o755},
	)
	return recipe
}

// importDind gives the engine an image docker:dind.
func importDind(t *testing.T, api *client.Client, cache string) {
	t.Helper()
	importImage(t, api, cache, dindRecipe(t), dind.Image,
		`ENTRYPOINT ["dockerd-entrypoint.sh"]`, "ENV DOCKER_TLS_CERTDIR=/certs", "VOLUME /var/lib/docker")
}

func importImage(t *testing.T, api *client.Client, cache string, recipe image.Recipe, reference string, changes ...string) {
	t.Helper()
	built, err := image.Get(t.Context(), cache, recipe, t.Logf)
	if err != nil {
		t.Fatal(err)
	}
	if err := engine.Import(t.Context(), api, built.Layer, reference, changes); err != nil {
		t.Fatal(err)
	}
}

func without(from []string, drop ...string) []string {
	var kept []string
	for _, text := range from {
		if !slices.Contains(drop, text) {
			kept = append(kept, text)
		}
	}
	return kept
}
