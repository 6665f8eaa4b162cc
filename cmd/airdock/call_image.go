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
		return nil, 0, protocol.Errorf(protocol.ErrorKind_INVALID_REQUEST,
			"the call has no operation: give one of info, run, stop, build, pull, push, tag, image_inspect, image_remove")
	}
}

func imageEvent(info *protocol.ImageInfo) *protocol.Event {
	return &protocol.Event{Event: &protocol.Event_ImageInfo{ImageInfo: info}}
}

func (a *app) fillImageCall(request *protocol.Call) {
	switch operation := request.GetOperation().(type) {
	case *protocol.Call_Build:
		a.fillEngine(&operation.Build.Engine)
		if operation.Build.GetKey() == "" {
			operation.Build.Key = newKey()
		}
	case *protocol.Call_Pull:
		a.fillEngine(&operation.Pull.Engine)
	case *protocol.Call_Push:
		a.fillEngine(&operation.Push.Engine)
	case *protocol.Call_Tag:
		a.fillEngine(&operation.Tag.Engine)
	case *protocol.Call_ImageInspect:
		a.fillEngine(&operation.ImageInspect.Engine)
	case *protocol.Call_ImageRemove:
		a.fillEngine(&operation.ImageRemove.Engine)
	}
}
