package native

import (
	"context"
	"strconv"

	"airdock.dev/airdock/cmd/devengine/internal/engine"
	"airdock.dev/airdock/cmd/devengine/internal/process"
)

// Parts tells of each daemon whether it runs.
func (e *Engine) Parts(context.Context) ([]engine.Part, error) {
	if e.State.Native == nil {
		return nil, nil
	}
	part := func(name string, identity process.Identity) engine.Part {
		return engine.Part{Name: name, ID: strconv.Itoa(identity.PID), Running: identity.Alive()}
	}
	return []engine.Part{
		part("dockerd", e.State.Native.Dockerd),
		part("containerd", e.State.Native.Containerd),
		part("docker-registry", e.State.Native.Registry),
	}, nil
}
