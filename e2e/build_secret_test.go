package e2e_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/docker/docker/client"

	"airdock.dev/airdock/protocol"
)

// TestBuildKeepsSecrets builds with secrets, prints one, and looks for them in
// everything that is left.
func TestBuildKeepsSecrets(t *testing.T) {
	api := buildEngine(t)
	tag := imageName(t, api, "with")
	byValue, inFile := "value-"+rand.Text(), "file-"+rand.Text()
	// What a step keeps must be found, or the search is none.
	marker := "marker-" + rand.Text()
	path := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(path, []byte(inFile+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	answer := build(t, &protocol.BuildRequest{
		Dockerfile: inline(`FROM bash
RUN --mount=type=secret,id=one --mount=type=secret,id=two \
  cat /run/secrets/one /run/secrets/two; cat /run/secrets/one /run/secrets/two | wc -c > /length; ls /run/secrets
RUN --mount=type=secret,id=one,target=/elsewhere,mode=0400 cp /elsewhere /dev/null; wc -c < /elsewhere >> /length
RUN echo ` + marker + ` > /marker
`),
		Tags:    []string{tag},
		NoCache: true,
		Secrets: map[string]*protocol.Secret{
			"one": {Source: &protocol.Secret_Value{Value: []byte(byValue)}},
			"two": {Source: &protocol.Secret_Path{Path: path}},
		},
	}, "--log-level", "debug")
	if answer.kind() >= 0 {
		t.Fatal(answer.text)
	}
	if result := airdock(t, "", "run", "--rm", tag, "cat", "/length"); result.stdout != "64\n32\n" {
		t.Errorf("the steps had %q bytes of secrets", result.stdout)
	}
	if !strings.Contains(answer.text, "***") {
		t.Error("the step's output does not show that it was masked")
	}
	for _, secret := range []string{byValue, inFile} {
		if strings.Contains(answer.text, secret) {
			t.Error("a secret is in an event or a log record")
		}
		for what, text := range savedImage(t, api, tag) {
			if bytes.Contains(text, []byte(secret)) {
				t.Errorf("a secret is in %s", what)
			}
		}
	}
	searchEngine(t, api, marker, byValue, inFile)
}

func TestBuildMasksASecretInAFailure(t *testing.T) {
	buildEngine(t)
	secret := rand.Text()
	answer := build(t, &protocol.BuildRequest{
		Dockerfile: inline("FROM bash\nRUN --mount=type=secret,id=one cat /run/secrets/one >&2; exit 1\n"),
		Secrets:    map[string]*protocol.Secret{"one": {Source: &protocol.Secret_Value{Value: []byte(secret)}}},
	})
	if answer.kind() != protocol.ErrorKind_BUILD_STEP_FAILED || strings.Contains(answer.text, secret) || !strings.Contains(answer.text, "***") {
		t.Errorf("kind %s, or the secret shows: %s", answer.kind(), answer.text)
	}
}

// savedImage is all of an image: its layers, config and history.
func savedImage(t *testing.T, api *client.Client, tag string) map[string][]byte {
	t.Helper()
	saved, err := api.ImageSave(t.Context(), []string{tag})
	if err != nil {
		t.Fatal(err)
	}
	defer saved.Close()
	text, err := io.ReadAll(saved)
	if err != nil {
		t.Fatal(err)
	}
	history, err := api.ImageHistory(t.Context(), tag)
	if err != nil {
		t.Fatal(err)
	}
	return map[string][]byte{"the saved image": text, "the history": []byte(asJSON(t, history))}
}

// searchEngine reads the engine's whole data folder, where it is on this machine
// and may be read.
func searchEngine(t *testing.T, api *client.Client, marker string, secrets ...string) {
	t.Helper()
	info, err := api.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.ReadDir(filepath.Join(info.DockerRootDir, "buildkit")); err != nil {
		t.Logf("the engine's data folder is not to be read from here, so that only the image was searched: %v", err)
		return
	}
	read, found := 0, false
	err = filepath.WalkDir(info.DockerRootDir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return nil // Files come and go while an engine works.
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return context.Cause(t.Context())
		}
		read++
		found = found || bytes.Contains(text, []byte(marker))
		for _, secret := range secrets {
			if bytes.Contains(text, []byte(secret)) {
				t.Errorf("a secret is in %s", path)
			}
		}
		return nil
	})
	if err != nil || !found {
		t.Errorf("what the build kept is not in the %d files of %s that were read: %v", read, info.DockerRootDir, err)
	}
	t.Logf("%d files of %s were read", read, info.DockerRootDir)
}
