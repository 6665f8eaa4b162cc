package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/docker/docker/client"

	"airdock.dev/airdock/cmd/devengine/internal/dind"
	"airdock.dev/airdock/cmd/devengine/internal/engine"
	"airdock.dev/airdock/cmd/devengine/internal/folder"
	"airdock.dev/airdock/cmd/devengine/internal/native"
	"airdock.dev/airdock/cmd/devengine/internal/network"
)

// kind is a way to have an engine in a folder.
type kind interface {
	Up(ctx context.Context, ports network.Ports) error
	Down(ctx context.Context) error
	Connect() (*client.Client, error)
	Parts(ctx context.Context) ([]engine.Part, error)
	Close()
}

type sayer func(format string, args ...any)

// kindOf is the kind that the state names.
func kindOf(f *folder.Folder, state *folder.State, say sayer) (kind, error) {
	switch state.Mode {
	case folder.ModeNative:
		return &native.Engine{Folder: f, State: state, Say: say}, nil
	case folder.ModeDind:
		return &dind.Engine{Folder: f, State: state, Say: say}, nil
	default:
		return nil, fmt.Errorf("the state of %s names an unknown mode %q: it was written by another version of devengine", f.Path, state.Mode)
	}
}

// bringUp brings up the kind of engine that the folder has already, or that
// the options and the machine allow.
func bringUp(ctx context.Context, f *folder.Folder, state *folder.State, options upOptions, say sayer) (kind, error) {
	if state.Mode != "" && options.mode != modeAuto && options.mode != state.Mode {
		return nil, fmt.Errorf("%s has an engine of mode %s: run `devengine down` for it before `up --mode %s`", f.Path, state.Mode, options.mode)
	}
	if state.Mode == "" {
		if err := removeLost(ctx, f, say); err != nil {
			return nil, err
		}
	}
	if state.Mode == "" && options.mode == modeAuto {
		return bringUpAny(ctx, f, state, options.ports, say)
	}
	if state.Mode == "" {
		state.Mode = options.mode
	}
	chosen, err := kindOf(f, state, say)
	if err != nil {
		return nil, err
	}
	if err := chosen.Up(ctx, options.ports); err != nil {
		chosen.Close()
		return nil, err
	}
	return chosen, nil
}

// bringUpAny prefers docker:dind on an engine that is there, and takes a
// dockerd of this machine where that does not come about.
func bringUpAny(ctx context.Context, f *folder.Folder, state *folder.State, ports network.Ports, say sayer) (kind, error) {
	inside := &dind.Engine{Folder: f, State: state, Say: say}
	why := inside.Usable(ctx, false)
	if why == nil {
		state.Mode = folder.ModeDind
		if why = inside.Up(ctx, ports); why == nil {
			return inside, nil
		}
		if err := inside.Down(context.WithoutCancel(ctx)); err != nil {
			return nil, errors.Join(why, err)
		}
	}
	inside.Close()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	say("no docker:dind (%v): a dockerd of this machine takes its place", why)
	*state = folder.State{ID: state.ID, Mode: folder.ModeNative, Made: state.Made, Cache: state.Cache}
	own := &native.Engine{Folder: f, State: state, Say: say}
	return own, own.Up(ctx, ports)
}

// removeLost removes an engine whose folder was swept while it ran. What is
// left of its files is no whole engine any more.
func removeLost(ctx context.Context, f *folder.Folder, say sayer) error {
	lost := f.Lost()
	if lost == nil {
		return nil
	}
	say("removing what is left of an engine whose state this folder has lost")
	if err := (&native.Engine{Folder: f, State: lost, Say: say}).Down(ctx); err != nil {
		return err
	}
	return f.Clear()
}
