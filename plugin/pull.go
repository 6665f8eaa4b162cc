package plugin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/pkg/jsonmessage"
	"google.golang.org/protobuf/proto"

	"airdock.dev/airdock/protocol"
)

const defaultPullInactivity = 5 * time.Minute

// errStalled ends a pull that makes no progress.
var errStalled = errors.New("pull made no progress")

type pullAPI interface {
	ImagePull(ctx context.Context, ref string, options image.PullOptions) (io.ReadCloser, error)
}

// pullOrder is one pull: what decides whether two tasks may share it, and how
// long it may stand still.
type pullOrder struct {
	host, ref, platform, auth string
	inactivity                time.Duration
}

func (o pullOrder) key() string {
	return fmt.Sprintf("%s\n%s\n%s\n%s", o.host, o.ref, o.platform, o.auth)
}

// pullOnce fetches an image and tells report of its progress, at most every
// progressInterval and once at the end. An error that the engine reports inside
// its answer, after status 200, is an error here.
func pullOnce(ctx context.Context, api pullAPI, order pullOrder, report func(*protocol.PullProgress)) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stalled := time.AfterFunc(order.inactivity, func() { cancel(errStalled) })
	defer stalled.Stop()

	body, err := api.ImagePull(ctx, order.ref, image.PullOptions{RegistryAuth: order.auth, Platform: order.platform})
	if err != nil {
		return pullFailure(ctx, err, order)
	}
	defer body.Close()
	progress := &pullProgress{image: order.ref, layers: layers{}}
	decoder := json.NewDecoder(body)
	var reported time.Time
	var last *protocol.PullProgress
	for {
		var message jsonmessage.JSONMessage
		if err := decoder.Decode(&message); errors.Is(err, io.EOF) {
			report(progress.event(true))
			return nil
		} else if err != nil {
			return pullFailure(ctx, err, order)
		}
		stalled.Reset(order.inactivity)
		if message.Error != nil {
			return pullFailure(ctx, message.Error, order)
		}
		progress.add(&message)
		if time.Since(reported) < progressInterval {
			continue
		}
		if event := progress.event(false); !proto.Equal(event, last) {
			reported, last = time.Now(), event
			report(event)
		}
	}
}
