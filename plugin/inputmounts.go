package plugin

import (
	"path"
	"strings"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/mount"

	"airdock.dev/airdock/plugin/engine"
	"airdock.dev/airdock/protocol"
)

// mountPoint is where in a container something is mounted, or its own root.
type mountPoint struct {
	readOnly bool
	// late is what is only there when the container runs, and hides what was put
	// there before.
	late string
}

// mountPoints are a container's mounts by their paths.
type mountPoints map[string]mountPoint

// mountsOf reads the mounts of a container that has not started.
func mountsOf(found container.InspectResponse) mountPoints {
	points := mountPoints{"/": {}}
	for _, system := range []string{"/dev", "/proc", "/sys"} {
		points[system] = mountPoint{late: "a file system of the kernel"}
	}
	for _, m := range found.Mounts {
		points[path.Clean(m.Destination)] = mountPoint{readOnly: !m.RW}
	}
	if found.ContainerJSONBase == nil || found.HostConfig == nil {
		return points
	}
	points["/"] = mountPoint{readOnly: found.HostConfig.ReadonlyRootfs}
	memory := mountPoint{late: "a tmpfs"}
	for name := range found.HostConfig.Tmpfs {
		points[path.Clean(name)] = memory
	}
	for _, m := range found.HostConfig.Mounts {
		if m.Type == mount.TypeTmpfs {
			points[path.Clean(m.Target)] = memory
		}
	}
	return points
}

// holding returns the mount point that an input's place is on. The engine takes
// files for a volume of a container with a read-only root only there.
func (m mountPoints) holding(in *input) (string, error) {
	at := in.path
	for {
		if _, found := m[at]; found {
			break
		}
		at = path.Dir(at)
	}
	switch point := m[at]; {
	case point.late != "":
		return "", invalid("%s cannot be put into the container: %s is %s, which is empty when the container starts; use another path or a volume", in.path, at, point.late)
	case point.readOnly && at == "/":
		return "", invalid("%s cannot be put into the container, whose root file system is read-only; put it into a volume", in.path)
	case point.readOnly:
		return "", invalid("%s cannot be put into the container: the mount at %s is read-only; mount it writable or choose another path", in.path, at)
	case at == in.path && !in.folder():
		return "", protocol.Errorf(protocol.ErrorKind_PATH_CONFLICT, "%s is a mount of the container, and a file cannot take its place; choose another path", at)
	}
	return at, nil
}

// putFailure explains why the engine did not take files. It says so in words only.
func (r *runner) putFailure(err error, made *created) error {
	if protocol.FromError(err) != nil {
		return err // It was this machine's fault.
	}
	text := err.Error()
	what := "put files into the container " + made.name
	switch {
	case strings.Contains(text, "cannot overwrite directory"), strings.Contains(text, "cannot overwrite non-directory"), strings.Contains(text, "not a directory"):
		return protocol.Errorf(protocol.ErrorKind_PATH_CONFLICT, "%s: the image has a folder where a file shall be, or the reverse: %w; choose another path", what, err)
	case strings.Contains(text, "marked read-only"):
		return invalid("%s: %w; put them into a volume", what, err)
	case isDiskFull(err):
		return protocol.Errorf(protocol.ErrorKind_ENGINE_DISK_FULL, "the engine at %s has no space left to %s: %w", r.host, what, err)
	}
	return engine.Failure(err, r.host, what)
}
