package e2e

import (
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	"airdock.dev/airdock/protocol"
)

// TestPrivateValuesAreNowhere looks at everything that the command line, the
// plugin and the process table show at the highest log level.
func TestPrivateValuesAreNowhere(t *testing.T) {
	s := tell(t, "a private value reaches the container and shows nowhere else")
	secret := rand.Text()
	private := func(r *protocol.RunRequest) {
		r.Container.PrivateEnvironment = []string{"PASSWORD=" + secret}
		r.Files = []*protocol.File{{Path: "/run/secret", Source: &protocol.File_Content{Content: []byte(secret)}, Mode: proto.Uint32(0o400)}}
		r.StopGrace = durationpb.New(0)
	}
	s.step("the container has it", func() {
		p := s.startCall(s.runCall("private", []string{"busybox", "sh", "-c", `echo "${#PASSWORD} $(wc -c </run/secret)"; sleep 60`}, private), "--log-level", "trace")
		p.prints("26 26")
		programs, _ := filepath.Glob("/proc/[0-9]*/cmdline")
		for _, program := range programs {
			if arguments, _ := os.ReadFile(program); strings.Contains(string(arguments), secret) {
				s.Errorf("it is an argument of %s", strings.ReplaceAll(string(arguments), "\x00", " "))
			}
		}
		p.signal(syscall.SIGTERM)
		got := p.ends(10 * time.Second)
		if strings.Contains(got.stdout+got.stderr, secret) {
			s.Errorf("it is shown: %s%s", got.stdout, got.stderr)
		}
		if !strings.Contains(got.stderr, "[DEBUG]") && !strings.Contains(got.stderr, "[TRACE]") {
			s.Errorf("nothing was logged, so that this shows nothing: %q", got.stderr)
		}
	})
	s.step("no error shows it", func() {
		for _, command := range [][]string{{"busybox", "nope"}, {"Not An Image"}, {"127.0.0.1:1/x"}} {
			if got := s.callTo(s.runCall("private", command, private), "--log-level", "trace"); strings.Contains(got.stdout+got.stderr, secret) {
				s.Errorf("%q shows it: %s%s", command, got.stdout, got.stderr)
			}
		}
	})
	s.nothingIsLeft(time.Second)
}
