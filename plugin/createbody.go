package plugin

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"github.com/distribution/reference"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/versions"
	"google.golang.org/protobuf/types/known/structpb"

	"airdock.dev/airdock/protocol"
)

// invalid is an INVALID_REQUEST.
func invalid(format string, args ...any) error {
	return protocol.Errorf(protocol.ErrorKind_INVALID_REQUEST, format, args...)
}

// normalImage returns the reference with its default tag, so that "bash" and
// "bash:latest" are one image. An image id stays as it is.
func normalImage(image string) (string, error) {
	if image == "" {
		return "", invalid("no image is named; give one as NAME[:TAG] or NAME@DIGEST")
	}
	ref, err := reference.ParseAnyReference(image)
	if err != nil {
		return "", invalid("%q is no image reference: %w", image, err)
	}
	if named, ok := ref.(reference.Named); ok {
		return reference.FamiliarString(reference.TagNameOnly(named)), nil
	}
	return image, nil
}

// createBody converts a request to the body of POST /containers/create.
func createBody(spec *protocol.RunRequest) ([]byte, error) {
	config, err := containerConfig(spec)
	if err != nil {
		return nil, err
	}
	host, err := hostConfig(spec.GetContainer())
	if err != nil {
		return nil, err
	}
	if err := exposePorts(config, host, spec.GetContainer().GetPorts()); err != nil {
		return nil, err
	}
	body, err := asMap(container.CreateRequest{
		Config:           config,
		HostConfig:       host,
		NetworkingConfig: networking(spec.GetContainer().GetNetworks()),
	})
	if err != nil {
		return nil, err
	}
	if err := mergeExtra(body, spec); err != nil {
		return nil, err
	}
	return json.Marshal(body)
}

// mergeExtra merges what the caller gives in the Engine API's own words. What
// this plugin goes by afterwards cannot be changed there.
func mergeExtra(body map[string]any, spec *protocol.RunRequest) error {
	c := spec.GetContainer()
	merge(body, c.GetExtraConfig().AsMap())
	host, isObject := body["HostConfig"].(map[string]any)
	if !isObject {
		return invalid("extra_config: HostConfig is no object; its members belong into extra_host_config")
	}
	merge(host, c.GetExtraHostConfig().AsMap())
	labels, isObject := body["Labels"].(map[string]any)
	if !isObject {
		return invalid("extra_config: Labels is no object")
	}
	for name, value := range labelsOf(spec) {
		if strings.HasPrefix(name, labelPrefix) {
			labels[name] = value
		}
	}
	if body["Tty"] != c.GetTty() {
		return invalid("extra_config: Tty decides how the output is read; give it as tty")
	}
	return nil
}

func containerConfig(spec *protocol.RunRequest) (*container.Config, error) {
	c := spec.GetContainer()
	image, err := normalImage(c.GetImage())
	if err != nil {
		return nil, err
	}
	health, err := decode[container.HealthConfig]("healthcheck", c.GetHealthcheck())
	if err != nil {
		return nil, err
	}
	config := &container.Config{
		Image:        image,
		Cmd:          c.GetCommand(),
		Entrypoint:   c.GetEntrypoint(),
		Env:          append(append([]string{}, c.GetEnvironment()...), c.GetPrivateEnvironment()...),
		User:         c.GetUser(),
		WorkingDir:   c.GetWorkingDir(),
		Hostname:     c.GetHostname(),
		Labels:       labelsOf(spec),
		Tty:          c.GetTty(),
		StopSignal:   c.GetStopSignal(),
		Healthcheck:  health,
		AttachStdout: true,
		AttachStderr: true,
	}
	if spec.GetStopGrace() != nil {
		// The engine's own stop, by whoever asks for it, waits as long as ours.
		seconds := wholeSeconds(spec.GetStopGrace().AsDuration())
		config.StopTimeout = &seconds
	}
	return config, nil
}

// checkContainer finds what is wrong with a request before anything is asked of
// an engine.
func checkContainer(spec *protocol.RunRequest) error {
	c := spec.GetContainer()
	if len(c.GetNetworks()) > 0 && c.GetNetworkMode() != "" {
		return invalid("network_mode and networks exclude each other; the first of networks is the container's main network")
	}
	for _, n := range c.GetNetworks() {
		if n.GetName() == "" {
			return invalid("a network has no name")
		}
	}
	if err := checkEnvironment(c); err != nil {
		return err
	}
	if err := checkFiles(spec); err != nil {
		return err
	}
	_, err := createBody(spec)
	return err
}

// checkEnvironment finds the variables that an engine refuses: it would repeat
// them with their values.
func checkEnvironment(c *protocol.Container) error {
	for _, variable := range slices.Concat(c.GetEnvironment(), c.GetPrivateEnvironment()) {
		name, _, _ := strings.Cut(variable, "=")
		switch {
		case name == "":
			return invalid("an environment variable has no name")
		case strings.Contains(variable, "\x00"):
			return invalid("the environment variable %q contains a NUL, which no program can be given", name)
		}
	}
	return nil
}

// checkVersion refuses what an engine of this API version would leave out
// without a word.
func checkVersion(c *protocol.Container, api string) error {
	for _, rule := range []struct {
		used  bool
		since string
		what  string
	}{
		{slices.ContainsFunc(c.GetNetworks(), hasMAC), "1.44", "the mac_address of a network"},
		{len(c.GetAnnotations()) > 0, "1.43", "annotations"},
		{c.GetPlatform() != "", "1.41", "platform"},
		{len(c.GetDeviceRequests()) > 0, "1.40", "device_requests"},
	} {
		if rule.used && versions.LessThan(api, rule.since) {
			return invalid("%s needs an engine of API version %s or newer, and this one speaks %s", rule.what, rule.since, api)
		}
	}
	return nil
}

func hasMAC(n *protocol.Network) bool { return n.GetMacAddress() != "" }

// decode reads an object of the Engine API strictly: a misspelled member is
// refused and not left out.
func decode[T any](what string, object *structpb.Struct) (*T, error) {
	if object == nil {
		return nil, nil
	}
	text, err := json.Marshal(object.AsMap())
	if err != nil {
		return nil, invalid("%s: %w", what, err)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	value := new(T)
	if err := decoder.Decode(value); err != nil {
		return nil, invalid("%s %s: %w", what, text, err)
	}
	return value, nil
}

func decodeAll[T any](what string, objects []*structpb.Struct) ([]T, error) {
	var values []T
	for _, object := range objects {
		value, err := decode[T](what, object)
		if err != nil {
			return nil, err
		}
		values = append(values, *value)
	}
	return values, nil
}

func asMap(value any) (map[string]any, error) {
	text, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	// Sizes in bytes are larger than what a float64 holds exactly.
	decoder.UseNumber()
	object := map[string]any{}
	return object, decoder.Decode(&object)
}

// merge puts the members of over into base: objects member by member, all else
// as a whole.
func merge(base, over map[string]any) {
	for name, value := range over {
		inner, isObject := value.(map[string]any)
		existing, wasObject := base[name].(map[string]any)
		if isObject && wasObject {
			merge(existing, inner)
			continue
		}
		base[name] = value
	}
}
