package host

import (
	"context"

	"google.golang.org/grpc"

	"airdock.dev/airdock/protocol"
)

// Build builds an image. Every event but the final one is handed to each; an
// error of each ends the call and with it the build.
func (c *Client) Build(ctx context.Context, request *protocol.BuildRequest, each func(*protocol.Event) error) (*protocol.BuildResult, error) {
	final, err := stream(ctx, c.calls.Build, request, each)
	return outcome(final.GetBuildResult(), err)
}

// Pull fetches an image.
func (c *Client) Pull(ctx context.Context, request *protocol.PullRequest, each func(*protocol.Event) error) (*protocol.ImageInfo, error) {
	final, err := stream(ctx, c.calls.Pull, request, each)
	return outcome(final.GetImageInfo(), err)
}

// Push sends an image to its registry.
func (c *Client) Push(ctx context.Context, request *protocol.PushRequest, each func(*protocol.Event) error) (*protocol.PushResult, error) {
	final, err := stream(ctx, c.calls.Push, request, each)
	return outcome(final.GetPushResult(), err)
}

// Tag gives an image further names.
func (c *Client) Tag(ctx context.Context, request *protocol.TagRequest) (*protocol.ImageInfo, error) {
	final, err := stream(ctx, c.calls.Tag, request, nil)
	return outcome(final.GetImageInfo(), err)
}

// ImageInspect describes an image that the engine has.
func (c *Client) ImageInspect(ctx context.Context, request *protocol.ImageInspectRequest) (*protocol.ImageInfo, error) {
	final, err := stream(ctx, c.calls.ImageInspect, request, nil)
	return outcome(final.GetImageInfo(), err)
}

// ImageRemove removes a name of an image, or an image with its last one.
func (c *Client) ImageRemove(ctx context.Context, request *protocol.ImageRemoveRequest) (*protocol.ImageRemoved, error) {
	final, err := stream(ctx, c.calls.ImageRemove, request, nil)
	return outcome(final.GetImageRemoved(), err)
}

// stream makes one call and reads it to its end, or ends it when each fails.
func stream[R any](ctx context.Context, call func(context.Context, R, ...grpc.CallOption) (grpc.ServerStreamingClient[protocol.Event], error),
	request R, each func(*protocol.Event) error,
) (*protocol.Event, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	events, err := call(ctx, request)
	if err != nil {
		return nil, failure(err)
	}
	return consume(events, each)
}
