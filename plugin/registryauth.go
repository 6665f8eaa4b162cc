package plugin

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/distribution/reference"
	"github.com/docker/cli/cli/config"
	"github.com/docker/cli/cli/config/types"
	"github.com/docker/docker/api/types/registry"

	"airdock.dev/airdock/protocol"
)

// dockerHubKey is the name under which Docker Hub's login is stored.
const dockerHubKey = "https://index.docker.io/v1/"

// registryAuth returns the X-Registry-Auth for an image, or "" for none.
func registryAuth(given []*protocol.RegistryAuth, image string) (string, error) {
	named, err := reference.ParseNormalizedNamed(image)
	if err != nil {
		return "", invalid("%q is no image reference: %w", image, err)
	}
	found, err := logins(given).Login(reference.Domain(named))
	if err != nil || (found == registry.AuthConfig{}) {
		return "", err
	}
	return registry.EncodeAuthConfig(found)
}

// logins are the logins of a request. The docker CLI's stand behind them.
type logins []*protocol.RegistryAuth

// Login returns the request's login for a registry, or else the docker CLI's, or
// else none.
func (l logins) Login(server string) (registry.AuthConfig, error) {
	for _, login := range l {
		if registryHost(login.GetServerAddress()) == registryHost(server) {
			return authConfig(login), nil
		}
	}
	stored, err := storedAuth(configKey(registryHost(server)))
	return registry.AuthConfig(stored), err
}

// All returns every login that is known, by the name that it is stored under.
func (l logins) All() (map[string]registry.AuthConfig, error) {
	all := map[string]registry.AuthConfig{}
	file, err := loadConfig()
	if err != nil {
		return nil, configFailure(err)
	}
	stored, err := file.GetAllCredentials()
	if err != nil {
		return nil, configFailure(err)
	}
	for name, login := range stored {
		all[name] = registry.AuthConfig(login)
	}
	for _, login := range l {
		config := authConfig(login)
		all[config.ServerAddress] = config
	}
	return all, nil
}

func authConfig(login *protocol.RegistryAuth) registry.AuthConfig {
	return registry.AuthConfig{
		Username:      login.GetUsername(),
		Password:      login.GetPassword(),
		IdentityToken: login.GetIdentityToken(),
		ServerAddress: configKey(registryHost(login.GetServerAddress())),
	}
}

func configFailure(err error) error {
	return protocol.Errorf(protocol.ErrorKind_CREDENTIALS_UNAVAILABLE,
		"the docker CLI's configuration: %w; mend it or point DOCKER_CONFIG elsewhere", err)
}

// storedAuth asks the docker CLI's configuration, which asks the credential
// helpers that it names.
func storedAuth(key string) (types.AuthConfig, error) {
	file, err := loadConfig()
	if err != nil {
		return types.AuthConfig{}, configFailure(err)
	}
	auth, err := file.GetAuthConfig(key)
	if err != nil {
		return types.AuthConfig{}, protocol.Errorf(protocol.ErrorKind_CREDENTIALS_UNAVAILABLE,
			"the login for %s: %w; check the credential helper that the docker CLI's configuration names", key, err)
	}
	return types.AuthConfig(auth), nil
}

type configFile interface {
	GetAuthConfig(registry string) (types.AuthConfig, error)
	GetAllCredentials() (map[string]types.AuthConfig, error)
}

// loadConfig reads config.json anew each time, so that a login that is renewed
// beside a long-lived plugin counts at once.
func loadConfig() (configFile, error) {
	folder := os.Getenv("DOCKER_CONFIG")
	if folder == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return config.LoadFromReader(strings.NewReader("{}"))
		}
		folder = filepath.Join(home, ".docker")
	}
	in, err := os.Open(filepath.Join(folder, config.ConfigFileName))
	if errors.Is(err, os.ErrNotExist) {
		return config.LoadFromReader(strings.NewReader("{}"))
	}
	if err != nil {
		return nil, err
	}
	defer in.Close()
	return config.LoadFromReader(io.LimitReader(in, maxConfigSize))
}

// maxConfigSize bounds what is read of a config.json.
const maxConfigSize = 4 << 20

// configKey is the name under which a registry's login is stored.
func configKey(server string) string {
	if registryHost(server) == "docker.io" {
		return dockerHubKey
	}
	return server
}

// registryHost reduces the ways to write a registry's address to its host and
// port.
func registryHost(server string) string {
	for _, scheme := range []string{"https://", "http://"} {
		server = strings.TrimPrefix(server, scheme)
	}
	server, _, _ = strings.Cut(server, "/")
	switch server {
	case "", "index.docker.io", "registry-1.docker.io", "docker.io":
		return "docker.io"
	}
	return server
}
