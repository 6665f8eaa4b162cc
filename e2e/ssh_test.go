package e2e

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
)

// TestEngineBehindSSH reaches the engine as ssh://. The client is the machine's
// own ssh; the server is in this test, because one of the machine's would have to
// be installed and started as a service.
func TestEngineBehindSSH(t *testing.T) {
	s := tell(t, "an engine behind ssh:// runs a container as any other")
	path := s.pathWithSSH()
	to := func(address string, args ...string) result {
		command := s.command(args...)
		command.Args = append([]string{"airdock", "-H", "ssh://someone@" + address}, command.Args[1:]...)
		command.Env = append(command.Env, "PATH="+path, "DOCKER_TLS_VERIFY=", "DOCKER_CERT_PATH=")
		return s.finish(command)
	}
	s.step("a container prints to both streams and exits with 4", func() {
		got := to(serveSSH(t), "run", "--rm", "bash", "-c", "echo out; echo err >&2; exit 4")
		s.want(got, 4, "out\n")
		if !strings.Contains(got.stderr, "err\n") {
			s.Errorf("stderr of the container is missing: %s", got.stderr)
		}
	})
	s.step("where no ssh server is, the message says what ssh said", func() {
		got := to("127.0.0.1:1", "engine", "info")
		if got.code == 0 || !strings.Contains(got.stderr, "nothing answers as an engine at ssh://") || !strings.Contains(got.stderr, "refused") {
			s.Errorf("code %d, %s", got.code, got.stderr)
		}
	})
	s.nothingIsLeft(0)
}

// pathWithSSH returns a PATH whose ssh is the machine's, with a key of the test's
// own and no known hosts; it looks for both in the user's home otherwise.
func (s *story) pathWithSSH() string {
	s.Helper()
	ssh, err := exec.LookPath("ssh")
	if err != nil {
		s.Fatal("the ssh client is missing: apt-get install openssh-client")
	}
	folder := s.TempDir()
	script := "#!/bin/sh\nexec " + ssh + " -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o IdentitiesOnly=yes -i " +
		clientKey(s.T, folder) + ` "$@"` + "\n"
	if err := os.WriteFile(filepath.Join(folder, "ssh"), []byte(script), 0o700); err != nil {
		s.Fatal(err)
	}
	return folder + string(filepath.ListSeparator) + os.Getenv("PATH")
}

// serveSSH answers ssh on 127.0.0.1 and runs what it is asked to.
func serveSSH(t *testing.T) string {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(key)
	if err != nil {
		t.Fatal(err)
	}
	config := &ssh.ServerConfig{PublicKeyCallback: func(ssh.ConnMetadata, ssh.PublicKey) (*ssh.Permissions, error) { return nil, nil }}
	config.AddHostKey(signer)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go answerSSH(conn, config)
		}
	}()
	return listener.Addr().String()
}

func answerSSH(conn net.Conn, config *ssh.ServerConfig) {
	server, channels, requests, err := ssh.NewServerConn(conn, config)
	if err != nil {
		return
	}
	defer server.Close()
	go ssh.DiscardRequests(requests)
	for offered := range channels {
		channel, requests, err := offered.Accept()
		if err != nil {
			return
		}
		go func() {
			for request := range requests {
				_ = request.Reply(request.Type == "exec", nil)
				if request.Type == "exec" {
					go execSSH(channel, request.Payload)
				}
			}
		}()
	}
}

// execSSH runs the command of an exec request: docker system dial-stdio, with the
// engine of this test's environment.
func execSSH(channel ssh.Channel, payload []byte) {
	defer channel.Close()
	var asked struct{ Command string }
	if ssh.Unmarshal(payload, &asked) != nil {
		return
	}
	command := exec.Command("sh", "-c", asked.Command)
	command.Stdout, command.Stderr = channel, channel.Stderr()
	stdin, err := command.StdinPipe()
	if err != nil || command.Start() != nil {
		return
	}
	go func() {
		_, _ = io.Copy(stdin, channel)
		_ = stdin.Close()
	}()
	_ = command.Wait()
	_, _ = channel.SendRequest("exit-status", false, ssh.Marshal(struct{ Status uint32 }{uint32(command.ProcessState.ExitCode())}))
}

func clientKey(t *testing.T, folder string) string {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(key, "")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, "id")
	if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
