package plugin

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/volume"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"airdock.dev/airdock/plugin/engine"
	"airdock.dev/airdock/protocol"
)

// volumeMaker is what a run needs of it, too.
type volumeMaker interface {
	VolumeCreate(ctx context.Context, options volume.CreateOptions) (volume.Volume, error)
}

type volumeAPI interface {
	volumeMaker
	VolumeInspectWithRaw(ctx context.Context, name string) (volume.Volume, []byte, error)
	VolumeList(ctx context.Context, options volume.ListOptions) (volume.ListResponse, error)
	VolumeRemove(ctx context.Context, name string, force bool) error
}

// makeVolume makes a volume, or finds it, and returns the engine's name of it.
func makeVolume(ctx context.Context, api volumeMaker, host string, request *protocol.VolumeCreateRequest) (string, error) {
	options := volume.CreateOptions{
		Driver:     request.GetDriver(),
		DriverOpts: request.GetDriverOptions(),
		Labels:     map[string]string{},
	}
	maps.Copy(options.Labels, request.GetLabels())
	// Without a name and a scope the engine makes a name.
	if v := request.GetVolume(); v.GetName() != "" || v.GetScope() != protocol.VolumeScope_VOLUME_SCOPE_NONE {
		name, labels, err := engineVolume(v)
		if err != nil {
			return "", err
		}
		options.Name = name
		maps.Copy(options.Labels, labels)
	}
	made, err := api.VolumeCreate(ctx, options)
	switch {
	case errdefs.IsNotFound(err):
		return "", invalid("the engine at %s has no volume driver %s; install it there or choose another: %w", host, options.Driver, err)
	case errdefs.IsConflict(err):
		return "", protocol.Errorf(protocol.ErrorKind_VOLUME_CONFLICT,
			"the volume %s is there with another driver; remove it or choose another name: %w", options.Name, err)
	case err != nil:
		return "", engine.Failure(err, host, "create volume "+options.Name)
	}
	// The engine answers a volume that is there without a look at its options.
	// Their values are not shown: a network share's password is among them.
	for option, value := range options.DriverOpts {
		if there, set := made.Options[option]; !set || there != value {
			return "", protocol.Errorf(protocol.ErrorKind_VOLUME_CONFLICT,
				"the volume %s is there without the driver option %s, or with another value; remove it or choose another name", made.Name, option)
		}
	}
	return made.Name, nil
}

// createVolume makes a volume, or finds it, and describes it.
func createVolume(ctx context.Context, api volumeAPI, host string, request *protocol.VolumeCreateRequest) (*protocol.VolumeInfo, error) {
	name, err := makeVolume(ctx, api, host, request)
	if err != nil {
		return nil, err
	}
	return lookUpVolume(ctx, api, host, name)
}

// inspectVolume describes a volume that the engine has.
func inspectVolume(ctx context.Context, api volumeAPI, host string, request *protocol.VolumeInspectRequest) (*protocol.VolumeInfo, error) {
	name, _, err := engineVolume(request.GetVolume())
	if err != nil {
		return nil, err
	}
	return lookUpVolume(ctx, api, host, name)
}

func lookUpVolume(ctx context.Context, api volumeAPI, host, name string) (*protocol.VolumeInfo, error) {
	inspected, raw, err := api.VolumeInspectWithRaw(ctx, name)
	if err != nil {
		return nil, volumeFailure(err, host, name, "inspect")
	}
	return volumeInfo(&inspected, raw)
}

func volumeInfo(v *volume.Volume, raw []byte) (*protocol.VolumeInfo, error) {
	info := &protocol.VolumeInfo{
		Name:          v.Name,
		Driver:        v.Driver,
		DriverOptions: v.Options,
		Labels:        v.Labels,
		Mountpoint:    v.Mountpoint,
		Inspect:       &structpb.Struct{},
	}
	// A driver that knows no time of creation gives the year 1.
	if created, err := time.Parse(time.RFC3339Nano, v.CreatedAt); err == nil && !created.IsZero() {
		info.Created = timestamppb.New(created)
	}
	return info, protojson.Unmarshal(raw, info.Inspect)
}

// listVolumes describes the volumes that fit every filter, by their names.
func listVolumes(ctx context.Context, api volumeAPI, host string, request *protocol.VolumeListRequest) (*protocol.VolumeList, error) {
	filter, err := labelFilter(request.GetLabels())
	if err != nil {
		return nil, err
	}
	if part := request.GetName(); part != "" {
		// The engine takes it for a regular expression.
		filter.Add("name", regexp.QuoteMeta(part))
	}
	if driver := request.GetDriver(); driver != "" {
		filter.Add("driver", driver)
	}
	if request.Dangling != nil {
		filter.Add("dangling", strconv.FormatBool(request.GetDangling()))
	}
	found, err := findVolumes(ctx, api, host, filter)
	if err != nil {
		return nil, err
	}
	list := &protocol.VolumeList{}
	for _, v := range found {
		raw, err := json.Marshal(v)
		if err != nil {
			return nil, err
		}
		info, err := volumeInfo(v, raw)
		if err != nil {
			return nil, err
		}
		list.Volumes = append(list.Volumes, info)
	}
	return list, nil
}

func findVolumes(ctx context.Context, api volumeAPI, host string, filter filters.Args) ([]*volume.Volume, error) {
	found, err := api.VolumeList(ctx, volume.ListOptions{Filters: filter})
	if err != nil {
		return nil, engine.Failure(err, host, "list volumes")
	}
	slices.SortFunc(found.Volumes, func(a, b *volume.Volume) int { return cmp.Compare(a.Name, b.Name) })
	return found.Volumes, nil
}

func labelFilter(labels map[string]string) (filters.Args, error) {
	filter := filters.NewArgs()
	for name, value := range labels {
		switch {
		case name == "" || strings.Contains(name, "="):
			// The engine would look for another label.
			return filter, invalid("%q is no name of a label to look for", name)
		case value == "":
			filter.Add("label", name)
		default:
			filter.Add("label", name+"="+value)
		}
	}
	return filter, nil
}

// removeVolume removes a volume that no container uses.
func removeVolume(ctx context.Context, api volumeAPI, host string, request *protocol.VolumeRemoveRequest) (*protocol.VolumesRemoved, error) {
	name, _, err := engineVolume(request.GetVolume())
	if err != nil {
		return nil, err
	}
	err = api.VolumeRemove(ctx, name, request.GetForce())
	if err != nil && !(request.GetForce() && errdefs.IsNotFound(err)) {
		return nil, volumeFailure(err, host, name, "remove")
	}
	return &protocol.VolumesRemoved{Removed: []string{name}}, nil
}

// pruneVolumes removes the volumes that carry all the labels, and tells which of
// them are in use. Each call of the engine gets a bound of its own.
func pruneVolumes(ctx context.Context, api volumeAPI, host string, bound func(context.Context) (context.Context, context.CancelFunc),
	request *protocol.VolumePruneRequest,
) (*protocol.VolumesRemoved, error) {
	owner, err := scopeLabels(request.GetScope(), request.GetOrigin())
	if err != nil {
		return nil, err
	}
	filter, err := labelFilter(request.GetLabels())
	if err != nil {
		return nil, err
	}
	for name, value := range owner {
		filter.Add("label", name+"="+value)
	}
	if filter.Len() == 0 {
		return nil, invalid("neither a label nor a scope says which volumes to remove")
	}
	listCtx, cancel := bound(ctx)
	defer cancel()
	found, err := findVolumes(listCtx, api, host, filter)
	if err != nil {
		return nil, err
	}
	outcome := &protocol.VolumesRemoved{}
	for _, v := range found {
		callCtx, cancel := bound(ctx)
		err := api.VolumeRemove(callCtx, v.Name, false)
		cancel()
		switch {
		case err == nil:
			outcome.Removed = append(outcome.Removed, v.Name)
		case errdefs.IsConflict(err):
			outcome.InUse = append(outcome.InUse, v.Name)
		case errdefs.IsNotFound(err):
			// Somebody else was quicker.
		default:
			return nil, volumeFailure(err, host, v.Name, "remove")
		}
	}
	return outcome, nil
}

func volumeFailure(err error, host, name, verb string) error {
	switch {
	case errdefs.IsNotFound(err):
		return protocol.Errorf(protocol.ErrorKind_VOLUME_NOT_FOUND, "the engine at %s has no volume %s; create it first", host, name)
	case errdefs.IsConflict(err):
		return protocol.Errorf(protocol.ErrorKind_VOLUME_IN_USE, "remove the containers that use the volume %s first: %w", name, err)
	}
	return engine.Failure(err, host, verb+" volume "+name)
}
