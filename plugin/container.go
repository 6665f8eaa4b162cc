package plugin

import (
	"bytes"
	"encoding/json"

	"github.com/distribution/reference"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/mount"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/structpb"

	"airdock.dev/airdock/protocol"
)

// normalImage returns the reference with its default tag, so that "bash" and
// "bash:latest" are one image. An image id stays as it is.
func normalImage(image string) (string, error) {
	if image == "" {
		return "", protocol.Errorf(protocol.ErrorKind_INVALID_REQUEST,
			"no image is named; give one as NAME[:TAG] or NAME@DIGEST")
	}
	ref, err := reference.ParseAnyReference(image)
	if err != nil {
		return "", protocol.Errorf(protocol.ErrorKind_INVALID_REQUEST, "%q is no image reference: %w", image, err)
	}
	if named, ok := ref.(reference.Named); ok {
		return reference.FamiliarString(reference.TagNameOnly(named)), nil
	}
	return image, nil
}

// containerConfig converts a request to the body of POST /containers/create.
func containerConfig(spec *protocol.RunRequest) (*container.Config, *container.HostConfig, error) {
	c := spec.GetContainer()
	image, err := normalImage(c.GetImage())
	if err != nil {
		return nil, nil, err
	}
	mounts, err := mountsOf(c.GetMounts())
	if err != nil {
		return nil, nil, err
	}
	config := &container.Config{
		Image:        image,
		Cmd:          c.GetCommand(),
		Entrypoint:   c.GetEntrypoint(),
		Env:          append(append([]string{}, c.GetEnvironment()...), c.GetPrivateEnvironment()...),
		User:         c.GetUser(),
		WorkingDir:   c.GetWorkingDir(),
		Labels:       labelsOf(spec),
		Tty:          c.GetTty(),
		AttachStdout: true,
		AttachStderr: true,
	}
	host := &container.HostConfig{
		NetworkMode: container.NetworkMode(c.GetNetworkMode()),
		Mounts:      mounts,
	}
	return config, host, nil
}

// mountsOf reads mounts strictly: a misspelled option is refused and not left
// out.
func mountsOf(specs []*structpb.Struct) ([]mount.Mount, error) {
	var mounts []mount.Mount
	for _, spec := range specs {
		text, err := protojson.Marshal(spec)
		if err != nil {
			return nil, protocol.Errorf(protocol.ErrorKind_INVALID_REQUEST, "a mount cannot be read: %w", err)
		}
		decoder := json.NewDecoder(bytes.NewReader(text))
		decoder.DisallowUnknownFields()
		var m mount.Mount
		if err := decoder.Decode(&m); err != nil {
			return nil, protocol.Errorf(protocol.ErrorKind_INVALID_REQUEST, "mount %s: %w", text, err)
		}
		mounts = append(mounts, m)
	}
	return mounts, nil
}
