package spelling

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"airdock.dev/airdock/protocol"
)

var (
	hosts    = spelling[[]string]{"an object of names and addresses, or a list of NAME:IP", hostsOf}
	devices  = spelling[[]string]{"a list of HOST_PATH[:CONTAINER_PATH[:rwm]], or of objects of the Engine API", listOf(deviceOf)}
	tmpfs    = spelling[map[string]string]{"an object of paths and options, or a list of PATH[:OPTIONS]", tmpfsOf}
	ports    = spelling[[]string]{"an object of container ports and host ports, or a list of [[IP:]HOST_PORT:]CONTAINER_PORT", portsOf}
	networks = spelling[[]*protocol.Network]{"a list of names or of objects with a name", networksOf}
)

func hostsOf(value any) ([]string, error) {
	if _, isList := value.([]any); isList {
		return wordsOf(value)
	}
	addresses, err := textsOf(value)
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(addresses)) {
		lines = append(lines, name+":"+addresses[name])
	}
	return lines, err
}

func deviceOf(value any) (string, error) {
	if path, isText := value.(string); isText {
		return path, nil
	}
	given, err := textsOf(value)
	if err != nil {
		return "", err
	}
	host := given["PathOnHost"]
	if host == "" {
		return "", errors.New("a device has no PathOnHost")
	}
	inside, access := given["PathInContainer"], given["CgroupPermissions"]
	if inside == "" {
		inside = host
	}
	if access == "" {
		access = "rwm"
	}
	return strings.Join([]string{host, inside, access}, ":"), nil
}

func tmpfsOf(value any) (map[string]string, error) {
	paths := map[string]string{}
	if list, isList := value.([]any); isList {
		entries, err := wordsOf(list)
		for _, entry := range entries {
			path, options, _ := strings.Cut(entry, ":")
			paths[path] = options
		}
		return paths, err
	}
	given, err := textsOf(value)
	if err != nil {
		return nil, err
	}
	// Without options, too, and be it as null.
	for path := range value.(map[string]any) {
		paths[path] = given[path]
	}
	return paths, nil
}

// hostPort is a port, or a range of ports.
var hostPort = regexp.MustCompile(`^[0-9]+(-[0-9]+)?$`)

// portsOf spells port bindings as the docker CLI does.
func portsOf(value any) ([]string, error) {
	if _, isList := value.([]any); isList {
		return wordsOf(value)
	}
	given, err := as[map[string]any](value)
	var lines []string
	for _, port := range slices.Sorted(maps.Keys(given)) {
		bindings, isList := given[port].([]any)
		if !isList || isPair(bindings) {
			bindings = []any{given[port]}
		}
		for _, binding := range bindings {
			host, err := hostSide(binding)
			if err != nil {
				return nil, fmt.Errorf("the port %s is bound to what is none of a port, null, [ADDRESS, PORT] or {HostIp, HostPort}", port)
			}
			lines = append(lines, host+port)
		}
	}
	return lines, err
}

// isPair tells [ADDRESS, PORT] from a list of bindings.
func isPair(list []any) bool {
	if len(list) == 0 || len(list) > 2 {
		return false
	}
	address, isText := list[0].(string)
	return list[0] == nil || isText && !hostPort.MatchString(address)
}

// hostSide is all of a published port up to the container's port.
func hostSide(binding any) (string, error) {
	var address, port any = nil, binding
	switch given := binding.(type) {
	case map[string]any:
		address, port = given["HostIp"], given["HostPort"]
	case []any:
		switch {
		case len(given) == 2 && isPair(given):
			address, port = given[0], given[1]
		case isPair(given):
			address, port = given[0], nil
		case len(given) == 1:
			port = given[0]
		default:
			return "", errShape
		}
	}
	at, err := orEmpty(address)
	if err != nil {
		return "", err
	}
	number, err := orEmpty(port)
	switch {
	case err != nil:
		return "", err
	case at != "":
		return at + ":" + number + ":", nil
	case number != "":
		return number + ":", nil
	}
	return "", nil
}

func orEmpty(value any) (string, error) {
	if value == nil {
		return "", nil
	}
	return wordOf(value)
}

// networksOf sorts an object by its names, since JSON gives its members no order.
func networksOf(value any) ([]*protocol.Network, error) {
	list, isList := value.([]any)
	if !isList {
		given, err := as[map[string]any](value)
		if err != nil {
			return nil, err
		}
		for _, name := range slices.Sorted(maps.Keys(given)) {
			options, isObject := given[name].(map[string]any)
			if !isObject && given[name] != nil {
				return nil, errShape
			}
			one := map[string]any{"name": name}
			maps.Copy(one, options)
			list = append(list, one)
		}
	}
	return each(list, networkOf)
}

func networkOf(value any) (*protocol.Network, error) {
	if name, isText := value.(string); isText {
		return &protocol.Network{Name: name}, nil
	}
	given, err := as[map[string]any](value)
	if err != nil {
		return nil, err
	}
	p := &parameters{given: maps.Clone(given), of: "network"}
	network := &protocol.Network{
		Name:          text.read(p, "name"),
		Aliases:       words.read(p, "aliases"),
		Ipv4Address:   text.read(p, "ipv4_address"),
		Ipv6Address:   text.read(p, "ipv6_address"),
		MacAddress:    text.read(p, "mac_address"),
		DriverOptions: texts.read(p, "driver_options"),
	}
	return network, p.end()
}
