package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"google.golang.org/protobuf/proto"

	"airdock.dev/airdock/host"
	"airdock.dev/airdock/protocol"
)

// buildsAtOnce bounds how many images are built at a time; BuildKit runs the
// steps of each side by side as well.
const buildsAtOnce = 4

// buildAll builds the images of a folder's sub-folders. One that fails stops
// only those that are made from it.
func (a *app) buildAll(ctx context.Context, folder string, template *protocol.BuildRequest, flags *buildFlags) error {
	if len(flags.setTag) > 0 || flags.file != "" || flags.target != "" || flags.iidFile != "" {
		return fmt.Errorf("--all names each image after its folder and builds its last stage: leave out --tag, --file, --target and --iidfile")
	}
	images, err := findImages(folder, template.GetBuildArgs())
	if err != nil {
		return err
	}
	client, err := a.start()
	if err != nil {
		return err
	}
	defer client.Close()
	group := &imageGroup{client: client, template: template, flags: flags, ended: map[string]chan struct{}{}, failed: map[string]error{}}
	for _, image := range images {
		group.ended[image.name] = make(chan struct{})
	}
	return group.build(ctx, images)
}

// imageGroup are images that are built together.
type imageGroup struct {
	client   *host.Client
	template *protocol.BuildRequest
	flags    *buildFlags
	ended    map[string]chan struct{}
	lines    sync.Mutex

	mu     sync.Mutex
	failed map[string]error
}

func (g *imageGroup) build(ctx context.Context, images []*imageFolder) error {
	slots := make(chan struct{}, buildsAtOnce)
	for _, image := range images {
		go func() {
			defer close(g.ended[image.name])
			for _, need := range image.needs {
				<-g.ended[need]
			}
			slots <- struct{}{}
			defer func() { <-slots }()
			g.note(image.name, g.buildOne(ctx, image))
		}()
	}
	var failures []error
	for _, image := range images {
		<-g.ended[image.name]
		if err := g.failure(image.name); err != nil {
			failures = append(failures, fmt.Errorf("%s: %w", image.name, err))
		}
	}
	return errors.Join(failures...)
}

func (g *imageGroup) buildOne(ctx context.Context, image *imageFolder) error {
	for _, need := range image.needs {
		if g.failure(need) != nil {
			return fmt.Errorf("not built, because %s is not there", need)
		}
	}
	path, err := filepath.Abs(image.path)
	if err != nil {
		return err
	}
	request := proto.CloneOf(g.template)
	request.Key = newKey()
	request.Tags = []string{image.name}
	request.Context = &protocol.BuildRequest_Folder{Folder: path}
	var display buildDisplay = silentDisplay{}
	if !g.flags.quiet {
		display = &plainDisplay{out: os.Stderr, mu: &g.lines, prefix: image.name + " "}
	}
	result, err := buildOne(ctx, g.client, request, display)
	if err == nil && g.flags.quiet {
		fmt.Println(image.name, result.GetImageId())
	}
	return err
}

func (g *imageGroup) note(name string, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.failed[name] = err
}

func (g *imageGroup) failure(name string) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.failed[name]
}
