package plugin

import (
	"context"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/durationpb"

	"airdock.dev/airdock/plugin/engine"
	"airdock.dev/airdock/protocol"
)

// inactivity is a request's bound on a transfer that stands still.
func inactivity(given *durationpb.Duration, otherwise time.Duration) (time.Duration, error) {
	if given == nil {
		return otherwise, nil
	}
	if given.AsDuration() <= 0 {
		return 0, invalid("inactivity_timeout is not positive")
	}
	return given.AsDuration(), nil
}

// Pull implements protocol.AirdockServer.
func (s *server) Pull(request *protocol.PullRequest, stream grpc.ServerStreamingServer[protocol.Event]) error {
	ref, err := normalImage(request.GetImage())
	if err != nil {
		return answer(err)
	}
	patience, err := inactivity(request.GetInactivityTimeout(), defaultPullInactivity)
	if err != nil {
		return answer(err)
	}
	auth, err := registryAuth(request.GetRegistryAuth(), ref)
	if err != nil {
		return answer(err)
	}
	ctx, end, eng, err := s.connect(stream.Context(), request.GetEngine())
	if err != nil {
		return answer(err)
	}
	defer end()
	order := pullOrder{host: eng.Host, ref: ref, platform: request.GetPlatform(), auth: auth, inactivity: patience}
	if err := s.pulls.do(ctx, eng, order, stream.Send); err != nil {
		return answer(orCause(ctx, err))
	}
	callCtx, cancel := eng.Within(ctx)
	defer cancel()
	info, err := inspectImage(callCtx, eng, eng.Host, ref)
	if err != nil {
		return answer(orCause(ctx, err))
	}
	return stream.Send(imageEvent(info))
}

// Push implements protocol.AirdockServer.
func (s *server) Push(request *protocol.PushRequest, stream grpc.ServerStreamingServer[protocol.Event]) error {
	ref, err := taggedImage(request.GetImage())
	if err != nil {
		return answer(err)
	}
	patience, err := inactivity(request.GetInactivityTimeout(), defaultPushInactivity)
	if err != nil {
		return answer(err)
	}
	ctx, end, eng, err := s.connect(stream.Context(), request.GetEngine())
	if err != nil {
		return answer(err)
	}
	defer end()
	order := pushOrder{host: eng.Host, ref: ref, logins: request.GetRegistryAuth(), inactivity: patience}
	pushed, err := push(ctx, eng, order, stream.Send)
	if err != nil {
		return answer(orCause(ctx, err))
	}
	return stream.Send(&protocol.Event{Event: &protocol.Event_PushResult{PushResult: pushed}})
}

// Tag implements protocol.AirdockServer.
func (s *server) Tag(request *protocol.TagRequest, stream grpc.ServerStreamingServer[protocol.Event]) error {
	return s.oneEvent(request.GetEngine(), stream, func(ctx context.Context, eng *engine.Engine) (*protocol.Event, error) {
		info, err := tagImage(ctx, eng, eng.Host, request)
		return imageEvent(info), err
	})
}

// ImageInspect implements protocol.AirdockServer.
func (s *server) ImageInspect(request *protocol.ImageInspectRequest, stream grpc.ServerStreamingServer[protocol.Event]) error {
	return s.oneEvent(request.GetEngine(), stream, func(ctx context.Context, eng *engine.Engine) (*protocol.Event, error) {
		info, err := inspectImage(ctx, eng, eng.Host, request.GetImage())
		return imageEvent(info), err
	})
}

// ImageRemove implements protocol.AirdockServer.
func (s *server) ImageRemove(request *protocol.ImageRemoveRequest, stream grpc.ServerStreamingServer[protocol.Event]) error {
	return s.oneEvent(request.GetEngine(), stream, func(ctx context.Context, eng *engine.Engine) (*protocol.Event, error) {
		removed, err := removeImage(ctx, eng, eng.Host, request)
		return &protocol.Event{Event: &protocol.Event_ImageRemoved{ImageRemoved: removed}}, err
	})
}

func imageEvent(info *protocol.ImageInfo) *protocol.Event {
	return &protocol.Event{Event: &protocol.Event_ImageInfo{ImageInfo: info}}
}
