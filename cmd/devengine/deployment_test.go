//go:build dind

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	types "github.com/docker/docker/api/types/image"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/docker/api/types/volume"
	"github.com/docker/docker/client"

	"airdock.dev/airdock/cmd/devengine/internal/dind"
	"airdock.dev/airdock/cmd/devengine/internal/engine"
	"airdock.dev/airdock/cmd/devengine/internal/image"
)

const (
	// project is what compose calls everything that it makes for the test.
	project = "airdock-test-dind"
	// deployLimit bounds the whole test, taskLimit one task in it.
	deployLimit = 15 * time.Minute
	taskLimit   = 3 * time.Minute
)

// deployment is deploy/compose.yaml on the engine that the environment names.
type deployment struct {
	t     *testing.T
	ctx   context.Context
	outer *client.Client
	root  string // of the repository
	tools string // what make test-dind has made
	files []string
	made  []string // images
}

// newDeployment brings the containers up, and removes them and all that
// belongs to them after the test, and before it what an aborted one left.
func newDeployment(t *testing.T) *deployment {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), deployLimit)
	t.Cleanup(cancel)
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	t.Cleanup(stop)
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	outer := dind.Outer()
	api, err := engine.Connect(outer.Host, outer.CertPath)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = api.Close() })
	d := &deployment{t: t, ctx: ctx, outer: api, root: root, tools: filepath.Join(root, ".cache", "dind")}
	d.files = []string{filepath.Join(root, "deploy", "compose.yaml"), d.writeOverride()}
	t.Cleanup(d.remove)
	d.compose(nil, "down", "--volumes", "--remove-orphans", "--timeout", "5")
	d.makeImages()
	d.bringUp()
	return d
}

// writeOverride changes what a test machine may lack: every capability, and a
// folder that the outer engine sees.
func (d *deployment) writeOverride() string {
	d.t.Helper()
	dags := map[string]any{"type": "tmpfs", "target": "/opt/airflow/dags"}
	services := map[string]any{"airflow": map[string]any{"volumes": []any{dags}}}
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		d.t.Fatal(err)
	}
	names, err := dind.Bounding(string(status))
	if err != nil {
		d.t.Fatal(err)
	}
	if len(names) < len(dind.Capabilities()) {
		say("this machine has %d capabilities and no privileged containers", len(names))
		services["docker"] = unprivileged(names)
	}
	text, err := json.Marshal(map[string]any{"services": services})
	if err != nil {
		d.t.Fatal(err)
	}
	file := filepath.Join(d.t.TempDir(), "override.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		d.t.Fatal(err)
	}
	return file
}

// unprivileged takes the place of privileged. Control groups stay below the
// container's own, so that they end with it.
func unprivileged(capabilities []string) map[string]any {
	const remount = `mount -o remount,rw /sys
for groups in /sys/fs/cgroup /sys/fs/cgroup/*; do mount -o remount,bind,rw "$$groups"; done 2>/dev/null
exec "$$@"`
	return map[string]any{
		"privileged":          false,
		"cap_add":             capabilities,
		"security_opt":        []string{"seccomp=unconfined", "apparmor=unconfined", "systempaths=unconfined"},
		"device_cgroup_rules": []string{"a *:* rwm"},
		"cgroup":              "private",
		"entrypoint":          []string{"sh", "-c", remount, "sh", "dockerd-entrypoint.sh"},
	}
}

// makeImages makes the two images that compose.yaml pulls elsewhere, unless the
// engine has them, and the one that it builds.
func (d *deployment) makeImages() {
	d.t.Helper()
	cache := filepath.Join(d.tools, "images")
	if d.lacks(dind.Image) {
		say("making %s from Debian packages", dind.Image)
		importDind(d.t, d.outer, cache)
	}
	airflow := d.airflowImage()
	if d.lacks(airflow) {
		say("making %s from Debian packages and an environment with Airflow", airflow)
		if d.lacks("airflow-base") {
			importImage(d.t, d.outer, cache, airflowRecipe(), "airflow-base")
		}
		d.run(nil, "airdock", "build", "-q", "-t", airflow, "-f", filepath.Join(d.root, "testdata", "airflow", "Dockerfile"), d.tools)
	}
	say("building deploy/Dockerfile with the wheel")
	d.lacks("airdock-airflow")
	d.run(nil, "airdock", "build", "-q", "-t", "airdock-airflow", "-f", filepath.Join(d.root, "deploy", "Dockerfile"), d.root)
}

// lacks tells whether the engine has no such image; the test removes it then.
func (d *deployment) lacks(reference string) bool {
	d.t.Helper()
	there, err := engine.HasImage(d.ctx, d.outer, reference)
	if err != nil {
		d.t.Fatal(err)
	}
	if !there {
		d.made = append(d.made, reference)
	}
	return !there
}

// airflowImage is the image that deploy/Dockerfile begins with.
func (d *deployment) airflowImage() string {
	d.t.Helper()
	text, err := os.ReadFile(filepath.Join(d.root, "deploy", "Dockerfile"))
	if err != nil {
		d.t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if from, ok := strings.CutPrefix(line, "FROM "); ok {
			return strings.TrimSpace(from)
		}
	}
	d.t.Fatal("deploy/Dockerfile has no FROM")
	return ""
}

// airflowRecipe is what testdata/airflow/Dockerfile begins with.
func airflowRecipe() image.Recipe {
	for _, recipe := range image.Base() {
		if recipe.Repository == "python" {
			recipe.Repository, recipe.Tag = "airflow-base", "latest"
			more := []string{"curl", "dumb-init", "libstdc++6", "coreutils", "dash"}
			recipe.Packages, recipe.Fallback = append(recipe.Packages, more...), append(recipe.Fallback, more...)
			recipe.Skip = without(recipe.Skip, "coreutils", "libacl*", "libattr*", "libgmp*", "libpcre2*", "libselinux*", "libzstd*", "gcc-*-base")
			return recipe
		}
	}
	panic("no base image has Python")
}

// bringUp starts the containers in the order of their health, and gives the
// inner engine the images that it could pull elsewhere.
func (d *deployment) bringUp() {
	d.t.Helper()
	say("starting the engine and Airflow, until both are healthy")
	d.compose(nil, "up", "--pull", "never", "--wait", "--wait-timeout", "180")

	var references []string
	for _, recipe := range image.Base() {
		references = append(references, recipe.Reference())
		if d.lacks(recipe.Reference()) {
			if err := engine.Pull(d.ctx, d.outer, recipe.Reference(), time.Minute); err != nil {
				d.t.Fatal(err)
			}
		}
	}
	say("bringing the images %s to the engine", strings.Join(references, ", "))
	saved, err := d.outer.ImageSave(d.ctx, references)
	if err != nil {
		d.t.Fatal(err)
	}
	defer func() { _ = saved.Close() }()
	d.compose(saved, "exec", "-T", "docker", "docker", "load")
	dags := d.run(nil, "tar", "--create", "--directory", filepath.Join(d.root, "dags"), "--exclude", "__pycache__", ".")
	d.compose(strings.NewReader(dags), "exec", "-T", "--user", "root", "airflow", "tar", "-x", "-C", "/opt/airflow/dags")
}

// compose runs docker compose on the deployment.
func (d *deployment) compose(stdin io.Reader, args ...string) string {
	d.t.Helper()
	return d.run(stdin, filepath.Join(d.tools, "docker-compose"), d.composed(args...)...)
}

func (d *deployment) composed(args ...string) []string {
	options := []string{"--progress", "plain", "--project-name", project}
	for _, file := range d.files {
		options = append(options, "--file", file)
	}
	return append(options, args...)
}

func (d *deployment) run(stdin io.Reader, name string, args ...string) string {
	d.t.Helper()
	printed, err := command(d.ctx, stdin, name, args...)
	if err != nil {
		d.t.Fatalf("%v\n%s", err, printed)
	}
	return printed
}

func command(ctx context.Context, stdin io.Reader, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	// Port 0 is whichever is free.
	cmd.Env = append(os.Environ(), "AIRFLOW_PORT=0")
	var printed bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, &printed, &printed
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Run(); err != nil {
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		return printed.String(), fmt.Errorf("%s %s: %w", filepath.Base(name), strings.Join(args, " "), err)
	}
	return printed.String(), nil
}

// say tells a person at once, where the test's own log comes at its end.
func say(format string, args ...any) {
	_, _ = fmt.Fprintf(os.Stderr, format+"\n", args...)
}

// remove takes everything away again, and sees that it is gone.
func (d *deployment) remove() {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(d.ctx), 2*time.Minute)
	defer cancel()
	if d.t.Failed() {
		logs, _ := command(ctx, nil, filepath.Join(d.tools, "docker-compose"), d.composed("logs", "--no-color", "--tail", "40")...)
		d.t.Logf("the last lines of each container:\n%s", logs)
	}
	printed, err := command(ctx, nil, filepath.Join(d.tools, "docker-compose"), d.composed("down", "--volumes", "--remove-orphans", "--timeout", "5")...)
	if err != nil {
		d.t.Errorf("%v\n%s", err, printed)
	}
	for _, reference := range d.made {
		if _, err := d.outer.ImageRemove(ctx, reference, types.RemoveOptions{Force: true, PruneChildren: true}); err != nil && !errdefs.IsNotFound(err) {
			d.t.Error(err)
		}
	}
	ours := filters.NewArgs(filters.Arg("label", "com.docker.compose.project="+project))
	containers, containersErr := d.outer.ContainerList(ctx, container.ListOptions{All: true, Filters: ours})
	volumes, volumesErr := d.outer.VolumeList(ctx, volume.ListOptions{Filters: ours})
	networks, networksErr := d.outer.NetworkList(ctx, network.ListOptions{Filters: ours})
	left := len(containers) + len(volumes.Volumes) + len(networks)
	if err := errors.Join(containersErr, volumesErr, networksErr); err != nil || left > 0 {
		d.t.Errorf("%d containers, volumes and networks are left on the engine (%v)", left, err)
	}
}
