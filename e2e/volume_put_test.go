package e2e_test

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/mount"
	"github.com/docker/docker/api/types/volume"
	"github.com/docker/docker/client"
	"github.com/google/go-cmp/cmp"

	"airdock.dev/airdock/protocol"
)

// volumeName is a name for a volume of this test, which goes with the test.
func volumeName(t *testing.T, api *client.Client, part string) string {
	t.Helper()
	name := strings.Trim(regexp.MustCompile(`[^a-z0-9]+`).ReplaceAllString(strings.ToLower("airdock-"+t.Name()+"-"+part), "-"), "-")
	remove := func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), time.Minute)
		defer cancel()
		_ = api.VolumeRemove(ctx, name, true)
	}
	remove()
	t.Cleanup(remove)
	return name
}

// newVolume makes a volume with nothing in it.
func newVolume(t *testing.T, api *client.Client, part string, options map[string]string) string {
	t.Helper()
	name := volumeName(t, api, part)
	if _, err := api.VolumeCreate(t.Context(), volume.CreateOptions{Name: name, DriverOpts: options}); err != nil {
		t.Fatal(err)
	}
	return name
}

// volumeTree is what a volume holds: path to mode, owner and a digest of the
// content. The engine itself tells it (GET /containers/ID/archive).
func volumeTree(t *testing.T, api *client.Client, name string) map[string]string {
	t.Helper()
	made, err := api.ContainerCreate(t.Context(), &container.Config{Image: "bash"},
		&container.HostConfig{Mounts: []mount.Mount{{Type: mount.TypeVolume, Source: name, Target: "/v"}}}, nil, nil, "")
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = api.ContainerRemove(context.WithoutCancel(t.Context()), made.ID, container.RemoveOptions{Force: true})
	}()
	body, _, err := api.CopyFromContainer(t.Context(), made.ID, "/v/.")
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	found := map[string]string{}
	for reader := tar.NewReader(body); ; {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return found
		}
		if err != nil {
			t.Fatal(err)
		}
		if header.Name == "./" {
			continue
		}
		sum := sha256.New()
		if _, err := io.Copy(sum, reader); err != nil {
			t.Fatal(err)
		}
		line := fmt.Sprintf("%s %d:%d", header.FileInfo().Mode(), header.Uid, header.Gid)
		switch header.Typeflag {
		case tar.TypeReg:
			line += fmt.Sprintf(" %d %x", header.Size, sum.Sum(nil)[:8])
		case tar.TypeSymlink:
			line += " -> " + header.Linkname
		case tar.TypeLink:
			line += " = " + header.Linkname
		}
		found[strings.TrimSuffix(strings.TrimPrefix(header.Name, "./"), "/")] = line
	}
}

// regular is volumeTree's line for a file.
func regular(mode os.FileMode, owner, content string) string {
	sum := sha256.Sum256([]byte(content))
	return fmt.Sprintf("%s %s %d %x", mode, owner, len(content), sum[:8])
}

func put(t *testing.T, request *protocol.VolumePutRequest, flags ...string) called {
	t.Helper()
	if request.Key == "" {
		request.Key = "put-" + regexp.MustCompile(`[^A-Za-z0-9]+`).ReplaceAllString(t.Name(), "-")
	}
	return call(t, &protocol.Call{Operation: &protocol.Call_VolumePut{VolumePut: request}}, flags...)
}

func (c called) filled(t *testing.T) *protocol.VolumeFilled {
	t.Helper()
	filled := c.final.GetVolumeFilled()
	if filled == nil {
		t.Fatalf("the volume is not filled: %s", c.text)
	}
	return filled
}

func localPath(path string) *protocol.VolumePutRequest_LocalPath {
	return &protocol.VolumePutRequest_LocalPath{LocalPath: path}
}

// noHelper waits until no container of a call is left.
func noHelper(t *testing.T, api *client.Client, key string) {
	t.Helper()
	eventually(t, 15*time.Second, "no container of "+key, func() bool {
		left, err := api.ContainerList(t.Context(), container.ListOptions{All: true, Filters: filters.NewArgs(filters.Arg("label", "dev.airdock.key="+key))})
		return err == nil && len(left) == 0
	})
}

func TestPutSendsATreeAsItIs(t *testing.T) {
	api := buildEngine(t)
	name := newVolume(t, api, "v", nil)
	root := files(t, map[string]string{"a b/ü\nx": "one", "empty/": "", "tool": "#!/bin/sh", "first": "twice", "\xff": "raw"})
	for _, err := range []error{
		os.Chmod(filepath.Join(root, "tool"), 0o4755|os.ModeSetuid),
		os.Chmod(filepath.Join(root, "empty"), 0o1777|os.ModeSticky),
		os.Symlink("../nowhere", filepath.Join(root, "link")),
		os.Link(filepath.Join(root, "first"), filepath.Join(root, "second")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	filled := put(t, &protocol.VolumePutRequest{Volume: &protocol.Volume{Name: name}, Source: localPath(root)}).filled(t)
	if filled.GetFilesSent() != 6 || filled.GetFilesUnchanged() != 0 || filled.GetBytesSent() != int64(len("one#!/bin/shtwiceraw")) {
		t.Errorf("the answer counts %v", filled)
	}
	want := map[string]string{
		"a b":      "drwxr-xr-x 0:0",
		"a b/ü\nx": regular(0o644, "0:0", "one"),
		"empty":    "dtrwxrwxrwx 0:0",
		"tool":     regular(0o755|os.ModeSetuid, "0:0", "#!/bin/sh"),
		"first":    regular(0o644, "0:0", "twice"),
		"second":   "-rw-r--r-- 0:0 = ./first",
		"link":     "Lrwxrwxrwx 0:0 -> ../nowhere",
		"\xff":     regular(0o644, "0:0", "raw"),
	}
	if diff := cmp.Diff(want, volumeTree(t, api, name)); diff != "" {
		t.Errorf("volume (-want +got):\n%s", diff)
	}
	noHelper(t, api, "put-TestPutSendsATreeAsItIs")
}

func TestPutSendsOnlyWhatChanged(t *testing.T) {
	api := buildEngine(t)
	name := newVolume(t, api, "v", nil)
	root := bigContext(t)
	proxy, flags := newEngineProxy(t)
	send := func(mirror bool) (int64, *protocol.VolumeFilled) {
		t.Helper()
		before := proxy.up.Load()
		answer := put(t, &protocol.VolumePutRequest{Volume: &protocol.Volume{Name: name}, Source: localPath(root), Mirror: mirror}, flags...)
		filled := answer.filled(t)
		t.Logf("%d bytes at the socket, %.2f s: %d sent, %d unchanged, %d deleted", proxy.up.Load()-before, filled.GetSeconds(), filled.GetFilesSent(), filled.GetFilesUnchanged(), filled.GetDeleted())
		return proxy.up.Load() - before, filled
	}
	const size = 200_000_000
	if sent, filled := send(false); sent < size || filled.GetFilesSent() != 2001 {
		t.Errorf("the first put sends %d bytes and %d files", sent, filled.GetFilesSent())
	}
	if sent, filled := send(false); sent > size/100 || filled.GetFilesUnchanged() != 2001 {
		t.Errorf("an unchanged put sends %d bytes; %d files are unchanged", sent, filled.GetFilesUnchanged())
	}
	for _, err := range []error{
		os.WriteFile(filepath.Join(root, "folder07", "file0007"), []byte("new"), 0o644),
		os.Remove(filepath.Join(root, "folder08", "file0008")),
		os.RemoveAll(filepath.Join(root, "folder09")),
		os.Chmod(filepath.Join(root, "folder10", "file0010"), 0o600),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if sent, filled := send(true); sent > size/100 || filled.GetFilesSent() != 1 || filled.GetDeleted() != 2 {
		t.Errorf("a mirror sends %d bytes, %d files and deletes %d", sent, filled.GetFilesSent(), filled.GetDeleted())
	}
	there := volumeTree(t, api, name)
	if there["folder07/file0007"] != regular(0o644, "0:0", "new") || there["folder08/file0008"] != "" || there["folder09"] != "" || !strings.HasPrefix(there["folder10/file0010"], "-rw------- ") {
		t.Errorf("the mirror is not the source: %q %q %q %q", there["folder07/file0007"], there["folder08/file0008"], there["folder09"], there["folder10/file0010"])
	}
	if len(there) != 39+2001-1-50 {
		t.Errorf("the mirror has %d entries", len(there))
	}
}

// TestPutSeesWhatAContainerChanged: the volume itself is looked at, and not a
// record of what was put there.
func TestPutSeesWhatAContainerChanged(t *testing.T) {
	api := buildEngine(t)
	name := newVolume(t, api, "v", nil)
	root := files(t, map[string]string{"d/a": "one", "d/b": "two"})
	request := func() *protocol.VolumePutRequest {
		return &protocol.VolumePutRequest{Volume: &protocol.Volume{Name: name}, Source: localPath(root), Path: "in/here", Mirror: true, Owner: "1000:2000"}
	}
	put(t, request()).filled(t)
	inContainer := airdock(t, "", "run", "--rm", "--mount", "type=volume,source="+name+",target=/v", "bash", "-c", "cd /v/in/here/d; echo three > a; rm b; mkdir b; touch c; chown 5 .")
	if inContainer.code != 0 {
		t.Fatal(inContainer.stderr)
	}
	filled := put(t, request()).filled(t)
	if filled.GetFilesSent() != 2 || filled.GetDeleted() != 1 {
		t.Errorf("the answer counts %v", filled)
	}
	want := map[string]string{
		"in": "drwxr-xr-x 0:0", "in/here": "drwxr-xr-x 1000:2000", "in/here/d": "drwxr-xr-x 1000:2000",
		"in/here/d/a": regular(0o644, "1000:2000", "one"), "in/here/d/b": regular(0o644, "1000:2000", "two"),
	}
	if diff := cmp.Diff(want, volumeTree(t, api, name)); diff != "" {
		t.Errorf("volume (-want +got):\n%s", diff)
	}
}

func TestPutOfAFileOfContentAndOfATar(t *testing.T) {
	api := buildEngine(t)
	name := newVolume(t, api, "v", nil)
	root := files(t, map[string]string{"one": "1", "t/x/y": "in the tar", "t/z": "last"})
	packed := filepath.Join(root, "t.tar.gz")
	if made := finish(t, commandOf(t, "tar", "-czf", packed, "-C", filepath.Join(root, "t"), ".")); made.code != 0 {
		t.Fatal(made.stderr)
	}
	mode := uint32(0o400)
	for _, request := range []*protocol.VolumePutRequest{
		{Source: localPath(filepath.Join(root, "one"))},
		{Source: localPath(filepath.Join(root, "one")), Path: "/sub/"},
		{Source: localPath(filepath.Join(root, "one")), Path: "/sub/two", Mode: &mode, Owner: "7"},
		{Source: &protocol.VolumePutRequest_Content{Content: []byte("value")}, Path: "../../value"},
		{Source: &protocol.VolumePutRequest_Tar{Tar: packed}, Path: "tar"},
	} {
		request.Volume = &protocol.Volume{Name: name}
		put(t, request).filled(t)
	}
	want := map[string]string{
		"one": regular(0o644, "0:0", "1"), "sub": "drwxr-xr-x 0:0", "sub/one": regular(0o644, "0:0", "1"),
		"sub/two": regular(0o400, "7:7", "1"), "value": regular(0o644, "0:0", "value"),
		"tar": "drwxr-xr-x 0:0", "tar/x": "drwxr-xr-x 0:0", "tar/x/y": regular(0o644, "0:0", "in the tar"), "tar/z": regular(0o644, "0:0", "last"),
	}
	if diff := cmp.Diff(want, volumeTree(t, api, name)); diff != "" {
		t.Errorf("volume (-want +got):\n%s", diff)
	}
	again := put(t, &protocol.VolumePutRequest{Volume: &protocol.Volume{Name: name}, Source: &protocol.VolumePutRequest_Tar{Tar: packed}, Path: "tar"}).filled(t)
	if again.GetFilesSent() != 0 || again.GetFilesUnchanged() != 2 {
		t.Errorf("the same tar again: %v", again)
	}
}
