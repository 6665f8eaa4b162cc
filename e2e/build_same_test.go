package e2e_test

import (
	"archive/tar"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/client"
	"github.com/google/go-cmp/cmp"
)

// sameCases are contexts in testdata/build and what the builders may do with
// them. What git cannot hold of a context is added by prepare.
var sameCases = []struct {
	name    string
	prepare func(t *testing.T, root string)
	// onlyBuildKit: the classic builder does not know the syntax.
	onlyBuildKit bool
	args         []string
}{
	{name: "multistage"},
	{name: "argfrom", args: []string{"--build-arg", "BASE=busybox"}},
	{name: "owners"},
	{name: "chmod", onlyBuildKit: true},
	{name: "heredoc", onlyBuildKit: true},
	{name: "modes", prepare: addModes},
	{name: "ignore"},
	{name: "ownignore", onlyBuildKit: true},
	{name: "config", args: []string{"--label", "given=here"}},
	{name: "onbuild"},
}

// TestBuildGivesTheImageThatDockerBuilds compares with the docker CLI: BuildKit
// with buildx, the classic builder with the CLI's own.
func TestBuildGivesTheImageThatDockerBuilds(t *testing.T) {
	api := buildEngine(t)
	if _, err := exec.LookPath("docker"); err != nil {
		t.Fatal("these scenarios compare with the docker CLI: apt-get install docker.io")
	}
	buildx := exec.CommandContext(t.Context(), "docker", "buildx", "version").Run() == nil
	base := imageName(t, api, "onbuild-base")
	if result := airdock(t, "FROM bash\nONBUILD COPY f.txt /from-onbuild\nONBUILD RUN echo ran > /ran\n", "build", "-t", base, "-"); result.code != 0 {
		t.Fatal(result.stderr)
	}
	for _, c := range sameCases {
		for _, builder := range []string{"buildkit", "classic"} {
			if (c.onlyBuildKit && builder == "classic") || (builder == "buildkit" && !buildx) {
				continue
			}
			t.Run(c.name+"/"+builder, func(t *testing.T) {
				root := copyTree(t, filepath.Join("..", "testdata", "build", c.name))
				if c.prepare != nil {
					c.prepare(t, root)
				}
				args := append([]string{"--no-cache", "--build-arg", "ONBUILD_BASE=" + base}, c.args...)
				ours, theirs := imageName(t, api, "ours"), imageName(t, api, "theirs")
				our := airdock(t, "", append([]string{"build", "--builder", builder, "-t", ours}, append(args, root)...)...)
				their := dockerBuild(t, builder, append([]string{"-t", theirs}, append(args, root)...)...)
				if our.code != 0 || their.code != 0 {
					if our.code == 0 || their.code == 0 || builder == "classic" {
						t.Fatalf("ours ends with %d, docker's with %d\nours: %s\ntheirs: %s", our.code, their.code, our.stderr, their.stderr)
					}
					t.Logf("neither can build it on this engine: %s", our.stderr)
					return
				}
				if diff := cmp.Diff(configOf(t, api, theirs), configOf(t, api, ours)); diff != "" {
					t.Errorf("config (- docker, + airdock):\n%s", diff)
				}
				if diff := cmp.Diff(treeOf(t, api, theirs), treeOf(t, api, ours)); diff != "" {
					t.Errorf("files (- docker, + airdock):\n%s", diff)
				}
			})
		}
	}
}

func dockerBuild(t *testing.T, builder string, args ...string) ran {
	t.Helper()
	command := exec.CommandContext(t.Context(), "docker", append([]string{"build"}, args...)...)
	command.Env = append(os.Environ(), "DOCKER_BUILDKIT=0")
	if builder == "buildkit" {
		command = exec.CommandContext(t.Context(), "docker", append([]string{"buildx", "build", "--provenance=false"}, args...)...)
	}
	return finish(t, command)
}

// configOf is what the image says of how to run it. What names the build itself
// is left out: the classic builder keeps the id of its last container and layer.
func configOf(t *testing.T, api *client.Client, name string) string {
	t.Helper()
	inspected, err := api.ImageInspect(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%s/%s\n%s", inspected.Os, inspected.Architecture, asJSON(t, inspected.Config))
}

// treeOf lists the image's files: kind, mode, owner, link and content.
func treeOf(t *testing.T, api *client.Client, name string) []string {
	t.Helper()
	made, err := api.ContainerCreate(t.Context(), &container.Config{Image: name, Cmd: []string{"none"}}, nil, nil, nil, "")
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = api.ContainerRemove(t.Context(), made.ID, container.RemoveOptions{Force: true, RemoveVolumes: true})
	}()
	exported, err := api.ContainerExport(t.Context(), made.ID)
	if err != nil {
		t.Fatal(err)
	}
	defer exported.Close()
	var tree []string
	for reader := tar.NewReader(exported); ; {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return tree
		}
		if err != nil {
			t.Fatal(err)
		}
		content := sha256.New()
		if _, err := io.Copy(content, reader); err != nil {
			t.Fatal(err)
		}
		tree = append(tree, fmt.Sprintf("%c %o %d:%d %s %s %d %x", header.Typeflag, header.Mode, header.Uid, header.Gid,
			header.Name, header.Linkname, header.Size, content.Sum(nil)[:6]))
	}
}

func copyTree(t *testing.T, from string) string {
	t.Helper()
	root := t.TempDir()
	if err := os.CopyFS(root, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	return root
}

// addModes adds links, empty folders and modes.
func addModes(t *testing.T, root string) {
	t.Helper()
	do := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for name, mode := range map[string]os.FileMode{
		"plain": 0o644, "tool": 0o755, "private": 0o600, "setuid": 0o755 | os.ModeSetuid, "mit Leerzeichen ü": 0o640,
	} {
		path := filepath.Join(root, "tree", name)
		do(os.MkdirAll(filepath.Dir(path), 0o755))
		do(os.WriteFile(path, []byte(strings.Repeat(name, 3)), 0o600))
		do(os.Chmod(path, mode))
	}
	do(os.MkdirAll(filepath.Join(root, "tree", "empty", "deeper"), 0o755))
	do(os.MkdirAll(filepath.Join(root, "tree", "sticky"), 0o755))
	do(os.Chmod(filepath.Join(root, "tree", "sticky"), 0o777|os.ModeSticky))
	do(os.Symlink("plain", filepath.Join(root, "tree", "link")))
	do(os.Symlink("empty", filepath.Join(root, "tree", "folderlink")))
	do(os.Symlink("/nowhere", filepath.Join(root, "tree", "dangling")))
	do(os.Link(filepath.Join(root, "tree", "plain"), filepath.Join(root, "tree", "hardlink")))
}
