package main

import (
	"context"

	"airdock.dev/airdock/host"
	"airdock.dev/airdock/protocol"
)

// performImage makes the calls that build images and deal with them.
func performImage(ctx context.Context, client *host.Client, request *protocol.Call, each func(*protocol.Event) error) (*protocol.Event, int, error) {
	switch operation := request.GetOperation().(type) {
	case *protocol.Call_Build:
		call, unwatch := stopOnSignal(ctx, client, operation.Build)
		defer unwatch()
		result, err := client.Build(call, operation.Build, each)
		return &protocol.Event{Event: &protocol.Event_BuildResult{BuildResult: result}}, 0, err
	case *protocol.Call_Pull:
		info, err := client.Pull(ctx, operation.Pull, each)
		return imageEvent(info), 0, err
	case *protocol.Call_Push:
		pushed, err := client.Push(ctx, operation.Push, each)
		return &protocol.Event{Event: &protocol.Event_PushResult{PushResult: pushed}}, 0, err
	case *protocol.Call_Tag:
		info, err := client.Tag(ctx, operation.Tag)
		return imageEvent(info), 0, err
	case *protocol.Call_ImageInspect:
		info, err := client.ImageInspect(ctx, operation.ImageInspect)
		return imageEvent(info), 0, err
	case *protocol.Call_ImageRemove:
		removed, err := client.ImageRemove(ctx, operation.ImageRemove)
		return &protocol.Event{Event: &protocol.Event_ImageRemoved{ImageRemoved: removed}}, 0, err
	default:
		return performVolume(ctx, client, request, each)
	}
}

func imageEvent(info *protocol.ImageInfo) *protocol.Event {
	return &protocol.Event{Event: &protocol.Event_ImageInfo{ImageInfo: info}}
}
