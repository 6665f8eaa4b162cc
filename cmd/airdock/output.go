package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/docker/go-units"

	"airdock.dev/airdock/protocol"
)

// outputFlags are the flags of commands that copy files to this machine.
type outputFlags struct {
	prefix          string // of their names
	maxBytes, links string
}

// output is a copy to a target of this machine, without what to copy. A folder
// that is there already takes a file into it, as with docker cp.
func (f *outputFlags) output(target string) (*protocol.OutputSpec, error) {
	path, err := filepath.Abs(target)
	if err != nil {
		return nil, err
	}
	if found, err := os.Stat(path); strings.HasSuffix(target, "/") || (err == nil && found.IsDir()) {
		path = strings.TrimSuffix(path, "/") + "/"
	}
	spec := &protocol.OutputSpec{Target: path}
	if f.maxBytes != "" {
		if spec.MaxBytes, err = units.RAMInBytes(f.maxBytes); err != nil || spec.MaxBytes <= 0 {
			return nil, fmt.Errorf("--%smax-bytes %q is no size: give bytes, or a number with b, k, m, g or t", f.prefix, f.maxBytes)
		}
	}
	switch f.links {
	case "refuse":
	case "skip":
		spec.Links = protocol.LinkPolicy_LINKS_SKIP
	case "keep":
		spec.Links = protocol.LinkPolicy_LINKS_KEEP
	default:
		return nil, fmt.Errorf("--%slinks %q is none of refuse, skip, keep", f.prefix, f.links)
	}
	return spec, nil
}
