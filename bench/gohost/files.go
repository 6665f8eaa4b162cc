package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"airdock.dev/airdock/host"
	"airdock.dev/airdock/protocol"
)

// carry puts a folder's content into a volume, or gets it back, with a plugin that
// runs already.
func carry(ctx context.Context, client *host.Client, way, volume, folder string) (map[string]any, error) {
	began := time.Now()
	key := fmt.Sprintf("bench.%d", began.UnixNano())
	on, in := engine(os.Getenv("DOCKER_HOST")), &protocol.Volume{Name: volume}
	pass := func(*protocol.Event) error { return nil }
	var err error
	if way == "put" {
		_, err = client.VolumePut(ctx, &protocol.VolumePutRequest{
			Engine: on, Key: key, Volume: in, Source: &protocol.VolumePutRequest_LocalPath{LocalPath: folder},
		}, pass)
	} else {
		_, err = client.VolumeGet(ctx, &protocol.VolumeGetRequest{
			Engine: on, Key: key, Volume: in, Output: &protocol.OutputSpec{Path: "/", Target: folder},
		}, pass)
	}
	return map[string]any{"seconds": time.Since(began).Seconds()}, err
}
