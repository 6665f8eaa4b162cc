package host

import (
	"errors"
	"testing"

	"google.golang.org/grpc"

	"airdock.dev/airdock/protocol"
)

func (f *fakePlugin) VolumeCreate(request *protocol.VolumeCreateRequest, stream grpc.ServerStreamingServer[protocol.Event]) error {
	return stream.Send(ofVolume(request.GetVolume()))
}

func (f *fakePlugin) VolumeInspect(request *protocol.VolumeInspectRequest, stream grpc.ServerStreamingServer[protocol.Event]) error {
	return stream.Send(ofVolume(request.GetVolume()))
}

func (f *fakePlugin) VolumeList(request *protocol.VolumeListRequest, stream grpc.ServerStreamingServer[protocol.Event]) error {
	list := &protocol.VolumeList{Volumes: []*protocol.VolumeInfo{{Name: request.GetName()}}}
	return stream.Send(&protocol.Event{Event: &protocol.Event_VolumeList{VolumeList: list}})
}

func (f *fakePlugin) VolumeRemove(request *protocol.VolumeRemoveRequest, stream grpc.ServerStreamingServer[protocol.Event]) error {
	return stream.Send(removedVolume(request.GetVolume().GetName()))
}

func (f *fakePlugin) VolumePrune(_ *protocol.VolumePruneRequest, stream grpc.ServerStreamingServer[protocol.Event]) error {
	return stream.Send(removedVolume("pruned"))
}

func (f *fakePlugin) VolumePut(request *protocol.VolumePutRequest, stream grpc.ServerStreamingServer[protocol.Event]) error {
	if request.GetVolume() == nil {
		return stream.Send(moved())
	}
	filled := &protocol.VolumeFilled{Volume: request.GetVolume().GetName()}
	return sends(moved(), &protocol.Event{Event: &protocol.Event_VolumeFilled{VolumeFilled: filled}})(nil, stream)
}

func (f *fakePlugin) VolumeGet(request *protocol.VolumeGetRequest, stream grpc.ServerStreamingServer[protocol.Event]) error {
	fetched := &protocol.VolumeFetched{Volume: request.GetVolume().GetName()}
	return sends(moved(), &protocol.Event{Event: &protocol.Event_VolumeFetched{VolumeFetched: fetched}})(nil, stream)
}

func ofVolume(v *protocol.Volume) *protocol.Event {
	return &protocol.Event{Event: &protocol.Event_VolumeInfo{VolumeInfo: &protocol.VolumeInfo{Name: v.GetName()}}}
}

func removedVolume(name string) *protocol.Event {
	return &protocol.Event{Event: &protocol.Event_VolumesRemoved{VolumesRemoved: &protocol.VolumesRemoved{Removed: []string{name}}}}
}

func moved() *protocol.Event {
	return &protocol.Event{Event: &protocol.Event_TransferProgress{TransferProgress: &protocol.TransferProgress{}}}
}

func TestClientVolumes(t *testing.T) {
	t.Parallel()
	client, ctx := start(t, "healthy"), t.Context()
	v := &protocol.Volume{Name: "data"}
	progress := 0
	each := func(event *protocol.Event) error {
		if event.GetTransferProgress() == nil {
			t.Errorf("%v is no progress", event)
		}
		progress++
		return nil
	}
	made, ofCreate := client.VolumeCreate(ctx, &protocol.VolumeCreateRequest{Volume: v})
	inspected, ofInspect := client.VolumeInspect(ctx, &protocol.VolumeInspectRequest{Volume: v})
	list, ofList := client.VolumeList(ctx, &protocol.VolumeListRequest{Name: "data"})
	removed, ofRemove := client.VolumeRemove(ctx, &protocol.VolumeRemoveRequest{Volume: v})
	pruned, ofPrune := client.VolumePrune(ctx, &protocol.VolumePruneRequest{})
	filled, ofPut := client.VolumePut(ctx, &protocol.VolumePutRequest{Volume: v}, each)
	fetched, ofGet := client.VolumeGet(ctx, &protocol.VolumeGetRequest{Volume: v}, each)
	if err := errors.Join(ofCreate, ofInspect, ofList, ofRemove, ofPrune, ofPut, ofGet); err != nil {
		t.Fatal(err)
	}
	for what, got := range map[string]string{
		"create": made.GetName(), "inspect": inspected.GetName(), "list": list.GetVolumes()[0].GetName(),
		"remove": removed.GetRemoved()[0], "put": filled.GetVolume(), "get": fetched.GetVolume(),
	} {
		if got != "data" {
			t.Errorf("%s tells of %q", what, got)
		}
	}
	if pruned.GetRemoved()[0] != "pruned" || progress != 2 {
		t.Errorf("pruned %v, %d events of progress", pruned, progress)
	}
	if filled, err := client.VolumePut(ctx, &protocol.VolumePutRequest{}, nil); !errors.Is(err, ErrNoFinalEvent) {
		t.Errorf("without a final event: %v, %v", filled, err)
	}
}
