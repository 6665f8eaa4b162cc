package plugin

import (
	"context"
	"errors"

	"github.com/docker/docker/api/types/build"
	"google.golang.org/grpc"

	imagebuild "airdock.dev/airdock/plugin/build"
	"airdock.dev/airdock/plugin/engine"
	"airdock.dev/airdock/plugin/spelling"
	"airdock.dev/airdock/protocol"
)

// Build implements protocol.AirdockServer.
func (s *server) Build(request *protocol.BuildRequest, stream grpc.ServerStreamingServer[protocol.Event]) error {
	request, err := spelling.Build(request)
	if err != nil {
		return answer(err)
	}
	if err := checkBuild(request); err != nil {
		return answer(err)
	}
	ctx, end, eng, err := s.keyed(stream.Context(), request.GetKey(), request.GetEngine(), "build")
	if err != nil {
		return answer(err)
	}
	defer end()
	result, err := buildImage(ctx, eng, request, stream.Send)
	if err != nil {
		return answer(orCause(ctx, err))
	}
	return stream.Send(&protocol.Event{Event: &protocol.Event_BuildResult{BuildResult: result}})
}

// buildImage builds, and pushes what was built where that is asked for.
func buildImage(ctx context.Context, eng *engine.Engine, request *protocol.BuildRequest, out sink) (*protocol.BuildResult, error) {
	job := &imagebuild.Build{
		API:      eng,
		Host:     eng.Host,
		Timeout:  eng.Timeout,
		BuildKit: eng.Ping.BuilderVersion == build.BuilderBuildKit,
		Spec:     request,
		Logins:   logins(request.GetRegistryAuth()),
		ImageFailure: func(err error, ref string) error {
			return pullFailure(ctx, err, pullOrder{host: eng.Host, ref: ref})
		},
		Send: out,
	}
	result, err := job.Run(ctx)
	if err != nil || !request.GetPush() {
		return result, err
	}
	for _, tag := range request.GetTags() {
		order := pushOrder{host: eng.Host, ref: tag, logins: request.GetRegistryAuth(), inactivity: defaultPushInactivity}
		if given := request.GetPushInactivityTimeout(); given != nil {
			order.inactivity = given.AsDuration()
		}
		pushed, err := push(ctx, eng, order, out)
		if err != nil {
			return nil, builtButNotPushed(err, result.GetImageId())
		}
		result.Pushed = append(result.Pushed, pushed)
		result.Digest = pushed.GetDigest()
	}
	return result, nil
}

func builtButNotPushed(err error, id string) error {
	var failure *protocol.Failure
	if !errors.As(err, &failure) {
		return err
	}
	return protocol.Errorf(failure.Kind, "the image was built (%s) and not pushed: %w", id, failure)
}

func checkBuild(request *protocol.BuildRequest) error {
	switch {
	case !validKey(request.GetKey()):
		return invalidKey(request.GetKey())
	case request.GetPush() && len(request.GetTags()) == 0:
		return invalid("a build that is pushed needs a tag with the registry's address")
	case request.GetPushInactivityTimeout() != nil && request.GetPushInactivityTimeout().AsDuration() <= 0:
		return invalid("push_inactivity_timeout is not positive")
	}
	for _, tag := range request.GetTags() {
		if _, err := taggedImage(tag); err != nil {
			return err
		}
	}
	return nil
}
