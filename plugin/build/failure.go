package build

import (
	"context"
	"errors"
	"regexp"
	"strings"

	"github.com/moby/buildkit/util/grpcerrors"
	"google.golang.org/grpc/codes"

	"airdock.dev/airdock/plugin/engine"
	"airdock.dev/airdock/protocol"
)

// baseStep is the step that looks up or fetches a base image.
var baseStep = regexp.MustCompile(`^(?:\[internal\] load metadata for |(?:\[[^\]]*\d+/\d+\] )?FROM )(\S+)`)

// fromFlag is what the classic builder says of the image of a COPY --from.
var fromFlag = regexp.MustCompile(`invalid from flag value (\S+): `)

// layers that BuildKit and grpc put around an error and that tell a reader
// nothing.
var layers = []string{
	"failed to solve with frontend dockerfile.v0: ", "failed to solve: ", "rpc error: code = Unknown desc = ",
	"failed to create LLB definition: ", "failed to build LLB: ", "Error response from daemon: ",
}

// solveFailure finds the kind of a failed BuildKit build, and shows the lines of
// the Dockerfile that it is about.
func (b *Build) solveFailure(ctx context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case grpcerrors.Code(err) == codes.Unavailable || engine.IsLost(err):
		return protocol.Errorf(protocol.ErrorKind_ENGINE_LOST,
			"the engine at %s, or the connection to it, broke during the build: %s; see the engine's log, and try again", b.Host, plain(err))
	}
	if engineFailure := engine.Failure(err, b.Host, "build"); errors.Is(err, engine.ErrNotUpgraded) {
		return engineFailure
	}
	text := plain(err)
	return b.explain(text, excerpt(err, b.input, text, b.steps.failure()))
}

// explain makes the failure of what a builder says and the lines that it is about.
func (b *Build) explain(text, lines string) error {
	failed := b.steps.failure()
	kind := kindOf(text, failed)
	if base := baseOf(text, failed); base != "" && kind != protocol.ErrorKind_DOCKERFILE_INVALID {
		return b.ImageFailure(errors.New(text), base)
	}
	switch kind {
	case protocol.ErrorKind_DOCKERFILE_INVALID:
		return protocol.Errorf(kind, "the Dockerfile is not valid: %s%s", text, lines)
	case protocol.ErrorKind_DOCKERFILE_NOT_FOUND:
		return protocol.Errorf(kind, "the build context has no %s: %s; name the Dockerfile that it has, or give its text", b.input.dockerfile, text)
	case protocol.ErrorKind_TARGET_NOT_FOUND:
		return protocol.Errorf(kind, "the Dockerfile has no stage %q: %s", b.Spec.GetTarget(), text)
	case protocol.ErrorKind_COPY_SOURCE_MISSING:
		return protocol.Errorf(kind, "the step %s copies what is not there, or what .dockerignore excludes: %s%s", failed.name, text, lines)
	case protocol.ErrorKind_BUILD_STEP_FAILED:
		return protocol.Errorf(kind, "the step %s failed: %s%s", failed.name, text, lines)
	}
	return protocol.Errorf(kind, "build: %s%s", text, lines)
}

// baseOf returns the image that could not be had, or "".
func baseOf(text string, failed *step) string {
	if found := fromFlag.FindStringSubmatch(text); found != nil {
		return found[1]
	}
	if failed == nil {
		return ""
	}
	if found := baseStep.FindStringSubmatch(failed.name); found != nil {
		return found[1]
	}
	return ""
}

// kindOf goes by the step that failed and, where none did, by what the builders
// of 20.10 to 28 say: they have nothing but a sentence for it.
func kindOf(text string, failed *step) protocol.ErrorKind {
	lower := strings.ToLower(text)
	has := func(words ...string) bool {
		for _, word := range words {
			if strings.Contains(lower, word) {
				return true
			}
		}
		return false
	}
	switch {
	case has("parse error", "unknown instruction", "no build stage in current context", "cannot be empty",
		"file with no instructions", "base name ("):
		return protocol.ErrorKind_DOCKERFILE_INVALID
	case has("target stage", "failed to reach build target"):
		return protocol.ErrorKind_TARGET_NOT_FOUND
	case has("failed to read dockerfile", "cannot locate specified dockerfile"):
		return protocol.ErrorKind_DOCKERFILE_NOT_FOUND
	case failed == nil:
		return protocol.ErrorKind_BUILD_FAILED
	}
	switch failed.verb() {
	case "COPY", "ADD":
		if has("not found", "no such file", "file does not exist", "no source files were specified") {
			return protocol.ErrorKind_COPY_SOURCE_MISSING
		}
		return protocol.ErrorKind_BUILD_STEP_FAILED
	case "":
		return protocol.ErrorKind_BUILD_FAILED
	}
	return protocol.ErrorKind_BUILD_STEP_FAILED
}

func plain(err error) string {
	text := err.Error()
	for trimmed := true; trimmed; {
		trimmed = false
		for _, layer := range layers {
			if rest, found := strings.CutPrefix(text, layer); found {
				text, trimmed = rest, true
			}
		}
	}
	return text
}
