package e2e_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"airdock.dev/airdock/protocol"
)

// guardedLogin is the only login of a guardedRegistry; its line for htpasswd is
// made with bcrypt.
const (
	guardedUser     = "someone"
	guardedPassword = "right-password"
	guardedLogin    = guardedUser + ":$2a$04$iNqInThJIS4nO7D57SFWLudWhra5r/hJAdIjk0Rtf7mNFZnSfvwFG\n"
)

// guardedRegistry starts a registry with a password where an engine of this
// machine reaches it, and returns its address.
func guardedRegistry(t *testing.T) string {
	t.Helper()
	program, err := exec.LookPath("docker-registry")
	if err != nil || !strings.HasPrefix(os.Getenv("AIRDOCK_TEST_REGISTRY"), "127.0.0.1:") {
		t.Fatal("these scenarios start a registry beside the engine: they need docker-registry (Debian's package) and an engine of devengine's")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	_ = listener.Close()
	root := t.TempDir()
	config := fmt.Sprintf(`version: 0.1
storage: {filesystem: {rootdirectory: %s}}
http: {addr: %s}
auth: {htpasswd: {realm: guarded, path: %s}}
`, filepath.Join(root, "data"), address, filepath.Join(root, "htpasswd"))
	for name, text := range map[string]string{"htpasswd": guardedLogin, "config.yml": config} {
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	command := exec.Command(program, "serve", filepath.Join(root, "config.yml"))
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	})
	eventually(t, 10*time.Second, "the registry answers", func() bool {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	})
	return address
}

func loginFor(address, password string) []*protocol.RegistryAuth {
	return []*protocol.RegistryAuth{{ServerAddress: address, Username: guardedUser, Password: password}}
}

func TestBuildPushesToAGuardedRegistry(t *testing.T) {
	api := buildEngine(t)
	address := guardedRegistry(t)
	for _, builder := range []protocol.Builder{protocol.Builder_BUILDER_BUILDKIT, protocol.Builder_BUILDER_CLASSIC} {
		t.Run(builder.String(), func(t *testing.T) {
			name := address + "/team/" + imageName(t, api, "image")
			remove := func() { removeImage(t, api, name) }
			t.Cleanup(remove)
			request := &protocol.BuildRequest{
				Dockerfile:   inline("FROM bash\nRUN echo pushed > /pushed\n"),
				Tags:         []string{name},
				Push:         true,
				RegistryAuth: loginFor(address, guardedPassword),
				Builder:      builder,
			}
			answer := build(t, request)
			result := answer.final.GetBuildResult()
			if result == nil || !strings.HasPrefix(result.GetDigest(), "sha256:") || len(result.GetPushed()) != 1 {
				t.Fatal(answer.text)
			}
			remove()
			if denied := pull(t, name, loginFor(address, "wrong-password")); denied.kind() != protocol.ErrorKind_PULL_DENIED {
				t.Errorf("pull with a wrong password: %s", denied.text)
			}
			if denied := pull(t, name, nil); denied.kind() != protocol.ErrorKind_PULL_DENIED {
				t.Errorf("pull without a login: %s", denied.text)
			}
			pulled := pull(t, name, loginFor(address, guardedPassword))
			if info := pulled.final.GetImageInfo(); info.GetId() != result.GetImageId() ||
				!strings.HasSuffix(strings.Join(info.GetDigests(), " "), "@"+result.GetDigest()) {
				t.Errorf("what was pulled is not what was pushed: %s\n%s", pulled.text, answer.text)
			}
			remove()
			if based := build(t, &protocol.BuildRequest{
				Dockerfile: inline("FROM " + name + "\nRUN cat /pushed\n"), RegistryAuth: request.GetRegistryAuth(), Builder: builder,
			}); based.kind() >= 0 {
				t.Errorf("build from a base image behind the password: %s", based.text)
			}
			remove()
			if based := build(t, &protocol.BuildRequest{
				Dockerfile: inline("FROM " + name + "\nRUN cat /pushed\n"), RegistryAuth: loginFor(address, "wrong-password"), Builder: builder,
			}); based.kind() != protocol.ErrorKind_PULL_DENIED {
				t.Errorf("build from a base image with a wrong password: %s", based.text)
			}
		})
	}
}

func TestPushDeniedSaysSo(t *testing.T) {
	api := buildEngine(t)
	address := guardedRegistry(t)
	name := address + "/team/" + imageName(t, api, "image")
	t.Cleanup(func() { removeImage(t, api, name) })
	request := &protocol.BuildRequest{Dockerfile: inline("FROM bash\nRUN echo x > /x\n"), Tags: []string{name}, Push: true}
	for what, login := range map[string][]*protocol.RegistryAuth{"no login": nil, "wrong password": loginFor(address, "wrong-password")} {
		request.RegistryAuth = login
		answer := build(t, request)
		if answer.kind() != protocol.ErrorKind_PUSH_DENIED || strings.Contains(answer.text, "wrong-password") {
			t.Errorf("%s: kind %s, want PUSH_DENIED: %s", what, answer.kind(), answer.text)
		}
	}
	missing := call(t, &protocol.Call{Operation: &protocol.Call_Push{Push: &protocol.PushRequest{Image: address + "/team/nosuch"}}})
	if missing.kind() != protocol.ErrorKind_IMAGE_NOT_FOUND {
		t.Errorf("push of an image that is not there: %s", missing.text)
	}
	closed := build(t, &protocol.BuildRequest{Dockerfile: inline("FROM bash\n"), Tags: []string{"127.0.0.1:9/" + imageName(t, api, "closed")}, Push: true})
	if closed.kind() != protocol.ErrorKind_REGISTRY_UNREACHABLE {
		t.Errorf("push to a registry that is not there: %s", closed.text)
	}
}

func pull(t *testing.T, name string, login []*protocol.RegistryAuth) called {
	t.Helper()
	return call(t, &protocol.Call{Operation: &protocol.Call_Pull{Pull: &protocol.PullRequest{Image: name, RegistryAuth: login}}})
}
