package e2e_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"

	"airdock.dev/airdock/protocol"
)

var badBuilds = []struct {
	name    string
	files   map[string]string
	spec    *protocol.BuildRequest
	kind    protocol.ErrorKind
	classic protocol.ErrorKind // when it is another one there
	words   []string
}{
	{name: "no Dockerfile", files: map[string]string{"a/": ""}, kind: protocol.ErrorKind_DOCKERFILE_NOT_FOUND},
	{
		name:  "syntax error",
		files: map[string]string{"Dockerfile": "FROM bash\nRUN true\nRUNN false\nCMD ls\n"},
		kind:  protocol.ErrorKind_DOCKERFILE_INVALID,
		words: []string{"unknown instruction", "3 | >>> RUNN false"},
	},
	{name: "empty Dockerfile", files: map[string]string{"Dockerfile": ""}, kind: protocol.ErrorKind_DOCKERFILE_INVALID},
	{
		name:  "missing COPY source",
		files: map[string]string{"Dockerfile": "FROM bash\nRUN true\nCOPY nope.txt /\n"},
		kind:  protocol.ErrorKind_COPY_SOURCE_MISSING,
		words: []string{"nope.txt", "3 | >>> COPY nope.txt /"},
	},
	{
		name:  "excluded COPY source",
		files: map[string]string{"Dockerfile": "FROM bash\nCOPY f.txt /\n", "f.txt": "f", ".dockerignore": "f.txt\n"},
		kind:  protocol.ErrorKind_COPY_SOURCE_MISSING,
	},
	{
		name:  "unknown target",
		files: map[string]string{"Dockerfile": "FROM bash AS one\nRUN true\n"},
		spec:  &protocol.BuildRequest{Target: "nosuch"},
		kind:  protocol.ErrorKind_TARGET_NOT_FOUND,
		words: []string{`"nosuch"`},
	},
	{
		name:  "failing step",
		files: map[string]string{"Dockerfile": "FROM bash AS one\nRUN true\nFROM one\nRUN true\nRUN echo said; exit 3\n"},
		kind:  protocol.ErrorKind_BUILD_STEP_FAILED,
		words: []string{"3", "5 | >>> RUN echo said; exit 3"},
	},
	{
		name:  "unreachable base image",
		files: map[string]string{"Dockerfile": "FROM 127.0.0.1:9/no/image:1\nRUN true\n"},
		kind:  protocol.ErrorKind_REGISTRY_UNREACHABLE,
		words: []string{"127.0.0.1:9/no/image:1"},
	},
	{
		name:  "malformed tag",
		files: map[string]string{"Dockerfile": "FROM bash\n"},
		spec:  &protocol.BuildRequest{Tags: []string{"No Such Name"}},
		kind:  protocol.ErrorKind_INVALID_REQUEST,
	},
	{
		name:    "secret with the classic builder",
		files:   map[string]string{"Dockerfile": "FROM bash\nRUN exit 5\n"},
		spec:    &protocol.BuildRequest{Secrets: map[string]*protocol.Secret{"token": {Source: &protocol.Secret_Value{Value: []byte("x")}}}},
		kind:    protocol.ErrorKind_BUILD_STEP_FAILED,
		classic: protocol.ErrorKind_BUILDER_UNSUPPORTED,
	},
}

func TestBuildSaysWhatIsWrong(t *testing.T) {
	api := buildEngine(t)
	for _, builder := range []protocol.Builder{protocol.Builder_BUILDER_BUILDKIT, protocol.Builder_BUILDER_CLASSIC} {
		for _, c := range badBuilds {
			t.Run(c.name+"/"+builder.String(), func(t *testing.T) {
				tag := imageName(t, api, "never")
				request := &protocol.BuildRequest{
					Context: folder(files(t, c.files)),
					Tags:    append([]string{tag}, c.spec.GetTags()...),
					Target:  c.spec.GetTarget(),
					Secrets: c.spec.GetSecrets(),
					Builder: builder,
				}
				answer := build(t, request)
				kind := c.kind
				if builder == protocol.Builder_BUILDER_CLASSIC && c.classic != 0 {
					kind = c.classic
				}
				if answer.kind() != kind {
					t.Errorf("kind %s, want %s: %s", answer.kind(), kind, answer.final.GetError().GetMessage())
				}
				for _, word := range c.words {
					if !strings.Contains(answer.final.GetError().GetMessage(), word) {
						t.Errorf("the message has no %q: %s", word, answer.final.GetError().GetMessage())
					}
				}
				if _, err := api.ImageInspect(t.Context(), tag); err == nil {
					t.Error("a build that failed has tagged an image")
				}
			})
		}
	}
}

func TestBuildSaysThatItsContextIsNone(t *testing.T) {
	buildEngine(t)
	root := files(t, map[string]string{"file": "x"})
	for name, request := range map[string]*protocol.BuildRequest{
		"a file":            {Context: folder(filepath.Join(root, "file"))},
		"missing":           {Context: folder(filepath.Join(root, "nowhere"))},
		"a missing tar":     {Context: &protocol.BuildRequest_Tar{Tar: filepath.Join(root, "nowhere.tar")}},
		"a folder as a tar": {Context: &protocol.BuildRequest_Tar{Tar: root}},
	} {
		t.Run(name, func(t *testing.T) {
			if answer := build(t, request); answer.kind() != protocol.ErrorKind_CONTEXT_UNREADABLE {
				t.Errorf("kind %s, want CONTEXT_UNREADABLE: %s", answer.kind(), answer.text)
			}
		})
	}
}

// TestBuildFailsOnAFileThatItCannotRead: BuildKit's own sender would send an
// empty file in its place.
func TestBuildFailsOnAFileThatItCannotRead(t *testing.T) {
	api := buildEngine(t)
	const nobody = 65534
	for _, builder := range []protocol.Builder{protocol.Builder_BUILDER_BUILDKIT, protocol.Builder_BUILDER_CLASSIC} {
		t.Run(builder.String(), func(t *testing.T) {
			tag := imageName(t, api, "never")
			root := files(t, map[string]string{"Dockerfile": "FROM bash\nCOPY . /all\nRUN sleep 5\n", "secret/key": "x", "fine": "y"})
			if err := os.Chmod(filepath.Join(root, "secret", "key"), 0o000); err != nil {
				t.Fatal(err)
			}
			request := &protocol.BuildRequest{Context: folder(root), Tags: []string{tag}, Builder: builder, NoCache: true}
			text, err := protojson.Marshal(&protocol.Call{Operation: &protocol.Call_Build{Build: request}})
			if err != nil {
				t.Fatal(err)
			}
			command := airdockCommand(t, string(text), "call")
			if os.Geteuid() == 0 {
				// Root reads everything.
				openToAll(t, root)
				command.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
				command.Env = append(os.Environ(), "DOCKER_CERT_PATH="+readableCertificates(t), "HOME=/", "DOCKER_CONFIG=", "TMPDIR="+os.TempDir())
			}
			answer := readCalled(t, finish(t, command))
			if answer.kind() != protocol.ErrorKind_CONTEXT_UNREADABLE || !strings.Contains(answer.text, "secret/key") {
				t.Errorf("kind %s, want CONTEXT_UNREADABLE about secret/key: %s", answer.kind(), answer.text)
			}
			if _, err := api.ImageInspect(t.Context(), tag); err == nil {
				t.Error("a build that failed has tagged an image")
			}
		})
	}
}

// openToAll lets every user into a folder that t.TempDir made.
func openToAll(t *testing.T, folder string) {
	t.Helper()
	for _, path := range []string{folder, filepath.Dir(folder)} {
		if err := os.Chmod(path, 0o755); err != nil {
			t.Fatal(err)
		}
	}
}

// readableCertificates copies the client's certificates to where every user may
// read them, for this test.
func readableCertificates(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	openToAll(t, folder)
	for _, name := range []string{"ca.pem", "cert.pem", "key.pem"} {
		text, err := os.ReadFile(filepath.Join(os.Getenv("DOCKER_CERT_PATH"), name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}
