package main

import (
	"fmt"
	"path"
	"strings"

	"github.com/docker/docker/api/types/mount"
)

// volumeOptions has what may follow the target of a --volume, and of which kind
// it is. An option of each kind may be there once.
var volumeOptions = map[string]string{
	"ro": "access", "rw": "access",
	"nocopy": "copy",
	"z":      "label", "Z": "label",
	"consistent": "consistency", "cached": "consistency", "delegated": "consistency",
	"private": "propagation", "rprivate": "propagation", "slave": "propagation",
	"rslave": "propagation", "shared": "propagation", "rshared": "propagation",
}

// volumeMount reads one --volume, [SOURCE:]TARGET[:OPTION,...], as the engine
// reads it (moby's volume/mounts). That package does not build for macOS; a test
// on Linux compares the two. A bind's missing source is an error of the engine:
// docker run has the engine make a folder, and an empty folder is seldom what
// someone wants whose files are elsewhere.
func volumeMount(text string) (mount.Mount, error) {
	parts := strings.Split(text, ":")
	if len(parts) > 3 || parts[0] == "" {
		return mount.Mount{}, fmt.Errorf("--volume %q is not [SOURCE:]TARGET[:OPTIONS]", text)
	}
	spec := mount.Mount{Type: mount.TypeVolume, Target: parts[0]}
	if len(parts) > 1 {
		spec.Source, spec.Target = parts[0], parts[1]
	}
	if path.IsAbs(spec.Source) {
		spec.Type = mount.TypeBind
	}
	if !path.IsAbs(spec.Target) || path.Clean(spec.Target) == "/" {
		return spec, fmt.Errorf("--volume %q: the target %q is no absolute path below /", text, spec.Target)
	}
	if len(parts) < 3 || parts[2] == "" {
		return spec, nil
	}
	given := map[string]string{}
	for option := range strings.SplitSeq(parts[2], ",") {
		kind, known := volumeOptions[option]
		if !known || given[kind] != "" {
			return spec, fmt.Errorf("--volume %q: the option %q is unknown, or contradicts another", text, option)
		}
		given[kind] = option
	}
	bind := spec.Type == mount.TypeBind
	if (bind && given["copy"] != "") || (!bind && given["propagation"] != "") {
		return spec, fmt.Errorf("--volume %q: nocopy is for volumes, propagation for folders", text)
	}
	spec.ReadOnly = given["access"] == "ro"
	if given["copy"] != "" {
		spec.VolumeOptions = &mount.VolumeOptions{NoCopy: true}
	}
	if propagation := given["propagation"]; propagation != "" {
		spec.BindOptions = &mount.BindOptions{Propagation: mount.Propagation(propagation)}
	}
	return spec, nil
}
