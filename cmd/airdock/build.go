package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"airdock.dev/airdock/host"
	"airdock.dev/airdock/protocol"
)

func (a *app) buildCommand() *cobra.Command {
	var flags buildFlags
	build := &cobra.Command{
		Use:                   "build [OPTIONS] PATH | -",
		DisableFlagsInUseLine: true,
		Short:                 "Build an image on the engine",
		Long: `Build an image on the engine from a Dockerfile and a folder, its context.

With - the context is a tar from standard input, or there is none and standard
input is the Dockerfile. Ctrl-C cancels the build on the engine. With --all each
sub-folder of PATH that has a Dockerfile is built and named like the folder, in
the order that their FROM lines demand.`,
		Example: `  airdock build -t tool .
  airdock build --all images/`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			request, err := flags.request()
			if err != nil {
				return err
			}
			request.Engine = a.engine.spec()
			if flags.all {
				return a.buildAll(cmd.Context(), args[0], request, &flags)
			}
			remove, err := addContext(request, args[0], flags.file, cmd.InOrStdin())
			if err != nil {
				return err
			}
			defer remove()
			return a.build(cmd.Context(), request, &flags)
		},
	}
	flags.register(build.Flags())
	return build
}

func (a *app) build(ctx context.Context, request *protocol.BuildRequest, flags *buildFlags) error {
	display, err := newBuildDisplay(os.Stderr, flags.progress, flags.quiet)
	if err != nil {
		return err
	}
	client, err := a.start()
	if err != nil {
		return err
	}
	defer client.Close()
	result, err := buildOne(ctx, client, request, display)
	if err != nil {
		return err
	}
	if flags.iidFile != "" {
		if err := os.WriteFile(flags.iidFile, []byte(result.GetImageId()), 0o644); err != nil {
			return err
		}
	}
	if flags.quiet {
		fmt.Println(result.GetImageId())
	}
	return nil
}

func buildOne(ctx context.Context, client *host.Client, request *protocol.BuildRequest, display buildDisplay) (*protocol.BuildResult, error) {
	call, unwatch := stopOnSignal(ctx, client, request)
	defer unwatch()
	result, err := client.Build(call, request, func(event *protocol.Event) error {
		display.show(event)
		return nil
	})
	display.close(result)
	return result, err
}

// addContext names the context and the Dockerfile in the request. What comes
// from standard input as a tar is kept in a file until the function that is
// returned removes it.
func addContext(request *protocol.BuildRequest, path, file string, in io.Reader) (remove func(), err error) {
	remove = func() {}
	switch {
	case path == "-" && file == "-":
		return remove, fmt.Errorf("standard input cannot be both the context and the Dockerfile")
	case file == "-":
		text, err := io.ReadAll(in)
		if err != nil {
			return remove, fmt.Errorf("read standard input: %w", err)
		}
		request.Dockerfile = &protocol.BuildRequest_DockerfileInline{DockerfileInline: string(text)}
	case path == "-":
		// A Dockerfile's path is then one within the tar.
		if file != "" {
			request.Dockerfile = &protocol.BuildRequest_DockerfilePath{DockerfilePath: file}
		}
		return addStdin(request, in)
	case file != "":
		absolute, err := filepath.Abs(file)
		if err != nil {
			return remove, err
		}
		request.Dockerfile = &protocol.BuildRequest_DockerfilePath{DockerfilePath: absolute}
	}
	if strings.Contains(path, "://") || strings.HasPrefix(path, "git@") {
		return remove, fmt.Errorf("the context %s is an address; fetch it first and give its folder, or its tar on standard input", path)
	}
	folder, err := filepath.Abs(path)
	if err != nil {
		return remove, err
	}
	request.Context = &protocol.BuildRequest_Folder{Folder: folder}
	return remove, nil
}

func addStdin(request *protocol.BuildRequest, in io.Reader) (remove func(), err error) {
	remove = func() {}
	buffered := bufio.NewReaderSize(in, 1024)
	head, err := buffered.Peek(512)
	if err != nil && err != io.EOF {
		return remove, fmt.Errorf("read standard input: %w", err)
	}
	if !looksLikeTar(head) {
		text, err := io.ReadAll(buffered)
		if err != nil {
			return remove, fmt.Errorf("read standard input: %w", err)
		}
		request.Dockerfile = &protocol.BuildRequest_DockerfileInline{DockerfileInline: string(text)}
		return remove, nil
	}
	kept, err := os.CreateTemp("", "airdock-context-")
	if err != nil {
		return remove, err
	}
	remove = func() { _ = os.Remove(kept.Name()) }
	request.Context = &protocol.BuildRequest_Tar{Tar: kept.Name()}
	if _, err := io.Copy(kept, buffered); err != nil {
		_ = kept.Close()
		return remove, fmt.Errorf("read standard input: %w", err)
	}
	return remove, kept.Close()
}

// looksLikeTar knows a tar by its header and a compressed one by its first bytes.
func looksLikeTar(head []byte) bool {
	for _, magic := range []string{"\x1f\x8b", "BZh", "\xfd7zXZ\x00", "\x28\xb5\x2f\xfd"} {
		if bytes.HasPrefix(head, []byte(magic)) {
			return true
		}
	}
	return len(head) > 262 && string(head[257:262]) == "ustar"
}
