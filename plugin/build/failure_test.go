package build

import (
	"strings"
	"testing"

	"airdock.dev/airdock/protocol"
)

// What the builders of the engine 20.10 and of newer ones (BuildKit 0.12 and on)
// say.
func TestKindOfAFailedBuild(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text, step string
		kind       protocol.ErrorKind
	}{
		{"dockerfile parse error line 3: unknown instruction: RUNN", "", protocol.ErrorKind_DOCKERFILE_INVALID},
		{"dockerfile parse error on line 2: COPY requires at least two arguments", "", protocol.ErrorKind_DOCKERFILE_INVALID},
		{"the Dockerfile (Dockerfile) cannot be empty", "", protocol.ErrorKind_DOCKERFILE_INVALID},
		{"file with no instructions", "", protocol.ErrorKind_DOCKERFILE_INVALID},
		{"no build stage in current context", "", protocol.ErrorKind_DOCKERFILE_INVALID},
		{"base name ($X) should not be blank", "[2/2] FROM $X", protocol.ErrorKind_DOCKERFILE_INVALID},
		{"target stage nosuch could not be found", "", protocol.ErrorKind_TARGET_NOT_FOUND},
		{`target stage "nosuch" could not be found`, "", protocol.ErrorKind_TARGET_NOT_FOUND},
		{"failed to reach build target nosuch in Dockerfile", "", protocol.ErrorKind_TARGET_NOT_FOUND},
		{"failed to read dockerfile: open /tmp/x: no such file or directory", "", protocol.ErrorKind_DOCKERFILE_NOT_FOUND},
		{`failed to compute cache key: "/nope" not found: not found`, "[2/2] COPY nope /", protocol.ErrorKind_COPY_SOURCE_MISSING},
		{`failed to calculate checksum of ref x::y: "/nope": not found`, "[stage-1 2/2] ADD nope /", protocol.ErrorKind_COPY_SOURCE_MISSING},
		{"COPY failed: no source files were specified", "[2/2] COPY *.nope /", protocol.ErrorKind_COPY_SOURCE_MISSING},
		{"executor failed running [/bin/sh -c exit 3]: exit code: 3", "[2/2] RUN exit 3", protocol.ErrorKind_BUILD_STEP_FAILED},
		{"sh: make: not found", "[2/2] RUN make", protocol.ErrorKind_BUILD_STEP_FAILED},
		{"no space left on device", "exporting to image", protocol.ErrorKind_BUILD_FAILED},
		{"something else", "", protocol.ErrorKind_BUILD_FAILED},
	} {
		var failed *step
		if c.step != "" {
			failed = &step{name: c.step}
		}
		if kind := kindOf(c.text, failed); kind != c.kind {
			t.Errorf("%q in %q is %s, want %s", c.text, c.step, kind, c.kind)
		}
	}
}

func TestBaseOfAFailedBuild(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"[internal] load metadata for docker.io/library/bash:latest": "docker.io/library/bash:latest",
		"[1/3] FROM docker.io/library/bash":                          "docker.io/library/bash",
		"[tools 1/3] FROM registry:5000/x@sha256:ab":                 "registry:5000/x@sha256:ab",
		"FROM docker.io/library/other:1":                             "docker.io/library/other:1",
		"[2/3] RUN echo FROM bash":                                   "",
		"[internal] load build context":                              "",
	} {
		if base := baseOf("failed", &step{name: name}); base != want {
			t.Errorf("%q is about %q, want %q", name, base, want)
		}
	}
	if base := baseOf("invalid from flag value other: pull access denied", nil); base != "other" {
		t.Errorf("COPY --from is about %q", base)
	}
}

const severalStages = `# syntax stays
ARG BASE=bash
FROM ${BASE} AS first
RUN one
WORKDIR /x

FROM first
ENV a=b
RUN two \
  and more
COPY f /

FROM scratch AS last
COPY g /
`

func TestLinesOfAFailedStep(t *testing.T) {
	t.Parallel()
	in := &input{dockerfile: "Dockerfile", content: []byte(severalStages)}
	for name, want := range map[string][2]int{
		"[first 2/3] RUN one":           {4, 4},
		"[first 3/3] WORKDIR /x":        {5, 5},
		"[stage-1 1/2] RUN two":         {9, 10},
		"[stage-1 2/2] COPY f /":        {11, 11},
		"[last 1/1] COPY g /":           {14, 14},
		"[8/10] COPY f /":               {11, 11}, // the classic builder counts all
		"[7/9] COPY f /":                {0, 0},
		"[stage-1 2/2] RUN other":       {0, 0},
		"[nosuch 1/2] RUN one":          {0, 0},
		"[internal] load .dockerignore": {0, 0},
	} {
		if first, last := linesOf(in, "it failed", &step{name: name}); first != want[0] || last != want[1] {
			t.Errorf("%s is in lines %d to %d, want %v", name, first, last, want)
		}
	}
	shown := excerpt(nil, in, "dockerfile parse error line 4: unknown instruction", nil)
	if !strings.Contains(shown, "Dockerfile:4") || !strings.Contains(shown, "4 | >>> RUN one") {
		t.Errorf("the excerpt is %s", shown)
	}
}

func TestPlainErrors(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"failed to solve: rpc error: code = Unknown desc = failed to solve with frontend dockerfile.v0: failed to create LLB definition: it": "it",
		"Error response from daemon: failed to reach build target":                                                                           "failed to reach build target",
		"as it is": "as it is",
	} {
		if got := plain(textError(given)); got != want {
			t.Errorf("%q becomes %q", given, got)
		}
	}
}

type textError string

func (e textError) Error() string { return string(e) }
