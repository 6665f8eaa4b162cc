package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/structpb"

	"airdock.dev/airdock/protocol"
)

// room is a folder of this machine with a target that is there already, and what
// nothing may touch.
func room(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	for name, text := range map[string]string{"outside": "mine", "target/old": "old", "file": "a file"} {
		path := filepath.Join(folder, name)
		_ = os.MkdirAll(filepath.Dir(path), 0o755)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// settled describes a folder, without the times of folders: a copy that is given
// up may have changed them.
func settled(t *testing.T, folder string) []string {
	t.Helper()
	lines := describe(t, folder)
	for n, line := range lines {
		if fields := strings.Fields(line); strings.HasPrefix(fields[1], "d") {
			lines[n] = strings.Join(fields[:2], " ")
		}
	}
	return lines
}

// TestFilesHostile: what a container can put into its files to get at the machine
// that copies them.
func TestFilesHostile(t *testing.T) {
	for name, c := range map[string]struct {
		script string
		links  protocol.LinkPolicy
		kind   protocol.ErrorKind
		says   string
	}{
		"an absolute link":          {"ln -s /etc/passwd /out/l", 0, protocol.ErrorKind_ARCHIVE_UNSAFE, "/etc/passwd"},
		"a link up":                 {"ln -s ../outside /out/l", 0, protocol.ErrorKind_ARCHIVE_UNSAFE, "../outside"},
		"a link up from below":      {"mkdir /out/a; ln -s ../../outside /out/a/l", 0, protocol.ErrorKind_ARCHIVE_UNSAFE, "../../outside"},
		"a link through a link":     {"ln -s . /out/here; ln -s here/../outside /out/l", 0, protocol.ErrorKind_ARCHIVE_UNSAFE, "here/../outside"},
		"a hard link of a bad link": {"mkdir /out/a; ln -s ../x /out/a/l; ln /out/a/l /out/h", 0, protocol.ErrorKind_ARCHIVE_UNSAFE, "../x"},
		"a device":                  {"mknod /out/disk b 8 0", 0, protocol.ErrorKind_ARCHIVE_UNSAFE, "device"},
		"a bomb of zeros":           {"truncate -s 50G /out/zeros", 0, protocol.ErrorKind_TRANSFER_TOO_LARGE, "53687091200"},
		"a bomb of files":           {"cd /out; seq 3000 | xargs touch", 0, protocol.ErrorKind_TRANSFER_TOO_LARGE, "1000000"},
		"the links are skipped":     {"echo new >/out/new; ln -s /etc/passwd /out/l; ln -s ../outside /out/m", protocol.LinkPolicy_LINKS_SKIP, 0, ""},
		"setuid and a pipe":         {"echo new >/out/new; chmod 6755 /out/new; mkfifo /out/pipe", 0, 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := tell(t, "a hostile container: "+name)
			folder := room(t)
			before := settled(t, folder)
			got := s.callTo(s.runCall("hostile", []string{"bash", "-c", "mkdir /out; " + c.script}, func(r *protocol.RunRequest) {
				r.Outputs = []*protocol.OutputSpec{{Path: "/out", Target: folder + "/target", Links: c.links, MaxBytes: 1_000_000}}
			}))
			if c.kind != 0 {
				s.wantFailure(got, c.kind, 125, c.says)
			} else {
				info, err := os.Lstat(folder + "/target/new")
				if got.code != 0 || err != nil || info.Mode()&os.ModeSetuid != 0 {
					s.Errorf("code %d, %v, %v; %s", got.code, info, err, got.stdout)
				}
				_ = os.Remove(folder + "/target/new")
			}
			if diff := cmp.Diff(before, settled(t, folder)); diff != "" {
				s.Errorf("%s", diff)
			}
			s.nothingIsLeft(0)
		})
	}
}

// TestFilesBadInput: each has its own kind, and the folder stays as it is.
func TestFilesBadInput(t *testing.T) {
	in := func(path, local string) func(string) *protocol.RunRequest {
		return func(folder string) *protocol.RunRequest {
			return &protocol.RunRequest{Files: []*protocol.File{localInput(path, strings.Replace(local, "ROOM", folder, 1))}}
		}
	}
	out := func(path, target string) func(string) *protocol.RunRequest {
		return func(folder string) *protocol.RunRequest {
			return &protocol.RunRequest{Outputs: []*protocol.OutputSpec{{Path: path, Target: strings.Replace(target, "ROOM", folder, 1)}}}
		}
	}
	for name, c := range map[string]struct {
		request func(folder string) *protocol.RunRequest
		kind    protocol.ErrorKind
		says    string
	}{
		"no such input":              {in("/x", "ROOM/no such"), protocol.ErrorKind_FILE_UNREADABLE, "no such"},
		"a file over a folder":       {in("/etc", "ROOM/file"), protocol.ErrorKind_PATH_CONFLICT, "folder"},
		"a folder over a file":       {in("/etc/passwd", "ROOM/target"), protocol.ErrorKind_PATH_CONFLICT, "/etc/passwd"},
		"below a file":               {in("/etc/passwd/x", "ROOM/file"), protocol.ErrorKind_PATH_CONFLICT, "folder"},
		"into a tmpfs":               {in("/memory/x", "ROOM/file"), protocol.ErrorKind_INVALID_REQUEST, "tmpfs"},
		"into a read-only root":      {in("/x", "ROOM/file"), protocol.ErrorKind_INVALID_REQUEST, "read-only"},
		"no such owner":              {in("/volume/x", "ROOM/file"), protocol.ErrorKind_INVALID_REQUEST, "nobody-here"},
		"no such output":             {out("/volume/nope", "ROOM/target"), protocol.ErrorKind_FILE_NOT_FOUND, "/volume/nope"},
		"no output matches":          {out("/volume/**/*.zip", "ROOM/new/er/"), protocol.ErrorKind_FILE_NOT_FOUND, "/volume/**/*.zip"},
		"an output below a file":     {out("/etc/passwd/x", "ROOM/target"), protocol.ErrorKind_FILE_NOT_FOUND, "/etc/passwd/x"},
		"an output over a folder":    {out("/etc/passwd", "ROOM/target"), protocol.ErrorKind_PATH_CONFLICT, "target"},
		"a folder over a local file": {out("/etc", "ROOM/file"), protocol.ErrorKind_PATH_CONFLICT, "file"},
	} {
		t.Run(name, func(t *testing.T) {
			s := tell(t, "bad files: "+name)
			folder := room(t)
			before := settled(t, folder)
			got := s.callTo(s.runCall("bad", []string{"busybox", "true"}, func(r *protocol.RunRequest) {
				bad := c.request(folder)
				r.Files, r.Outputs = bad.GetFiles(), bad.GetOutputs()
				if strings.Contains(c.says, "tmpfs") || strings.Contains(c.says, "read-only") {
					r.Container.ReadOnly, r.Container.Tmpfs = true, map[string]string{"/memory": ""}
				}
				if strings.Contains(c.says, "nobody-here") {
					r.Files[0].Owner = c.says
				}
			}))
			s.wantFailure(got, c.kind, 125, c.says)
			if diff := cmp.Diff(before, settled(t, folder)); diff != "" {
				s.Errorf("%s", diff)
			}
			s.nothingIsLeft(0)
		})
	}
}

func TestFilesOptionalOutput(t *testing.T) {
	s := tell(t, "an optional output that is not there is no error, and one after a failed command is not fetched")
	folder := t.TempDir()
	ask := func(r *protocol.RunRequest) {
		r.Outputs = []*protocol.OutputSpec{{Path: "/nope", Target: folder + "/a", Optional: true}, {Path: "/etc/passwd", Target: folder + "/b"}}
	}
	got := s.callTo(s.runCall("optional", []string{"busybox", "true"}, ask))
	var found []bool
	for _, event := range got.events {
		if fetched := event.GetOutputFetched(); fetched != nil {
			found = append(found, fetched.GetFound())
		}
	}
	if _, err := os.Stat(folder + "/b"); got.code != 0 || err != nil || !cmp.Equal(found, []bool{false, true}) {
		s.Errorf("code %d, %v, %v", got.code, found, err)
	}
	_ = os.Remove(folder + "/b")
	failed := s.callTo(s.runCall("failed", []string{"busybox", "false"}, ask))
	if left, _ := os.ReadDir(folder); failed.code != 1 || len(left) != 0 {
		s.Errorf("code %d, %v", failed.code, left)
	}
	s.nothingIsLeft(0)
}

func TestFilesIntoAVolumeOfAReadOnlyContainer(t *testing.T) {
	s := tell(t, "a container with a read-only root takes files into its volume, and gives them back")
	folder := room(t)
	got := s.callTo(s.runCall("read-only", []string{"busybox", "sh", "-c", "cat /volume/deep/in/old; echo new >/volume/new"}, func(r *protocol.RunRequest) {
		r.Container.ReadOnly = true
		r.Container.Mounts = []*structpb.Struct{object(map[string]any{
			"Type": "volume", "Target": "/volume", "VolumeOptions": map[string]any{"Labels": map[string]any{testLabel: s.id}},
		})}
		r.Files = []*protocol.File{localInput("/volume/deep/in", folder+"/target")}
		r.Outputs = []*protocol.OutputSpec{{Path: "/volume/new", Target: folder + "/target/"}}
	}))
	if text, err := os.ReadFile(folder + "/target/new"); got.code != 0 || string(text) != "new\n" || !strings.Contains(got.stdout, `"old`) {
		s.Errorf("code %d, %q, %v; %s", got.code, text, err, got.stdout)
	}
	s.nothingIsLeft(0)
}

func TestFilesOntoAFullDisk(t *testing.T) {
	s := tell(t, "a full disk on this machine fails the run, and leaves the target as it was")
	folder := t.TempDir()
	if err := syscall.Mount("airdock-test", folder, "tmpfs", 0, "size=1m"); err != nil {
		s.Fatalf("this scenario mounts a small file system, as root: %v", err)
	}
	s.Cleanup(func() { _ = syscall.Unmount(folder, syscall.MNT_DETACH) })
	if err := os.WriteFile(folder+"/old", []byte("old"), 0o600); err != nil {
		s.Fatal(err)
	}
	for _, target := range []string{folder, folder + "/new", folder + "/old"} {
		path := map[bool]string{true: "/out/large", false: "/out"}[strings.HasSuffix(target, "old")]
		got := s.callTo(s.runCall("full", []string{"busybox", "sh", "-c", "mkdir /out; echo a >/out/a; head -c 3000000 /dev/urandom >/out/large"}, func(r *protocol.RunRequest) {
			r.Outputs = []*protocol.OutputSpec{{Path: path, Target: target}}
		}))
		s.wantFailure(got, protocol.ErrorKind_FILE_UNWRITABLE, 125, "no space left")
		text, err := os.ReadFile(folder + "/old")
		if left, _ := os.ReadDir(folder); len(left) != 1 || string(text) != "old" {
			s.Errorf("left are %v, %q, %v", left, text, err)
		}
	}
	s.nothingIsLeft(time.Second)
}

func TestFilesOntoAFullEngine(t *testing.T) {
	s := tell(t, "a volume that is too small for what goes in is told as such, and the container does not start")
	large := t.TempDir() + "/large"
	if err := os.WriteFile(large, make([]byte, 3_000_000), 0o600); err != nil {
		s.Fatal(err)
	}
	got := s.callTo(s.runCall("small", []string{"busybox", "echo", "it started"}, func(r *protocol.RunRequest) {
		r.Container.Mounts = []*structpb.Struct{object(map[string]any{"Type": "volume", "Target": "/small", "VolumeOptions": map[string]any{
			"Labels":       map[string]any{testLabel: s.id},
			"DriverConfig": map[string]any{"Name": "local", "Options": map[string]any{"type": "tmpfs", "device": "tmpfs", "o": "size=1m"}},
		}})}
		r.Files = []*protocol.File{localInput("/small/large", large)}
	}))
	s.wantFailure(got, protocol.ErrorKind_ENGINE_DISK_FULL, 125, "no space left")
	if strings.Contains(got.stdout, "it started") {
		s.Error("it started")
	}
	s.nothingIsLeft(0)
}
