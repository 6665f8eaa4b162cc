package main

import (
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"airdock.dev/airdock/cmd/devengine/internal/folder"
	"airdock.dev/airdock/cmd/devengine/internal/network"
)

// modeAuto leaves the mode to the machine.
const modeAuto = "auto"

// upOptions are the flags of up.
type upOptions struct {
	dir   string
	mode  string
	seed  string
	cache string
	// images is a folder whose sub-folders are built on the engine.
	images string
	ports  network.Ports
}

func newUp() *cobra.Command {
	var options upOptions
	cmd := &cobra.Command{
		Use:   "up",
		Short: "Bring the engine up, or repair it, and print its environment",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var err error
			if options.dir, err = cmd.Flags().GetString("dir"); err != nil {
				return err
			}
			options.ports.Engine.Fixed = cmd.Flags().Changed("port")
			options.ports.Registry.Fixed = cmd.Flags().Changed("registry-port")
			if err := options.check(); err != nil {
				return err
			}
			return up(cmd, options)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&options.mode, "mode", modeAuto, "auto, dind (docker:dind on a Docker Engine) or native (a dockerd of this machine)")
	flags.StringVar(&options.seed, "seed", "auto", "auto, always or never fill the mirror with base images made from Debian packages; auto does where no image can be pulled")
	flags.StringVar(&options.cache, "cache", "", "folder that keeps the base images beyond down (default: inside --dir)")
	flags.StringVar(&options.images, "images", "", "folder whose sub-folders with a Dockerfile are built on the engine (airdock build --all)")
	flags.IntVar(&options.ports.Engine.Number, "port", 2376, "port of the engine on 127.0.0.1; without the flag, the next free one")
	flags.IntVar(&options.ports.Registry.Number, "registry-port", 5000, "port of the registry on 127.0.0.1; without the flag, the next free one")
	return cmd
}

func (o *upOptions) check() error {
	switch o.mode {
	case modeAuto, folder.ModeDind, folder.ModeNative:
	default:
		return fmt.Errorf("--mode %s: it is auto, dind or native", o.mode)
	}
	switch o.seed {
	case "auto", "always", "never":
	default:
		return fmt.Errorf("--seed %s: it is auto, always or never", o.seed)
	}
	if o.cache == "" {
		return nil
	}
	cache, err := filepath.Abs(o.cache)
	if err != nil {
		return fmt.Errorf("--cache: %w", err)
	}
	o.cache = cache
	return nil
}

func up(cmd *cobra.Command, options upOptions) error {
	ctx, say := cmd.Context(), speaker(cmd)
	f, err := folder.Open(ctx, options.dir)
	if err != nil {
		return err
	}
	defer f.Close()
	state, err := f.Load()
	if err != nil {
		return err
	}
	if state == nil {
		// Saved before anything else, for what down may remove.
		state = &folder.State{ID: f.ID, Made: f.Made}
		if err := f.Save(state); err != nil {
			return err
		}
	}
	if options.cache != "" {
		state.Cache = options.cache
	}
	running, err := bringUp(ctx, f, state, options, say)
	if err != nil {
		return err
	}
	defer running.Close()
	api, err := running.Connect()
	if err != nil {
		return err
	}
	defer func() { _ = api.Close() }()
	if err := seed(ctx, api, f, state, options.seed, say); err != nil {
		return err
	}
	if err := f.Save(state); err != nil {
		return err
	}
	if options.images != "" {
		if err := buildImages(cmd, f.Path, state, options.images); err != nil {
			return err
		}
	}
	return printEnv(cmd.OutOrStdout(), f.Path, state)
}
