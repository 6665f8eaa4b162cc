package plugin

import (
	"context"

	"google.golang.org/grpc"

	"airdock.dev/airdock/plugin/engine"
	"airdock.dev/airdock/protocol"
)

// VolumeCreate implements protocol.AirdockServer.
func (s *server) VolumeCreate(request *protocol.VolumeCreateRequest, stream grpc.ServerStreamingServer[protocol.Event]) error {
	return s.oneEvent(request.GetEngine(), stream, func(ctx context.Context, eng *engine.Engine) (*protocol.Event, error) {
		info, err := createVolume(ctx, eng, eng.Host, request)
		return &protocol.Event{Event: &protocol.Event_VolumeInfo{VolumeInfo: info}}, err
	})
}

// VolumeInspect implements protocol.AirdockServer.
func (s *server) VolumeInspect(request *protocol.VolumeInspectRequest, stream grpc.ServerStreamingServer[protocol.Event]) error {
	return s.oneEvent(request.GetEngine(), stream, func(ctx context.Context, eng *engine.Engine) (*protocol.Event, error) {
		info, err := inspectVolume(ctx, eng, eng.Host, request)
		return &protocol.Event{Event: &protocol.Event_VolumeInfo{VolumeInfo: info}}, err
	})
}

// VolumeList implements protocol.AirdockServer.
func (s *server) VolumeList(request *protocol.VolumeListRequest, stream grpc.ServerStreamingServer[protocol.Event]) error {
	return s.oneEvent(request.GetEngine(), stream, func(ctx context.Context, eng *engine.Engine) (*protocol.Event, error) {
		list, err := listVolumes(ctx, eng, eng.Host, request)
		return &protocol.Event{Event: &protocol.Event_VolumeList{VolumeList: list}}, err
	})
}

// VolumeRemove implements protocol.AirdockServer.
func (s *server) VolumeRemove(request *protocol.VolumeRemoveRequest, stream grpc.ServerStreamingServer[protocol.Event]) error {
	return s.oneEvent(request.GetEngine(), stream, func(ctx context.Context, eng *engine.Engine) (*protocol.Event, error) {
		removed, err := removeVolume(ctx, eng, eng.Host, request)
		return &protocol.Event{Event: &protocol.Event_VolumesRemoved{VolumesRemoved: removed}}, err
	})
}

// VolumePrune implements protocol.AirdockServer. It takes as many calls of the
// engine as there are volumes, so that no single bound fits all.
func (s *server) VolumePrune(request *protocol.VolumePruneRequest, stream grpc.ServerStreamingServer[protocol.Event]) error {
	ctx, end, eng, err := s.connect(stream.Context(), request.GetEngine())
	if err != nil {
		return answer(err)
	}
	defer end()
	removed, err := pruneVolumes(ctx, eng, eng.Host, eng.Within, request)
	if err != nil {
		return answer(orCause(ctx, err))
	}
	return stream.Send(&protocol.Event{Event: &protocol.Event_VolumesRemoved{VolumesRemoved: removed}})
}
