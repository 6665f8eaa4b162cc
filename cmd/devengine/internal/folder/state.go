package folder

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"airdock.dev/airdock/cmd/devengine/internal/process"
)

// The two kinds of engine.
const (
	ModeNative = "native"
	ModeDind   = "dind"
)

// State is what a folder remembers of its engine. It is written before a thing
// is made that could not be found again by the folder's id alone.
type State struct {
	ID   string `json:"id"`
	Mode string `json:"mode"`
	// Made lists the folders that devengine made for this one, outermost first.
	Made         []string `json:"made,omitempty"`
	Port         int      `json:"port"`
	RegistryPort int      `json:"registry_port"`
	// Cache holds built base images; empty means inside the folder.
	Cache  string  `json:"cache,omitempty"`
	Native *Native `json:"native,omitempty"`
	Dind   *Dind   `json:"dind,omitempty"`
	Images Images  `json:"images"`
}

// Native is the part of a state that a dockerd of our own has.
type Native struct {
	// Range is the private address range of the engine's bridges.
	Range      string           `json:"range"`
	Registry   process.Identity `json:"registry"`
	Containerd process.Identity `json:"containerd"`
	Dockerd    process.Identity `json:"dockerd"`
	// Forwarding tells that the machine did not forward packets before.
	Forwarding bool `json:"forwarding,omitempty"`
}

// Dind is the part of a state that a docker:dind on an outer engine has.
type Dind struct {
	// Host and CertPath name the outer engine as DOCKER_HOST and, with
	// DOCKER_TLS_VERIFY, DOCKER_CERT_PATH named it at the first up.
	Host     string `json:"host"`
	CertPath string `json:"cert_path,omitempty"`
	Network  string `json:"network"`
	// Privileged is false where a list of capabilities had to take its place.
	Privileged bool `json:"privileged"`
}

// Images tells where the base images come from.
type Images struct {
	// Checked is true once a pull was tried; Upstream whether it worked.
	Checked  bool     `json:"checked"`
	Upstream bool     `json:"upstream"`
	Seeded   []string `json:"seeded,omitempty"`
}

// ErrDamaged says that a state is there that cannot be understood.
var ErrDamaged = errors.New("the state of the folder is damaged")

// Load reads the folder's state; nil without an error when there is none.
func (f *Folder) Load() (*State, error) {
	return f.load(f.File(stateFile))
}

func (f *Folder) load(path string) (*State, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read state: %w", err)
	}
	state := new(State)
	if err := json.Unmarshal(text, state); err != nil {
		return nil, fmt.Errorf("%w: %s: %w; run `devengine down` for it and start again", ErrDamaged, path, err)
	}
	if state.ID != f.ID {
		return nil, fmt.Errorf("state %s belongs to another folder (id %s, this one is %s): the folder was moved or copied; move it back, or remove the copy", path, state.ID, f.ID)
	}
	return state, nil
}

// Save writes the folder's state so that a reader sees the old or the new one.
// A native engine's is kept beside its sockets too: a work tree may be swept
// clean while the engine runs, and down must still find it.
func (f *Folder) Save(state *State) error {
	text, err := json.MarshalIndent(state, "", "  ")
	if err != nil {
		return fmt.Errorf("write state: %w", err)
	}
	if state.Mode == ModeNative {
		if err := os.MkdirAll(f.RunPath(), 0o700); err != nil {
			return fmt.Errorf("write state: %w", err)
		}
		if err := replace(filepath.Join(f.RunPath(), stateFile), text); err != nil {
			return err
		}
	}
	return replace(f.File(stateFile), text)
}

func replace(path string, text []byte) error {
	temporary := path + ".new"
	if err := os.WriteFile(temporary, append(text, '\n'), 0o600); err != nil {
		return fmt.Errorf("write state: %w", err)
	}
	if err := os.Rename(temporary, path); err != nil {
		return fmt.Errorf("write state: %w", err)
	}
	return nil
}

// RunPath is the folder of a native engine's sockets. It is short, as the path
// of a socket must be, and gone after a restart of the machine.
func (f *Folder) RunPath() string { return "/run/devengine-" + f.ID }

// Lost finds the state of a native engine whose folder has lost it; nil when
// there is no trace of one. The trace may be no more than the mode.
func (f *Folder) Lost() *State {
	if _, err := os.Stat(f.RunPath()); err != nil {
		return nil
	}
	state, err := f.load(filepath.Join(f.RunPath(), stateFile))
	if err != nil || state == nil {
		return &State{ID: f.ID, Mode: ModeNative}
	}
	return state
}

// CachePath is where built base images are kept.
func (f *Folder) CachePath(state *State) string {
	if state.Cache != "" {
		return state.Cache
	}
	return filepath.Join(f.Path, "cache")
}
