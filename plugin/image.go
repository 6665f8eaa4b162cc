package plugin

import (
	"context"
	"time"

	"github.com/containerd/errdefs"
	"github.com/distribution/reference"
	"github.com/docker/docker/api/types/image"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"airdock.dev/airdock/plugin/engine"
	"airdock.dev/airdock/protocol"
)

type imageAPI interface {
	InspectImage(ctx context.Context, name string) (image.InspectResponse, []byte, error)
	ImageTag(ctx context.Context, source, target string) error
	ImageRemove(ctx context.Context, name string, options image.RemoveOptions) ([]image.DeleteResponse, error)
}

// inspectImage describes an image that the engine has.
func inspectImage(ctx context.Context, api imageAPI, host, name string) (*protocol.ImageInfo, error) {
	if _, err := normalImage(name); err != nil {
		return nil, err
	}
	inspected, raw, err := api.InspectImage(ctx, name)
	if err != nil {
		return nil, imageFailure(err, host, name, "inspect")
	}
	info := &protocol.ImageInfo{
		Id:           inspected.ID,
		Tags:         inspected.RepoTags,
		Digests:      inspected.RepoDigests,
		Size:         inspected.Size,
		Os:           inspected.Os,
		Architecture: inspected.Architecture,
		Inspect:      &structpb.Struct{},
	}
	if inspected.Config != nil {
		info.Labels = inspected.Config.Labels
	}
	if created, err := time.Parse(time.RFC3339Nano, inspected.Created); err == nil {
		info.Created = timestamppb.New(created)
	}
	return info, protojson.Unmarshal(raw, info.Inspect)
}

// tagImage gives an image further names.
func tagImage(ctx context.Context, api imageAPI, host string, request *protocol.TagRequest) (*protocol.ImageInfo, error) {
	if len(request.GetTags()) == 0 {
		return nil, invalid("no tag is given for the image %s", request.GetImage())
	}
	var tags []string
	for _, tag := range request.GetTags() {
		normal, err := taggedImage(tag)
		if err != nil {
			return nil, err
		}
		tags = append(tags, normal)
	}
	for _, tag := range tags {
		if err := api.ImageTag(ctx, request.GetImage(), tag); err != nil {
			return nil, imageFailure(err, host, request.GetImage(), "tag")
		}
	}
	return inspectImage(ctx, api, host, request.GetImage())
}

// removeImage removes a name, or an image with its last one. What is gone is
// removed.
func removeImage(ctx context.Context, api imageAPI, host string, request *protocol.ImageRemoveRequest) (*protocol.ImageRemoved, error) {
	name := request.GetImage()
	if _, err := normalImage(name); err != nil {
		return nil, err
	}
	gone, err := api.ImageRemove(ctx, name, image.RemoveOptions{Force: request.GetForce(), PruneChildren: !request.GetKeepParents()})
	if err != nil && !errdefs.IsNotFound(err) {
		return nil, imageFailure(err, host, name, "remove")
	}
	removed := &protocol.ImageRemoved{}
	for _, entry := range gone {
		if entry.Untagged != "" {
			removed.Untagged = append(removed.Untagged, entry.Untagged)
		}
		if entry.Deleted != "" {
			removed.Deleted = append(removed.Deleted, entry.Deleted)
		}
	}
	return removed, nil
}

// taggedImage checks a name that an image shall get.
func taggedImage(tag string) (string, error) {
	named, err := reference.ParseNormalizedNamed(tag)
	if err != nil {
		return "", invalid("%q is no name for an image: %w", tag, err)
	}
	if _, hasDigest := named.(reference.Digested); hasDigest {
		return "", invalid("%q has a digest, which is no name that an image can be given", tag)
	}
	return reference.FamiliarString(reference.TagNameOnly(named)), nil
}

func imageFailure(err error, host, name, verb string) error {
	switch {
	case errdefs.IsNotFound(err):
		return protocol.Errorf(protocol.ErrorKind_IMAGE_NOT_FOUND,
			"the engine at %s has no image %s; pull or build it first", host, name)
	case errdefs.IsConflict(err):
		return protocol.Errorf(protocol.ErrorKind_IMAGE_IN_USE, "%s image %s: %w; remove what uses it first, or force it", verb, name, err)
	}
	return engine.Failure(err, host, verb+" image "+name)
}
