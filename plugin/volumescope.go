package plugin

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"

	"airdock.dev/airdock/protocol"
)

const (
	labelVolumeScope = labelPrefix + "volume-scope"
	labelVolume      = labelPrefix + "volume"

	scopeDAGRun = "dag_run"
	// maxReadable bounds each part of a scoped volume's name that a person reads.
	maxReadable = 50
)

// validVolume is the engine's own rule. The driver local makes a folder of that
// name, whose length is bounded.
func validVolume(name string) bool { return len(name) <= 255 && nameChars.MatchString(name) }

// engineVolume returns the engine's name of a volume, and the labels that say
// whose it is: none without a scope.
func engineVolume(v *protocol.Volume) (string, map[string]string, error) {
	name := v.GetName()
	if !validVolume(name) {
		return "", nil, invalid("%q is no name for a volume: 1 to 255 characters of A-Z a-z 0-9 _ . - that begin with a letter or digit", name)
	}
	labels, err := scopeLabels(v.GetScope(), v.GetOrigin())
	if err != nil || labels == nil {
		return name, nil, err
	}
	labels[labelVolume] = name
	return scopedName(v.GetOrigin()["dag-id"], v.GetOrigin()["run-id"], name), labels, nil
}

// scopeLabels are the labels that all volumes of one run of a DAG carry.
func scopeLabels(scope protocol.VolumeScope, origin map[string]string) (map[string]string, error) {
	switch scope {
	case protocol.VolumeScope_VOLUME_SCOPE_NONE:
		return nil, nil
	case protocol.VolumeScope_VOLUME_SCOPE_DAG_RUN:
	default:
		return nil, invalid("this plugin does not know the volume scope %d", scope)
	}
	labels := map[string]string{labelVolumeScope: scopeDAGRun}
	for _, part := range []string{"dag-id", "run-id"} {
		if origin[part] == "" {
			return nil, invalid("a volume of a DAG run needs %s in its origin", part)
		}
		labels[labelPrefix+part] = origin[part]
	}
	return labels, nil
}

// scopedName is the same whenever the same run asks for it. What a person reads
// of it may be cut and may be that of another run; the sum is not.
func scopedName(dag, run, name string) string {
	// JSON keeps the parts apart; any string can be marshalled.
	parts, _ := json.Marshal([]string{dag, run, name})
	sum := sha256.Sum256(parts)
	readable := notNameChars.ReplaceAllString(dag, "-")
	return strings.Join([]string{"airdock", cut(readable), cut(name), hex.EncodeToString(sum[:6])}, "-")
}

func cut(text string) string { return text[:min(len(text), maxReadable)] }
