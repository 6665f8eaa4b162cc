package plugin

import (
	"context"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"airdock.dev/airdock/plugin/engine"
	"airdock.dev/airdock/plugin/volume/talk"
	"airdock.dev/airdock/protocol"
)

// VolumeGet implements protocol.AirdockServer.
func (s *server) VolumeGet(request *protocol.VolumeGetRequest, stream grpc.ServerStreamingServer[protocol.Event]) error {
	began := time.Now()
	spec := volumeOutput(request.GetOutput())
	if err := checkOutput(spec); err != nil {
		return answer(err)
	}
	ctx, end, eng, err := s.keyed(stream.Context(), request.GetKey(), request.GetEngine(), "transfer")
	if err != nil {
		return answer(err)
	}
	defer end()
	fetched, err := s.getVolume(ctx, eng, request, spec, stream.Send)
	if err != nil {
		return answer(orCause(ctx, err))
	}
	fetched.Seconds = time.Since(began).Seconds()
	return stream.Send(&protocol.Event{Event: &protocol.Event_VolumeFetched{VolumeFetched: fetched}})
}

// volumeOutput is an output whose path begins at the volume's top, with or
// without a slash.
func volumeOutput(given *protocol.OutputSpec) *protocol.OutputSpec {
	spec := &protocol.OutputSpec{}
	proto.Merge(spec, given)
	if !strings.HasPrefix(spec.GetPath(), "/") {
		spec.Path = "/" + spec.GetPath()
	}
	return spec
}

func (s *server) getVolume(ctx context.Context, eng *engine.Engine, request *protocol.VolumeGetRequest, spec *protocol.OutputSpec, out sink) (*protocol.VolumeFetched, error) {
	log := s.log.With("key", request.GetKey())
	reader, err := newVolumeReader(ctx, eng, log, volumeUse{
		volume:   request.GetVolume(),
		readOnly: true,
		key:      request.GetKey(),
		origin:   request.GetOrigin(),
	})
	if err != nil {
		return nil, err
	}
	defer reader.close(ctx)
	f := &fetch{
		api:     reader,
		host:    eng.Host,
		timeout: eng.Timeout,
		from:    "volume " + reader.volume,
		top:     talk.Mount,
		spec:    spec,
		out:     out,
		log:     log,
	}
	fetched, err := f.run(ctx)
	if err != nil {
		return nil, err
	}
	return &protocol.VolumeFetched{
		Volume: reader.volume,
		Found:  fetched.GetFound(),
		Files:  fetched.GetFiles(),
		Bytes:  fetched.GetBytes(),
	}, nil
}
