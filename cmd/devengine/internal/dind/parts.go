package dind

import (
	"context"

	"airdock.dev/airdock/cmd/devengine/internal/engine"
)

// Parts tells of each container whether it runs.
func (e *Engine) Parts(ctx context.Context) ([]engine.Part, error) {
	if e.State.Dind == nil {
		return nil, nil
	}
	if err := e.open(ctx); err != nil {
		return nil, err
	}
	var parts []engine.Part
	for _, name := range []string{e.name(), e.registryName()} {
		running, err := e.running(ctx, name)
		if err != nil {
			return nil, err
		}
		parts = append(parts, engine.Part{Name: "container", ID: name, Running: running})
	}
	return parts, nil
}
