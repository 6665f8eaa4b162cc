package plugin

import (
	"context"
	"io"
	"math"
	"strconv"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/go-units"
	"golang.org/x/sync/errgroup"

	"airdock.dev/airdock/plugin/logs"
)

const (
	// attachTimeout bounds the call: an engine, or a proxy before it, that does not
	// answer it may well answer all others.
	attachTimeout = 10 * time.Second
	// The local driver rotates even where it is not told to: so many bytes, and files.
	localLogSize  = 20 << 20
	localLogFiles = 5
)

type attachAPI interface {
	Attach(ctx context.Context, container string) (io.ReadCloser, error)
	ContainerInspect(ctx context.Context, id string) (container.InspectResponse, error)
}

// attach makes the way for the output of a container that does not run yet. It
// returns nil where the engine's log is the better one: where it could not stand in
// for a connection that breaks.
func (r *runner) attach(ctx context.Context, made *created) *logs.Attached {
	ctx, cancel := context.WithTimeout(ctx, min(attachTimeout, r.timeout))
	defer cancel()
	attached := &logs.Attached{}
	resumable := false
	var calls errgroup.Group
	calls.Go(func() (err error) {
		attached.Stream, err = r.api.Attach(ctx, made.id)
		return err
	})
	calls.Go(func() error {
		found, err := r.api.ContainerInspect(ctx, made.id)
		if err == nil && found.ContainerJSONBase != nil && found.HostConfig != nil {
			attached.Kept, resumable = keptLog(found.HostConfig.LogConfig)
		}
		return err
	})
	err := calls.Wait()
	if err == nil && resumable {
		return attached
	}
	if err != nil {
		r.log.Debug("not attached, reading the log", "container", made.name, "error", err)
	}
	if attached.Stream != nil {
		_ = attached.Stream.Close()
	}
	return nil
}

// keptLog returns how large the container's log may become, in bytes, for its
// beginning to be there for certain, and whether its messages are known to be the
// container's output, one for one.
func keptLog(config container.LogConfig) (kept int64, known bool) {
	if config.Config["mode"] == string(container.LogModeNonBlock) {
		return 0, false // it drops messages
	}
	var size int64
	files := 1
	switch config.Type {
	case "none":
		return 0, true // there is nothing to go on with
	case "json-file":
	case "local":
		size, files = localLogSize, localLogFiles
	default:
		return 0, false
	}
	if given := config.Config["max-size"]; given != "" {
		size, _ = units.RAMInBytes(given)
	}
	if given, err := strconv.Atoi(config.Config["max-file"]); err == nil {
		files = given
	}
	switch {
	case size <= 0: // it does not rotate
		return math.MaxInt64, true
	case widened(config):
		return 0, true
	}
	// It goes on growing until it is read.
	return size * int64(max(files, 1)) / 2, true
}

// widened says whether the driver may put more into each message than the output,
// such as labels.
func widened(config container.LogConfig) bool {
	for name := range config.Config {
		switch name {
		case "mode", "max-size", "max-file", "compress":
		default:
			return true
		}
	}
	return false
}
