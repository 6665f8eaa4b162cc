package plugin

import (
	"context"

	"github.com/docker/docker/api/types"
	"github.com/docker/docker/api/types/build"
	"github.com/docker/docker/api/types/system"

	"airdock.dev/airdock/protocol"
)

type infoAPI interface {
	ServerVersion(ctx context.Context) (types.Version, error)
	Info(ctx context.Context) (system.Info, error)
	ClientVersion() string
}

// info describes the engine (GET /version, GET /info and the ping's headers).
func info(ctx context.Context, api infoAPI, host string, ping types.Ping) (*protocol.EngineInfo, error) {
	version, err := api.ServerVersion(ctx)
	if err != nil {
		return nil, err
	}
	state, err := api.Info(ctx)
	if err != nil {
		return nil, err
	}
	return &protocol.EngineInfo{
		Host:          host,
		Version:       version.Version,
		ApiVersion:    api.ClientVersion(),
		MinApiVersion: version.MinAPIVersion,
		Os:            version.Os,
		Arch:          version.Arch,
		Kernel:        version.KernelVersion,
		Name:          state.Name,
		StorageDriver: state.Driver,
		Buildkit:      ping.BuilderVersion == build.BuilderBuildKit,
		Swarm:         string(state.Swarm.LocalNodeState),
		SwarmManager:  state.Swarm.ControlAvailable,
		PluginVersion: protocol.Version,
	}, nil
}
