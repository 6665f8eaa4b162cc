package plugin

import (
	"context"
	"errors"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"

	"airdock.dev/airdock/protocol"
)

type stopAPI interface {
	settleAPI
	ContainerList(ctx context.Context, options container.ListOptions) ([]container.Summary, error)
}

// stopByKey stops, and unless told otherwise removes, every container on the
// engine that carries the key. It is for runs that no process follows.
func stopByKey(ctx context.Context, api stopAPI, key string, grace time.Duration, remove bool) (*protocol.StopResponse, error) {
	found, err := api.ContainerList(ctx, container.ListOptions{
		All:     true,
		Filters: filters.NewArgs(filters.Arg("label", labelKey+"="+key)),
	})
	if err != nil {
		return nil, err
	}
	response := &protocol.StopResponse{}
	var failures []error
	for _, c := range found {
		response.Containers = append(response.Containers, c.ID)
		if err := stopContainer(ctx, api, c.ID, grace); err != nil {
			failures = append(failures, err)
			continue
		}
		if remove {
			failures = append(failures, removeContainer(ctx, api, c.ID))
		}
	}
	return response, errors.Join(failures...)
}
