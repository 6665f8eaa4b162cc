package host

import (
	"context"

	"airdock.dev/airdock/protocol"
)

// VolumeCreate makes a volume, or finds the one that is there.
func (c *Client) VolumeCreate(ctx context.Context, request *protocol.VolumeCreateRequest) (*protocol.VolumeInfo, error) {
	final, err := stream(ctx, c.calls.VolumeCreate, request, nil)
	return outcome(final.GetVolumeInfo(), err)
}

// VolumeInspect describes a volume that the engine has.
func (c *Client) VolumeInspect(ctx context.Context, request *protocol.VolumeInspectRequest) (*protocol.VolumeInfo, error) {
	final, err := stream(ctx, c.calls.VolumeInspect, request, nil)
	return outcome(final.GetVolumeInfo(), err)
}

// VolumeList describes the volumes that fit every filter.
func (c *Client) VolumeList(ctx context.Context, request *protocol.VolumeListRequest) (*protocol.VolumeList, error) {
	final, err := stream(ctx, c.calls.VolumeList, request, nil)
	return outcome(final.GetVolumeList(), err)
}

// VolumeRemove removes a volume that no container uses.
func (c *Client) VolumeRemove(ctx context.Context, request *protocol.VolumeRemoveRequest) (*protocol.VolumesRemoved, error) {
	final, err := stream(ctx, c.calls.VolumeRemove, request, nil)
	return outcome(final.GetVolumesRemoved(), err)
}

// VolumePrune removes the volumes that fit and that no container uses.
func (c *Client) VolumePrune(ctx context.Context, request *protocol.VolumePruneRequest) (*protocol.VolumesRemoved, error) {
	final, err := stream(ctx, c.calls.VolumePrune, request, nil)
	return outcome(final.GetVolumesRemoved(), err)
}

// VolumePut puts files into a volume. Every event but the final one is handed to
// each; an error of each ends the call, as Stop with its key does.
func (c *Client) VolumePut(ctx context.Context, request *protocol.VolumePutRequest, each func(*protocol.Event) error) (*protocol.VolumeFilled, error) {
	final, err := stream(ctx, c.calls.VolumePut, request, each)
	return outcome(final.GetVolumeFilled(), err)
}

// VolumeGet copies files of a volume to the plugin's machine, and ends as
// VolumePut does.
func (c *Client) VolumeGet(ctx context.Context, request *protocol.VolumeGetRequest, each func(*protocol.Event) error) (*protocol.VolumeFetched, error) {
	final, err := stream(ctx, c.calls.VolumeGet, request, each)
	return outcome(final.GetVolumeFetched(), err)
}
