package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/docker/go-units"
	"github.com/spf13/cobra"

	"airdock.dev/airdock/host"
	"airdock.dev/airdock/protocol"
)

// putFlags are the flags of `airdock volume put`.
type putFlags struct {
	mirror, create, tar, quiet bool
	owner, mode                string
}

func (a *app) volumePutCommand() *cobra.Command {
	var flags putFlags
	put := &cobra.Command{
		Use:   "put SOURCE VOLUME[:PATH]",
		Short: "Put a file, a folder's content or a tar into a volume",
		Long: `Put a file, a folder's content or a tar's content into a volume.

A file becomes PATH, or goes into it when it ends in /; what a folder or a tar
holds goes below PATH. Without one that is the volume's top. What is there already
and has not changed is not sent. Ctrl-C ends the transfer: each file is then the
old one or the new one.`,
		Example: `  airdock volume put --create --mirror models/ models
  airdock volume put --tar data.tar.gz data:/2026`,
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			request, err := flags.request(args[0], args[1])
			if err != nil {
				return err
			}
			request.Engine = a.engine.spec()
			filled, err := transfer(cmd.Context(), a, request, flags.quiet, (*host.Client).VolumePut)
			if err == nil {
				fmt.Fprintf(cmd.OutOrStdout(), "%s: %s sent (%s), %d unchanged, %d deleted\n", filled.GetVolume(),
					countFiles(filled.GetFilesSent()), units.BytesSize(float64(filled.GetBytesSent())), filled.GetFilesUnchanged(), filled.GetDeleted())
			}
			return err
		},
	}
	put.Flags().BoolVar(&flags.mirror, "mirror", false, "Delete what is at PATH and not in SOURCE")
	put.Flags().StringVar(&flags.owner, "owner", "", `Owner of what is put, UID[:GID], or "source" for that of the source (default 0:0)`)
	put.Flags().StringVar(&flags.mode, "mode", "", "Permission bits of a file that is put by itself, for example 0400")
	put.Flags().BoolVar(&flags.create, "create", false, "Make the volume when it is missing")
	put.Flags().BoolVar(&flags.tar, "tar", false, "SOURCE is a tar, plain or compressed, whose content is put")
	put.Flags().BoolVarP(&flags.quiet, "quiet", "q", false, "Do not show the progress")
	return put
}

func (f *putFlags) request(source, target string) (*protocol.VolumePutRequest, error) {
	path, err := filepath.Abs(source)
	if err != nil {
		return nil, err
	}
	request := &protocol.VolumePutRequest{Key: newKey(), Mirror: f.mirror, Owner: f.owner, Create: f.create}
	request.Volume, request.Path = placeInVolume(target)
	request.Source = &protocol.VolumePutRequest_LocalPath{LocalPath: path}
	if f.tar {
		request.Source = &protocol.VolumePutRequest_Tar{Tar: path}
	}
	if f.mode != "" {
		bits, err := strconv.ParseUint(f.mode, 8, 32)
		if err != nil || bits > 0o7777 {
			return nil, fmt.Errorf("--mode %q is no octal number up to 7777", f.mode)
		}
		mode := uint32(bits)
		request.Mode = &mode
	}
	return request, nil
}

// getFlags are the flags of `airdock volume get`.
type getFlags struct {
	outputFlags
	optional, quiet bool
}

func (a *app) volumeGetCommand() *cobra.Command {
	var flags getFlags
	get := &cobra.Command{
		Use:   "get VOLUME[:PATH] TARGET",
		Short: "Copy a file or a folder's content out of a volume",
		Long: `Copy a file or a folder's content out of a volume.

A file becomes TARGET, or goes into it when TARGET ends in / or is a folder; a
folder's content, and what matches a pattern with *, ?, [a-z] and **, goes into
the folder TARGET. What is there and has no new content stays.`,
		Example: `  airdock volume get results:/2026 results/
  airdock volume get 'logs:/**/*.log' logs/`,
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			request, err := flags.request(args[0], args[1])
			if err != nil {
				return err
			}
			request.Engine = a.engine.spec()
			fetched, err := transfer(cmd.Context(), a, request, flags.quiet, (*host.Client).VolumeGet)
			switch {
			case err != nil:
				return err
			case !fetched.GetFound():
				fmt.Fprintf(cmd.OutOrStdout(), "%s: nothing is at %s\n", fetched.GetVolume(), request.GetOutput().GetPath())
			default:
				fmt.Fprintf(cmd.OutOrStdout(), "%s: %s fetched (%s)\n", fetched.GetVolume(),
					countFiles(fetched.GetFiles()), units.BytesSize(float64(fetched.GetBytes())))
			}
			return nil
		},
	}
	get.Flags().BoolVar(&flags.optional, "optional", false, "Nothing at PATH is no error")
	get.Flags().StringVar(&flags.maxBytes, "max-bytes", "", "Bound on the size of all files, bytes or a number with b, k, m, g, t (default 16g)")
	get.Flags().StringVar(&flags.links, "links", "refuse", "What becomes of symbolic links that lead out of PATH: refuse, skip, keep")
	get.Flags().BoolVarP(&flags.quiet, "quiet", "q", false, "Do not show the progress")
	return get
}

func (f *getFlags) request(source, target string) (*protocol.VolumeGetRequest, error) {
	output, err := f.output(target)
	if err != nil {
		return nil, err
	}
	output.Optional = f.optional
	request := &protocol.VolumeGetRequest{Key: newKey(), Output: output}
	if request.Volume, output.Path = placeInVolume(source); output.Path == "" {
		output.Path = "/"
	}
	return request, nil
}

// placeInVolume reads VOLUME[:PATH]; no volume has a colon in its name.
func placeInVolume(text string) (*protocol.Volume, string) {
	name, path, _ := strings.Cut(text, ":")
	return &protocol.Volume{Name: name}, path
}

// transfer makes a call that moves files, with its progress on standard error,
// and stops it on a signal.
func transfer[Request keyed, Result any](ctx context.Context, a *app, request Request, quiet bool,
	call func(*host.Client, context.Context, Request, func(*protocol.Event) error) (Result, error),
) (Result, error) {
	var result Result
	err := a.withPlugin(func(client *host.Client) error {
		callCtx, unwatch := stopOnSignal(ctx, client, request)
		defer unwatch()
		display := newProgressDisplay(os.Stderr, quiet)
		var err error
		result, err = call(client, callCtx, request, func(event *protocol.Event) error {
			if p := event.GetTransferProgress(); p != nil {
				display.transfer(p)
			}
			return nil
		})
		display.close()
		return err
	})
	if err != nil {
		a.cleanUp(ctx, request, err)
	}
	return result, err
}
