package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"airdock.dev/airdock/cmd/devengine/internal/dind"
	"airdock.dev/airdock/cmd/devengine/internal/folder"
)

// downOptions are the flags of down.
type downOptions struct {
	dir       string
	keepCache bool
	forget    bool
}

func newDown() *cobra.Command {
	var options downOptions
	cmd := &cobra.Command{
		Use:   "down",
		Short: "End the engine and remove everything that up made",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var err error
			if options.dir, err = cmd.Flags().GetString("dir"); err != nil {
				return err
			}
			return down(cmd, options)
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&options.keepCache, "keep-cache", false, "leave the base images in the folder for the next up")
	flags.BoolVar(&options.forget, "forget", false, "remove the folder even if the engine that docker:dind runs on does not answer")
	return cmd
}

func down(cmd *cobra.Command, options downOptions) error {
	ctx, say := cmd.Context(), speaker(cmd)
	f, err := folder.OpenExisting(ctx, options.dir)
	if err != nil {
		return err
	}
	defer f.Close()
	state, err := f.Load()
	if errors.Is(err, folder.ErrDamaged) {
		say("%v", err)
	} else if err != nil {
		return err
	}
	if state == nil {
		state = &folder.State{ID: f.ID, Made: f.Made}
	}
	if lost := f.Lost(); state.Mode == "" && lost != nil {
		state = lost
	}
	if state.Mode == "" {
		return f.Remove(state, options.keepCache) // there never was an engine
	}
	running, err := kindOf(f, state, say)
	if err != nil {
		return err
	}
	defer running.Close()
	err = running.Down(ctx)
	switch {
	case errors.Is(err, dind.ErrOuter) && options.forget:
		say("%v: what was made there stays", err)
	case errors.Is(err, dind.ErrOuter):
		return fmt.Errorf("%w; start it and try again, or remove this folder alone with `devengine down --forget`", err)
	case err != nil:
		return err
	}
	return f.Remove(state, options.keepCache)
}
