package build

import (
	"bytes"
	"errors"
	"os"
	"slices"
	"strings"

	"github.com/moby/buildkit/session/secrets/secretsprovider"

	"airdock.dev/airdock/protocol"
)

// minMasked is the length from which a secret is masked: anything shorter is in
// every other word.
const minMasked = 4

func readSecrets(specs map[string]*protocol.Secret) (map[string][]byte, error) {
	secrets := make(map[string][]byte, len(specs))
	for name, spec := range specs {
		value := spec.GetValue()
		if path := spec.GetPath(); path != "" {
			stat, err := os.Stat(path)
			if err == nil && stat.Size() <= secretsprovider.MaxSecretSize {
				value, err = os.ReadFile(path)
			}
			if err != nil {
				return nil, invalid("the file of the secret %s cannot be read: %w", name, reason(err))
			}
			if stat.Size() > secretsprovider.MaxSecretSize {
				value = make([]byte, stat.Size())
			}
		}
		switch {
		case name == "":
			return nil, invalid("a secret has no name")
		case spec.GetSource() == nil:
			return nil, invalid("the secret %s has neither a value nor a file", name)
		case len(value) > secretsprovider.MaxSecretSize:
			return nil, invalid("the secret %s has %d bytes; at most %d are possible", name, len(value), secretsprovider.MaxSecretSize)
		}
		secrets[name] = value
	}
	return secrets, nil
}

// mask puts *** in the place of secrets, for a step that prints one.
type mask struct{ replacer *strings.Replacer }

func newMask(secrets map[string][]byte) mask {
	var values []string
	for _, secret := range secrets {
		// Output comes in lines, so that a secret of several is looked for as such.
		for _, line := range bytes.Split(secret, []byte("\n")) {
			if line = bytes.TrimSpace(line); len(line) >= minMasked {
				values = append(values, string(line))
			}
		}
	}
	// The longest first: one secret may be the beginning of another.
	slices.SortFunc(values, func(a, b string) int { return len(b) - len(a) })
	pairs := make([]string, 0, 2*len(values))
	for _, value := range values {
		pairs = append(pairs, value, "***")
	}
	return mask{strings.NewReplacer(pairs...)}
}

func (m mask) text(text string) string { return m.replacer.Replace(text) }

func (m mask) failure(err error) error {
	var failure *protocol.Failure
	if !errors.As(err, &failure) {
		return err
	}
	if masked := m.text(failure.Message); masked != failure.Message {
		return protocol.Errorf(failure.Kind, "%s", masked)
	}
	return err
}
