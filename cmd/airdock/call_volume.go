package main

import (
	"context"
	"strings"

	"airdock.dev/airdock/host"
	"airdock.dev/airdock/protocol"
)

// performVolume makes the calls that deal with volumes.
func performVolume(ctx context.Context, client *host.Client, request *protocol.Call, each func(*protocol.Event) error) (*protocol.Event, int, error) {
	switch operation := request.GetOperation().(type) {
	case *protocol.Call_VolumeCreate:
		info, err := client.VolumeCreate(ctx, operation.VolumeCreate)
		return &protocol.Event{Event: &protocol.Event_VolumeInfo{VolumeInfo: info}}, 0, err
	case *protocol.Call_VolumeInspect:
		info, err := client.VolumeInspect(ctx, operation.VolumeInspect)
		return &protocol.Event{Event: &protocol.Event_VolumeInfo{VolumeInfo: info}}, 0, err
	case *protocol.Call_VolumeList:
		list, err := client.VolumeList(ctx, operation.VolumeList)
		return &protocol.Event{Event: &protocol.Event_VolumeList{VolumeList: list}}, 0, err
	case *protocol.Call_VolumeRemove:
		removed, err := client.VolumeRemove(ctx, operation.VolumeRemove)
		return &protocol.Event{Event: &protocol.Event_VolumesRemoved{VolumesRemoved: removed}}, 0, err
	case *protocol.Call_VolumePrune:
		removed, err := client.VolumePrune(ctx, operation.VolumePrune)
		return &protocol.Event{Event: &protocol.Event_VolumesRemoved{VolumesRemoved: removed}}, 0, err
	case *protocol.Call_VolumePut:
		call, unwatch := stopOnSignal(ctx, client, operation.VolumePut)
		defer unwatch()
		filled, err := client.VolumePut(call, operation.VolumePut, each)
		return &protocol.Event{Event: &protocol.Event_VolumeFilled{VolumeFilled: filled}}, 0, err
	case *protocol.Call_VolumeGet:
		call, unwatch := stopOnSignal(ctx, client, operation.VolumeGet)
		defer unwatch()
		fetched, err := client.VolumeGet(call, operation.VolumeGet, each)
		return &protocol.Event{Event: &protocol.Event_VolumeFetched{VolumeFetched: fetched}}, 0, err
	default:
		return nil, 0, protocol.Errorf(protocol.ErrorKind_INVALID_REQUEST, "the call has no operation: give one of %s", operationNames())
	}
}

func operationNames() string {
	var names []string
	for n := range operations().Fields().Len() {
		names = append(names, string(operations().Fields().Get(n).Name()))
	}
	return strings.Join(names, ", ")
}
