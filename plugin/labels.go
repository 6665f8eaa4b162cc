package plugin

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"regexp"
	"strings"

	"airdock.dev/airdock/protocol"
)

const (
	labelPrefix = "dev.airdock."
	labelKey    = labelPrefix + "key"
)

// nameChars is what the engine accepts in names and filters alike. A bound on the
// length would make it a program of 100 KB.
var nameChars = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]*$`)

func validKey(key string) bool { return len(key) <= 128 && nameChars.MatchString(key) }

var notNameChars = regexp.MustCompile(`[^A-Za-z0-9_.-]+`)

// labelsOf returns the labels of a run's container: the caller's, and ours,
// which nobody can override.
func labelsOf(spec *protocol.RunRequest) map[string]string {
	labels := maps.Clone(spec.GetContainer().GetLabels())
	if labels == nil {
		labels = map[string]string{}
	}
	for name, value := range spec.GetOrigin() {
		labels[labelPrefix+name] = value
	}
	labels[labelKey] = spec.GetKey()
	return labels
}

// nameOf returns the container's name: the one asked for, or one that a person
// recognises and that is the same whenever the same run is tried again.
func nameOf(spec *protocol.RunRequest) string {
	if name := spec.GetContainer().GetName(); name != "" {
		return name
	}
	sum := sha256.Sum256([]byte(spec.GetKey()))
	suffix := hex.EncodeToString(sum[:6])
	readable := "airdock"
	if dag, task := spec.GetOrigin()["dag-id"], spec.GetOrigin()["task-id"]; dag != "" {
		readable = notNameChars.ReplaceAllString(dag+"-"+task, "-")
		readable = strings.TrimLeft(readable, "_.-")
	}
	if len(readable) > 100 {
		readable = readable[:100]
	}
	if readable == "" {
		readable = "airdock"
	}
	return readable + "-" + suffix
}
