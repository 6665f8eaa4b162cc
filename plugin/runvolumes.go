package plugin

import (
	"context"
	"encoding/json"

	"github.com/docker/docker/api/types/mount"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/structpb"

	"airdock.dev/airdock/protocol"
)

// scopeVolumes makes the named volumes of a run that has a volume scope, and puts
// the engine's names of them into the request. They outlive the run, whatever
// becomes of it: they belong to the DAG run.
func (r *runner) scopeVolumes(ctx context.Context) error {
	scope := r.spec.GetVolumeScope()
	if labels, err := scopeLabels(scope, r.spec.GetOrigin()); err != nil || labels == nil {
		return err
	}
	given := r.spec.GetContainer().GetMounts()
	mounts, err := decodeAll[mount.Mount]("mount", given)
	if err != nil {
		return err
	}
	for n, m := range mounts {
		if m.Type != mount.TypeVolume || m.Source == "" {
			continue
		}
		order := &protocol.VolumeCreateRequest{Volume: &protocol.Volume{Name: m.Source, Scope: scope, Origin: r.spec.GetOrigin()}}
		if options := m.VolumeOptions; options != nil {
			order.Labels = options.Labels
			if driver := options.DriverConfig; driver != nil {
				order.Driver, order.DriverOptions = driver.Name, driver.Options
			}
		}
		if m.Source, err = r.makeVolume(ctx, order); err != nil {
			return err
		}
		text, err := json.Marshal(m)
		if err != nil {
			return err
		}
		given[n] = &structpb.Struct{}
		if err := protojson.Unmarshal(text, given[n]); err != nil {
			return err
		}
	}
	return nil
}

func (r *runner) makeVolume(ctx context.Context, order *protocol.VolumeCreateRequest) (string, error) {
	ctx, cancel := r.within(ctx)
	defer cancel()
	return makeVolume(ctx, r.api, r.host, order)
}
