package e2e_test

import (
	"archive/tar"
	"bufio"
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protojson"

	"airdock.dev/airdock/protocol"
)

// commandOf is a program of this machine.
func commandOf(t *testing.T, name string, args ...string) *exec.Cmd {
	t.Helper()
	return exec.CommandContext(t.Context(), name, args...)
}

func TestPutRefusesBadInputAndChangesNothing(t *testing.T) {
	api := buildEngine(t)
	name := newVolume(t, api, "v", nil)
	root := files(t, map[string]string{"tree/d": "a file", "tree/z": "z", "one": "1", "no.tar": "plain text"})
	there := files(t, map[string]string{"d/kept": "kept", "file": "kept"})
	put(t, &protocol.VolumePutRequest{Volume: &protocol.Volume{Name: name}, Source: localPath(there)}).filled(t)
	before := volumeTree(t, api, name)
	hostile := filepath.Join(root, "hostile.tar")
	writeHostile(t, hostile)
	tests := map[string]struct {
		request *protocol.VolumePutRequest
		kind    protocol.ErrorKind
		says    string
	}{
		"a folder is where a file is needed": {&protocol.VolumePutRequest{Source: localPath(filepath.Join(root, "tree"))}, protocol.ErrorKind_PATH_CONFLICT, "d is a folder"},
		"a file is where a folder is needed": {&protocol.VolumePutRequest{Source: localPath(filepath.Join(root, "tree")), Path: "file"}, protocol.ErrorKind_PATH_CONFLICT, "file"},
		"below a file":                       {&protocol.VolumePutRequest{Source: localPath(filepath.Join(root, "one")), Path: "file/x"}, protocol.ErrorKind_PATH_CONFLICT, "file"},
		"no such volume":                     {&protocol.VolumePutRequest{Volume: &protocol.Volume{Name: "airdock-none"}, Source: localPath(root)}, protocol.ErrorKind_VOLUME_NOT_FOUND, "airdock-none"},
		"a volume's name that is none":       {&protocol.VolumePutRequest{Volume: &protocol.Volume{Name: "/etc"}, Source: localPath(root)}, protocol.ErrorKind_INVALID_REQUEST, "/etc"},
		"no such file":                       {&protocol.VolumePutRequest{Source: localPath(root + "/none")}, protocol.ErrorKind_FILE_UNREADABLE, "/none"},
		"a relative path":                    {&protocol.VolumePutRequest{Source: localPath("none")}, protocol.ErrorKind_INVALID_REQUEST, "none"},
		"a device":                           {&protocol.VolumePutRequest{Source: localPath("/dev/null")}, protocol.ErrorKind_FILE_UNREADABLE, "/dev/null"},
		"nothing to put":                     {&protocol.VolumePutRequest{}, protocol.ErrorKind_INVALID_REQUEST, "nothing"},
		"no tar":                             {&protocol.VolumePutRequest{Source: &protocol.VolumePutRequest_Tar{Tar: filepath.Join(root, "no.tar")}}, protocol.ErrorKind_FILE_UNREADABLE, "no.tar"},
		"a tar that leads out of itself":     {&protocol.VolumePutRequest{Source: &protocol.VolumePutRequest_Tar{Tar: hostile}}, protocol.ErrorKind_ARCHIVE_UNSAFE, "../out"},
		"an owner by name":                   {&protocol.VolumePutRequest{Source: localPath(root), Owner: "root"}, protocol.ErrorKind_INVALID_REQUEST, "owner"},
		"a mode for a folder":                {&protocol.VolumePutRequest{Source: localPath(root), Mode: new(uint32)}, protocol.ErrorKind_INVALID_REQUEST, "mode"},
		"content without a name":             {&protocol.VolumePutRequest{Source: &protocol.VolumePutRequest_Content{}}, protocol.ErrorKind_INVALID_REQUEST, "name"},
		"a scope without a run":              {&protocol.VolumePutRequest{Source: localPath(root), Volume: &protocol.Volume{Name: "x", Scope: protocol.VolumeScope_VOLUME_SCOPE_DAG_RUN}}, protocol.ErrorKind_INVALID_REQUEST, "dag-id"},
	}
	for title, test := range tests {
		t.Run(title, func(t *testing.T) {
			if test.request.Volume == nil {
				test.request.Volume = &protocol.Volume{Name: name}
			}
			answer := put(t, test.request)
			if answer.kind() != test.kind || !strings.Contains(answer.final.GetError().GetMessage(), test.says) {
				t.Errorf("want %s with %q: %s", test.kind, test.says, answer.text)
			}
			noHelper(t, api, test.request.GetKey())
		})
	}
	if diff := cmp.Diff(before, volumeTree(t, api, name)); diff != "" {
		t.Errorf("the volume is another one (-before +after):\n%s", diff)
	}
}

func TestPutThatFailsLeavesNoNewVolume(t *testing.T) {
	api := buildEngine(t)
	name := volumeName(t, api, "v")
	root := files(t, map[string]string{"a": "1"})
	answer := put(t, &protocol.VolumePutRequest{Volume: &protocol.Volume{Name: name}, Create: true, Source: localPath(root + "/a"), Path: "x/../../y/" + strings.Repeat("long", 100)})
	if answer.kind() == -1 {
		t.Fatalf("a name that no file system takes was taken: %s", answer.text)
	}
	if _, err := api.VolumeInspect(t.Context(), name); err == nil {
		t.Errorf("the volume is there after %s", answer.text)
	}
}

func writeHostile(t *testing.T, name string) {
	t.Helper()
	var out bytes.Buffer
	writer := tar.NewWriter(&out)
	if err := writer.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: "../out", Mode: 0o644}); err != nil {
		t.Fatal(err)
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, out.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestPutOnAFullDisk has a volume on a small disk of its own, a loop device.
func TestPutOnAFullDisk(t *testing.T) {
	api := buildEngine(t)
	name := newVolume(t, api, "v", map[string]string{"type": "ext4", "device": smallDisk(t, "16M")})
	root := files(t, map[string]string{"a": "old", "b/c": "old"})
	put(t, &protocol.VolumePutRequest{Volume: &protocol.Volume{Name: name}, Source: localPath(root)}).filled(t)
	before := volumeTree(t, api, name)
	for _, file := range []string{"a", "b/large"} {
		if err := os.WriteFile(filepath.Join(root, file), bytes.Repeat([]byte("0123456789abcdef"), 1<<20), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	answer := put(t, &protocol.VolumePutRequest{Volume: &protocol.Volume{Name: name}, Source: localPath(root)})
	if answer.kind() != protocol.ErrorKind_ENGINE_DISK_FULL {
		t.Errorf("a full disk: %s", answer.text)
	}
	if diff := cmp.Diff(before, volumeTree(t, api, name)); diff != "" {
		t.Errorf("the volume is another one (-before +after):\n%s", diff)
	}
}

// smallDisk is a block device with an empty file system.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	image := filepath.Join(t.TempDir(), "disk")
	run := func(name string, args ...string) string {
		t.Helper()
		result := finish(t, commandOf(t, name, args...))
		if result.code != 0 {
			t.Fatalf("%s: %s", name, result.stderr)
		}
		return strings.TrimSpace(result.stdout)
	}
	run("truncate", "-s", size, image)
	run("mkfs.ext4", "-q", image)
	device := run("losetup", "--find", "--show", image)
	t.Cleanup(func() { _ = exec.Command("losetup", "--detach", device).Run() })
	return device
}

// TestPutThatIsKilledLeavesTheOldFiles ends a put in its middle in every way.
func TestPutThatIsKilledLeavesTheOldFiles(t *testing.T) {
	api := buildEngine(t)
	root := files(t, map[string]string{"a/large": "old", "b": "old"})
	large := bytes.Repeat([]byte("0123456789abcdef"), 20<<20)
	for _, way := range stopWays {
		t.Run(way.name, func(t *testing.T) {
			name := newVolume(t, api, "v", nil)
			put(t, &protocol.VolumePutRequest{Volume: &protocol.Volume{Name: name}, Source: localPath(root)}).filled(t)
			before := volumeTree(t, api, name)
			next := files(t, map[string]string{"a/large": "", "b": "new", "c": "new"})
			if err := os.WriteFile(filepath.Join(next, "a/large"), large, 0o644); err != nil {
				t.Fatal(err)
			}
			command := startedPut(t, &protocol.VolumePutRequest{Key: "killed-put", Volume: &protocol.Volume{Name: name}, Source: localPath(next), Mirror: true})
			way.end(t, command)
			_ = command.Wait()
			noHelper(t, api, "killed-put")
			if diff := cmp.Diff(before, volumeTree(t, api, name)); diff != "" {
				t.Errorf("the volume is another one (-before +after):\n%s", diff)
			}
			put(t, &protocol.VolumePutRequest{Volume: &protocol.Volume{Name: name}, Source: localPath(next), Mirror: true}).filled(t)
		})
	}
}

// startedPut returns when some of the content has left.
func startedPut(t *testing.T, request *protocol.VolumePutRequest) *exec.Cmd {
	t.Helper()
	text, err := protojson.Marshal(&protocol.Call{Operation: &protocol.Call_VolumePut{VolumePut: request}})
	if err != nil {
		t.Fatal(err)
	}
	command := airdockCommand(t, string(text), "call")
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	alarm := time.AfterFunc(time.Minute, func() { _ = command.Process.Kill() })
	t.Cleanup(func() { alarm.Stop() })
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if strings.Contains(lines.Text(), "transfer_progress") {
			go func() { _, _ = io.Copy(io.Discard, out) }()
			return command
		}
	}
	t.Fatal("the put did not begin")
	return nil
}
