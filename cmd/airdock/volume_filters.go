package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"airdock.dev/airdock/protocol"
)

// listRequest reads the filters of `docker volume ls`.
func listRequest(filters []string) (*protocol.VolumeListRequest, error) {
	request := &protocol.VolumeListRequest{Labels: map[string]string{}}
	seen := map[string]bool{}
	for _, text := range filters {
		name, value, _ := strings.Cut(text, "=")
		if value == "" {
			return nil, fmt.Errorf("--filter %q is not NAME=VALUE", text)
		}
		if seen[name] && name != "label" {
			return nil, fmt.Errorf("--filter %s is given more than once", name)
		}
		seen[name] = true
		switch name {
		case "label":
			if err := addLabel(request.Labels, value); err != nil {
				return nil, err
			}
		case "name":
			request.Name = value
		case "driver":
			request.Driver = value
		case "dangling":
			dangling, err := strconv.ParseBool(value)
			if err != nil {
				return nil, fmt.Errorf("--filter dangling=%s is neither true nor false", value)
			}
			request.Dangling = &dangling
		default:
			return nil, fmt.Errorf("--filter %q is none of label, name, driver, dangling", text)
		}
	}
	return request, nil
}

func pruneRequest(filters []string) (*protocol.VolumePruneRequest, error) {
	request := &protocol.VolumePruneRequest{Labels: map[string]string{}}
	for _, text := range filters {
		label, isLabel := strings.CutPrefix(text, "label=")
		if !isLabel {
			return nil, fmt.Errorf("--filter %q is not label=NAME[=VALUE]", text)
		}
		if err := addLabel(request.Labels, label); err != nil {
			return nil, err
		}
	}
	if len(filters) == 0 {
		return nil, errors.New("no volume is meant: give --filter label=NAME[=VALUE]")
	}
	return request, nil
}

// addLabel takes a label that is given twice for a mistake: no volume has it with
// two values.
func addLabel(labels map[string]string, text string) error {
	name, value, _ := strings.Cut(text, "=")
	if _, twice := labels[name]; twice || name == "" {
		return fmt.Errorf("--filter label=%s: a label needs a name and is given once", text)
	}
	labels[name] = value
	return nil
}
