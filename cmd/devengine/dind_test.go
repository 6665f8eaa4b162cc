//go:build devengine

package main

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/docker/docker/api/types/container"
	types "github.com/docker/docker/api/types/image"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/docker/api/types/volume"
	"github.com/docker/docker/client"
	"github.com/google/go-cmp/cmp"

	"airdock.dev/airdock/cmd/devengine/internal/engine"
	"airdock.dev/airdock/cmd/devengine/internal/folder"
)

// newOuter is a native engine that has the image docker:dind, and the
// environment that names it.
func newOuter(t *testing.T) (*place, []string) {
	t.Helper()
	outer := newPlace(t)
	outer.up("--mode", "native")
	importDind(t, outer.api(), os.Getenv(cacheFolder))
	return outer, []string{
		"DOCKER_HOST=" + engine.Address(outer.state().Port),
		"DOCKER_CERT_PATH=" + filepath.Join(outer.dir, "certs", "client"),
		"DOCKER_TLS_VERIFY=1",
	}
}

// TestDind is the life of a docker:dind on an engine of another folder.
func TestDind(t *testing.T) {
	outer, env := newOuter(t)
	before := inventory(t, outer.api())
	inner := newPlace(t)
	inner.env = env
	first := inner.up("--mode", "dind")
	if got := inner.state().Dind; got.Network != "airflow-dev-network" || got.Privileged {
		t.Errorf("state: %+v", got)
	}
	api := inner.api()
	if listing := output(t, api, "bash", "ls", "-al", "/"); !strings.Contains(listing, "tmp") {
		t.Errorf("ls -al / printed:\n%s", listing)
	}
	start(t, api, "bash", "sleep", "1000")
	if again := inner.up(); again.stdout != first.stdout {
		t.Errorf("the second up printed\n%s", again.stdout)
	}
	inner.must("status")

	if err := outer.api().ContainerKill(t.Context(), "devengine-"+inner.id, "KILL"); err != nil {
		t.Fatal(err)
	}
	if got := inner.run("status"); got.code != 3 {
		t.Errorf("status of a killed engine: exit code %d\n%s", got.code, got.stdout)
	}
	inner.up()
	if got := output(t, api, "bash", "echo", "back"); got != "back\n" {
		t.Errorf("after the repair a container printed %q", got)
	}
	start(t, api, "bash", "sleep", "1000")
	inner.must("down")
	inner.gone(t)
	if diff := cmp.Diff(before, inventory(t, outer.api())); diff != "" {
		t.Errorf("what the outer engine has (-before +after):\n%s", diff)
	}
	inner.must("down")
}

// TestDindBesideOthers runs two on one engine that has a network of the same
// name from somebody else, and loses that engine.
func TestDindBesideOthers(t *testing.T) {
	outer, env := newOuter(t)
	if _, err := outer.api().NetworkCreate(t.Context(), "airflow-dev-network", network.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	before := inventory(t, outer.api())
	first, second := newPlace(t), newPlace(t)
	for _, p := range []*place{first, second} {
		p.env = env
		p.up("--mode", "dind", "--seed", "never")
		if got := p.state().Dind.Network; got != "airflow-dev-network-"+p.id {
			t.Errorf("network is %s", got)
		}
	}
	second.must("down")
	if err := engine.Ping(t.Context(), first.api()); err != nil {
		t.Errorf("the first engine after the second one's down: %v", err)
	}
	first.must("status")
	first.must("down")
	if diff := cmp.Diff(before, inventory(t, outer.api())); diff != "" {
		t.Errorf("what the outer engine has (-before +after):\n%s", diff)
	}

	// Where nothing asks for it, devengine does not nest in its own engines.
	auto := newPlace(t)
	auto.env = env
	auto.up("--seed", "never")
	if got := auto.state().Mode; got != folder.ModeNative {
		t.Errorf("mode is %s", got)
	}
	auto.must("down")
	auto.gone(t)

	lost := newPlace(t)
	lost.env = env
	lost.up("--mode", "dind", "--seed", "never")
	outer.must("down")
	if got := lost.run("down"); got.code != 1 || !strings.Contains(got.stderr, "--forget") {
		t.Errorf("down without the outer engine: exit code %d\n%s", got.code, got.stderr)
	}
	lost.must("down", "--forget")
	lost.gone(t)
	outer.gone(t)
}

// inventory lists what an engine has.
func inventory(t *testing.T, api *client.Client) []string {
	t.Helper()
	var names []string
	containers, containersErr := api.ContainerList(t.Context(), container.ListOptions{All: true})
	for _, c := range containers {
		names = append(names, c.Names...)
	}
	networks, networksErr := api.NetworkList(t.Context(), network.ListOptions{})
	for _, n := range networks {
		names = append(names, n.Name)
	}
	volumes, volumesErr := api.VolumeList(t.Context(), volume.ListOptions{})
	for _, v := range volumes.Volumes {
		names = append(names, v.Name)
	}
	images, imagesErr := api.ImageList(t.Context(), types.ListOptions{All: true})
	for _, i := range images {
		names = append(names, i.RepoTags...)
	}
	if err := errors.Join(containersErr, networksErr, volumesErr, imagesErr); err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	return names
}
