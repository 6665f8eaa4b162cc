package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/docker/docker/client"
	"golang.org/x/sync/errgroup"

	"airdock.dev/airdock/cmd/devengine/internal/engine"
	"airdock.dev/airdock/cmd/devengine/internal/folder"
	"airdock.dev/airdock/cmd/devengine/internal/image"
	"airdock.dev/airdock/cmd/devengine/internal/registry"
)

// pullLimit is how long the try to pull an image from the internet may take.
const pullLimit = 10 * time.Second

// seed fills the mirror with base images where the engine can pull none. How
// that came out is asked once and kept in the state.
func seed(ctx context.Context, api *client.Client, f *folder.Folder, state *folder.State, when string, say sayer) error {
	if when == "never" || state.RegistryPort == 0 {
		return nil
	}
	mirror := registry.Local(state.RegistryPort)
	missing, err := missingImages(ctx, mirror)
	if err != nil || len(missing) == 0 {
		return err
	}
	if when == "auto" {
		if !state.Images.Checked {
			state.Images.Upstream = engine.CanPull(ctx, api, missing[0].Reference(), pullLimit)
			state.Images.Checked = true
		}
		if state.Images.Upstream {
			return nil
		}
		say("no image can be pulled from here: filling the mirror with base images made from Debian packages")
	}
	if err := fill(ctx, mirror, missing, f.CachePath(state), say); err != nil {
		return fmt.Errorf("%w; `devengine up --seed never` goes on without base images", err)
	}
	for _, recipe := range missing {
		if !slices.Contains(state.Images.Seeded, recipe.Reference()) {
			state.Images.Seeded = append(state.Images.Seeded, recipe.Reference())
		}
	}
	return nil
}

func missingImages(ctx context.Context, mirror registry.Registry) ([]image.Recipe, error) {
	var missing []image.Recipe
	for _, recipe := range image.Base() {
		there, err := mirror.Has(ctx, recipe.Repository, recipe.Tag)
		if err != nil {
			return nil, err
		}
		if !there {
			missing = append(missing, recipe)
		}
	}
	return missing, nil
}

func fill(ctx context.Context, mirror registry.Registry, recipes []image.Recipe, cache string, say sayer) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, recipe := range recipes {
		group.Go(func() error {
			built, err := image.Get(ctx, cache, recipe, say)
			if err != nil {
				return err
			}
			return mirror.Push(ctx, built)
		})
	}
	return group.Wait()
}
