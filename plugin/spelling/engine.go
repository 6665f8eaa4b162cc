package spelling

import (
	"slices"

	"google.golang.org/protobuf/proto"

	"airdock.dev/airdock/protocol"
)

const defaultHost = "unix:///var/run/docker.sock"

// Engine returns an engine whose parameters and connection are spelled out, and
// merged under its other fields. What the parameters leave open comes from the
// connection, setting by setting; an address that neither names from the
// environment, and with it, where neither says anything of TLS, TLS as well. An
// error is an INVALID_REQUEST, and shows no key.
func Engine(given *protocol.Engine) (*protocol.Engine, error) {
	if given.GetParameters() == nil && given.GetConnection() == nil {
		return given, nil
	}
	named, tlsOff, err := connection(given.GetConnection().AsMap())
	if err != nil {
		return nil, err
	}
	p := &parameters{given: given.GetParameters().AsMap()}
	certificates := readEngine(p, named)
	silent := !certificates && named.GetTls() == nil && !tlsOff
	if len(named.GetHosts()) == 0 {
		named.Environment = environmentOf(given.GetEnvironment(), silent)
	}
	setChecks(p, named)
	if err := p.end(); err != nil {
		return nil, err
	}
	own := proto.CloneOf(given)
	own.Parameters, own.Connection, own.Environment = nil, nil, nil
	mergeOver(named, own)
	return named, nil
}

// readEngine sets what parameters say, and returns whether they have certificates.
func readEngine(p *parameters, named *protocol.Engine) bool {
	addresses := slices.DeleteFunc(names.read(p, "docker_url"), func(address string) bool { return address == "" })
	if len(addresses) > 0 {
		named.Hosts = addresses
	}
	if version := text.read(p, "api_version"); version != "" {
		named.ApiVersion = version
	}
	if timeout := writtenSeconds.read(p, "timeout"); timeout != nil {
		named.Timeout = timeout
	}
	certificates := &protocol.TLS{
		Ca:   material(text.read(p, "tls_ca_cert")),
		Cert: material(text.read(p, "tls_client_cert")),
		Key:  material(text.read(p, "tls_client_key")),
	}
	withTLS(named, certificates)
	return proto.Size(certificates) > 0
}

// material is a path or PEM, as a person wrote it.
func material(written string) *protocol.Material {
	if written == "" {
		return nil
	}
	return &protocol.Material{Source: &protocol.Material_Written{Written: written}}
}

// withTLS switches TLS on for settings of it, which are merged over its own.
func withTLS(engine *protocol.Engine, settings *protocol.TLS) {
	if proto.Size(settings) == 0 {
		return
	}
	if engine.GetTls() == nil {
		engine.Tls = &protocol.TLS{}
	}
	proto.Merge(engine.GetTls(), settings)
}

// environmentOf is what the docker CLI would read of an environment.
func environmentOf(given map[string]string, withTLS bool) map[string]string {
	environment := map[string]string{"DOCKER_HOST": defaultHost}
	for name, value := range given {
		if value != "" && (withTLS || name == "DOCKER_HOST") {
			environment[name] = value
		}
	}
	return environment
}

// setChecks reads how the engine's certificate is checked.
func setChecks(p *parameters, engine *protocol.Engine) {
	if verify := optionalFlag.read(p, "tls_verify"); verify != nil && !*verify {
		withTLS(engine, &protocol.TLS{InsecureSkipVerify: true})
	}
	hasTLS := engine.GetTls() != nil
	for _, name := range []string{"DOCKER_TLS_VERIFY", "DOCKER_TLS"} {
		hasTLS = hasTLS || engine.GetEnvironment()[name] != ""
	}
	if check, isFlag := p.given["tls_hostname"].(bool); isFlag {
		p.take("tls_hostname")
		if !check && hasTLS {
			withTLS(engine, &protocol.TLS{SkipNameCheck: true})
		}
		return
	}
	if name := text.read(p, "tls_hostname"); name != "" {
		withTLS(engine, &protocol.TLS{ServerName: name})
	}
}
