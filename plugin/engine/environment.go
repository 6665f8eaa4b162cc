package engine

import (
	"os"
	"os/user"
	"path/filepath"

	"google.golang.org/protobuf/proto"

	"airdock.dev/airdock/protocol"
)

// defaultHost is what the docker CLI means when nothing names an engine.
const defaultHost = "unix:///var/run/docker.sock"

// withEnvironment returns the engine that a host's environment names where the
// request does not, as the docker CLI reads it.
func withEnvironment(spec *protocol.Engine) *protocol.Engine {
	environment := spec.GetEnvironment()
	if len(spec.GetHosts()) > 0 || len(environment) == 0 {
		return spec
	}
	named := proto.CloneOf(spec)
	named.Hosts = []string{defaultHost}
	if host := environment["DOCKER_HOST"]; host != "" {
		named.Hosts = []string{host}
	}
	if tls := environmentTLS(environment); tls != nil && saysNoCertificate(named.GetTls()) {
		proto.Merge(tls, named.GetTls())
		named.Tls = tls
	}
	return named
}

// saysNoCertificate is a TLS that is absent, or only says how names are checked.
// An empty one asks for the authorities of the system.
func saysNoCertificate(tls *protocol.TLS) bool {
	return tls == nil || tls.GetCa() == nil && tls.GetCert() == nil && tls.GetKey() == nil && proto.Size(tls) > 0
}

// environmentTLS has TLS on with any value of the two switches, "0" as well. The
// CLI goes without a client certificate that is not there, but never without the
// authority's.
func environmentTLS(environment map[string]string) *protocol.TLS {
	verify := environment["DOCKER_TLS_VERIFY"] != ""
	if !verify && environment["DOCKER_TLS"] == "" {
		return nil
	}
	folder := certificateFolder(environment)
	tls := &protocol.TLS{
		Cert:               materialIn(folder, "cert.pem"),
		Key:                materialIn(folder, "key.pem"),
		InsecureSkipVerify: !verify,
	}
	if verify {
		tls.Ca = &protocol.Material{Source: &protocol.Material_Path{Path: filepath.Join(folder, "ca.pem")}}
	}
	return tls
}

func certificateFolder(environment map[string]string) string {
	for _, name := range []string{"DOCKER_CERT_PATH", "DOCKER_CONFIG"} {
		if folder := environment[name]; folder != "" {
			return folder
		}
	}
	home := environment["HOME"]
	if home == "" {
		if current, err := user.Current(); err == nil {
			home = current.HomeDir
		}
	}
	return filepath.Join(home, ".docker")
}

func materialIn(folder, name string) *protocol.Material {
	path := filepath.Join(folder, name)
	if _, err := os.Stat(path); err != nil {
		return nil
	}
	return &protocol.Material{Source: &protocol.Material_Path{Path: path}}
}
