package e2e

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"

	"airdock.dev/airdock/protocol"
)

// localInput is a file or folder of this machine that goes to a path of the container.
func localInput(path, local string) *protocol.File {
	return &protocol.File{Path: path, Source: &protocol.File_LocalPath{LocalPath: local}}
}

// describe lists what is in a folder: kind, permissions, time, content or target,
// and which names are one file. An engine sends times in whole seconds.
func describe(t *testing.T, folder string) []string {
	t.Helper()
	var lines []string
	first := map[uint64]string{}
	err := filepath.WalkDir(folder, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(folder, path)
		info, err := os.Lstat(path)
		if err != nil {
			return err
		}
		line := fmt.Sprintf("%q %s", name, info.Mode())
		switch {
		case info.Mode().IsRegular():
			sum, err := digest(path)
			if err != nil {
				return err
			}
			line += fmt.Sprintf(" %d %d %x", info.ModTime().Unix(), info.Size(), sum)
			inode := info.Sys().(*syscall.Stat_t).Ino
			if first[inode] != "" {
				line += " = " + first[inode]
			} else {
				first[inode] = name
			}
		case info.Mode()&fs.ModeSymlink != 0:
			target, err := os.Readlink(path)
			if err != nil {
				return err
			}
			line += " > " + target
		default:
			line += fmt.Sprintf(" %d", info.ModTime().Unix())
		}
		lines = append(lines, line)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

func digest(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	sum := sha256.New()
	_, err = io.Copy(sum, file)
	return sum.Sum(nil), err
}

// open lets a test's own cleanup into the closed folders of motley.
func open(folder string) {
	for _, name := range []string{"closed", "closed/inner"} {
		_ = os.Chmod(filepath.Join(folder, name), 0o700)
	}
}

// motley is a folder with one of everything that a copy must keep.
func motley(t *testing.T) string {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "motley")
	at := func(name string) string { return filepath.Join(folder, name) }
	t.Cleanup(func() { open(folder) })
	steps := []error{
		os.MkdirAll(at("empty"), 0o755), os.MkdirAll(at("closed/inner"), 0o755), os.Mkdir(at("open"), 0o755),
		os.WriteFile(at("closed/inner/secret"), []byte("x"), 0o400),
		os.WriteFile(at("program"), []byte("#!/bin/sh\n"), 0o755),
		os.WriteFile(at("nothing"), nil, 0o666),
		os.WriteFile(at("zeros"), make([]byte, 1<<20), 0o640),
		os.WriteFile(at("two words"), []byte("a"), 0o644),
		os.WriteFile(at("Grüße, 世界"), []byte("b"), 0o644),
		os.WriteFile(at("line\nend"), []byte("c"), 0o644),
		os.WriteFile(at("bytes\xff\xfe"), []byte("d"), 0o644),
		os.WriteFile(at(strings.Repeat("long", 60)), []byte("e"), 0o644),
		os.Link(at("program"), at("the same program")),
		os.Symlink("../two words", at("open/link")), os.Symlink("empty", at("to a folder")), os.Symlink("nowhere", at("dangling")),
		os.Chmod(at("closed/inner"), 0o555), os.Chmod(at("closed"), 0o500), os.Chmod(at("open"), 0o777), os.Chmod(at("nothing"), 0o666),
		os.Chtimes(at("nothing"), time.Time{}, time.Unix(1_000_000_000, 0)), os.Chtimes(at("empty"), time.Time{}, time.Unix(1_100_000_000, 0)),
	}
	for _, err := range steps {
		if err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

func TestFilesGoInAndComeBack(t *testing.T) {
	s := tell(t, "a folder goes into a container and comes back byte for byte, mode for mode")
	folder, back := motley(t), filepath.Join(t.TempDir(), "new", "back")
	s.Cleanup(func() { open(back) })
	got := s.callTo(s.runCall("there", []string{"busybox", "sh", "-c", `ls /in/empty; cat "/in/Grüße, 世界" "/in/open/link"; touch -t 200109090146.40 /in/added`},
		func(r *protocol.RunRequest) {
			r.Files = []*protocol.File{localInput("/in", folder)}
			r.Outputs = []*protocol.OutputSpec{{Path: "/in", Target: back}}
		}))
	if got.code != 0 || got.stderr != "" {
		s.Fatalf("code %d, %s%s", got.code, got.stdout, got.stderr)
	}
	want := slices.DeleteFunc(got.kinds(), func(kind string) bool { return kind == "transfer_progress" })
	if diff := cmp.Diff([]string{"started", "output_fetched", "exit"}, want); diff != "" {
		s.Errorf("events: %s", diff)
	}
	fetched := got.events[len(got.events)-2].GetOutputFetched()
	if !fetched.GetFound() || fetched.GetFiles() != 14 || fetched.GetTarget() != back {
		s.Errorf("%v", fetched)
	}
	if err := os.Remove(filepath.Join(back, "added")); err != nil {
		s.Error(err)
	}
	before, after := describe(t, folder), describe(t, back)
	// The container touched the top itself.
	if diff := cmp.Diff(before[1:], after[1:]); diff != "" {
		s.Errorf("-went +came:\n%s", diff)
	}
	s.nothingIsLeft(0)
}

func TestFilesWithTheCommand(t *testing.T) {
	s := tell(t, "airdock run copies files in and out with two flags")
	folder := t.TempDir()
	for name, text := range map[string]string{"in/a.txt": "one", "in/b.log": "two"} {
		_ = os.MkdirAll(filepath.Join(folder, "in"), 0o755)
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			s.Fatal(err)
		}
	}
	command := s.command("run", "--rm", "--quiet", "--copy-in", "in:/scratch", "--copy-in", "in/a.txt:/etc/one", "--copy-out", "/scratch/**/*.txt:out", "--copy-out", "/etc/one:in",
		"busybox", "sh", "-c", "cat /etc/one; mkdir /scratch/sub; echo three >/scratch/sub/c.txt")
	command.Dir = folder
	s.want(s.finish(command), 0, "one")
	for name, want := range map[string]string{"out/a.txt": "one", "out/sub/c.txt": "three\n", "in/one": "one"} {
		if text, err := os.ReadFile(filepath.Join(folder, name)); err != nil || string(text) != want {
			s.Errorf("%s: %q, %v", name, text, err)
		}
	}
	if _, err := os.Stat(filepath.Join(folder, "out/b.log")); err == nil {
		s.Error("what does not match came, too")
	}
	s.nothingIsLeft(0)
}

func TestFilesManySmallOnes(t *testing.T) {
	s := tell(t, "10,000 files go in and come back")
	folder, back := filepath.Join(t.TempDir(), "many"), filepath.Join(t.TempDir(), "back")
	for n := range 10_000 {
		sub := filepath.Join(folder, strconv.Itoa(n/500))
		_ = os.MkdirAll(sub, 0o755)
		if err := os.WriteFile(filepath.Join(sub, strconv.Itoa(n)), bytes.Repeat([]byte{byte(n)}, n%2000), 0o644); err != nil {
			s.Fatal(err)
		}
	}
	got := s.callTo(s.runCall("many", []string{"busybox", "sh", "-c", "find /many -type f | wc -l"}, func(r *protocol.RunRequest) {
		r.Files = []*protocol.File{localInput("/many", folder)}
		r.Outputs = []*protocol.OutputSpec{{Path: "/many", Target: back}}
	}))
	if got.code != 0 || !strings.Contains(got.stdout, `10000\n`) {
		s.Fatalf("code %d, %.500s%s", got.code, got.stdout, got.stderr)
	}
	if diff := cmp.Diff(describe(t, folder), describe(t, back)); diff != "" {
		s.Errorf("-went +came:\n%.1000s", diff)
	}
	s.nothingIsLeft(0)
}

// peak is the highest memory use of the scenario's plugin, in bytes.
func (s *story) peak() int64 {
	var most int64
	for _, plugin := range s.plugins() {
		status, _ := os.ReadFile("/proc/" + plugin + "/status")
		for line := range strings.Lines(string(status)) {
			if text, is := strings.CutPrefix(line, "VmHWM:"); is {
				kilobytes, _ := strconv.ParseInt(strings.Fields(text)[0], 10, 64)
				most = max(most, kilobytes<<10)
			}
		}
	}
	return most
}

// watched makes a call and returns the most memory that its plugin used, in bytes.
func (s *story) watched(call *protocol.Call) (most int64) {
	s.Helper()
	p := s.startCall(call)
	s.eventually(5*time.Minute, "the call ends", func() bool {
		most = max(most, s.peak())
		select {
		case <-p.done:
			return true
		default:
			return false
		}
	})
	if got := p.ends(time.Second); got.code != 0 {
		s.Fatalf("code %d, %.2000s%s", got.code, got.stdout, got.stderr)
	}
	return most
}

func TestFilesAreNotHeldInMemory(t *testing.T) {
	s := tell(t, "a file of 200 MB goes in and comes back, and the plugin stays below 64 MB")
	folder := t.TempDir()
	large := filepath.Join(folder, "large")
	if err := os.WriteFile(large, bytes.Repeat([]byte("0123456789abcdef"), 200<<16), 0o644); err != nil {
		s.Fatal(err)
	}
	most := s.watched(s.runCall("large", []string{"busybox", "true"}, func(r *protocol.RunRequest) {
		r.Files = []*protocol.File{localInput("/large", large)}
		r.Outputs = []*protocol.OutputSpec{{Path: "/large", Target: folder + "/back"}}
	}))
	s.Logf("the plugin used %d MB at most", most>>20)
	if most == 0 || most > 64<<20 {
		s.Errorf("the plugin used %d bytes", most)
	}
	went, _ := os.ReadFile(large)
	if came, err := os.ReadFile(folder + "/back"); err != nil || !bytes.Equal(went, came) {
		s.Errorf("%d bytes came back, %v", len(came), err)
	}
	s.nothingIsLeft(0)
}

func TestFilesHaveTheirOwners(t *testing.T) {
	s := tell(t, "files belong to the container's user, or to whom the request names")
	folder := t.TempDir()
	file := filepath.Join(folder, "file")
	if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
		s.Fatal(err)
	}
	own := func(path, owner string) *protocol.File {
		f := localInput(path, file)
		f.Owner = owner
		return f
	}
	got := s.callTo(s.runCall("owners", []string{"busybox", "sh", "-c", "cat /mine; stat -c '%n %u:%g %a' /mine /numbers /root-by-name /source /value /v/in-a-volume"},
		func(r *protocol.RunRequest) {
			r.Container.User = "1000:1001"
			r.Container.ReadOnly = false
			r.Container.Mounts = []*structpb.Struct{object(map[string]any{
				"Type": "volume", "Target": "/v", "VolumeOptions": map[string]any{"Labels": map[string]any{testLabel: s.id}},
			})}
			r.Files = []*protocol.File{
				own("/mine", ""), own("/numbers", "7:8"), own("/root-by-name", "root"), own("/source", "source"), own("/v/in-a-volume", ""),
				{Path: "/value", Source: &protocol.File_Content{Content: []byte("y")}, Mode: proto.Uint32(0o440)},
			}
		}))
	var text string
	for _, event := range got.events {
		text += event.GetOutput().GetText()
	}
	source := fmt.Sprintf("%d:%d", os.Getuid(), os.Getgid())
	want := "x/mine 1000:1001 600\n/numbers 7:8 600\n/root-by-name 0:0 600\n/source " + source + " 600\n/value 1000:1001 440\n/v/in-a-volume 1000:1001 600\n"
	if got.code != 0 || text != want {
		s.Errorf("code %d, %q, want %q; %s", got.code, text, want, got.stderr)
	}
	s.nothingIsLeft(0)
}
