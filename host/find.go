package host

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// EnvPlugin names the plugin binary, before any other place is searched.
const EnvPlugin = "AIRDOCK_PLUGIN"

const binaryName = "airdock-plugin"

// Find returns the path of the plugin binary: $AIRDOCK_PLUGIN, or else beside
// this program, where a wheel puts it, or else on the PATH.
func Find() (string, error) {
	if path := os.Getenv(EnvPlugin); path != "" {
		if _, err := exec.LookPath(path); err != nil {
			return "", fmt.Errorf("%s=%s: %w", EnvPlugin, path, err)
		}
		return path, nil
	}
	if self, err := os.Executable(); err == nil {
		beside := filepath.Join(filepath.Dir(self), binaryName)
		if _, err := exec.LookPath(beside); err == nil {
			return beside, nil
		}
	}
	path, err := exec.LookPath(binaryName)
	if errors.Is(err, exec.ErrNotFound) {
		return "", fmt.Errorf("%s is neither named in %s, nor beside this program, nor on the PATH; install the wheel of airflow-provider-airdock, or build it with `make build`", binaryName, EnvPlugin)
	}
	return path, err
}
