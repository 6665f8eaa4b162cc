package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/client"
)

// HasImage tells whether the engine has the image itself.
func HasImage(ctx context.Context, api *client.Client, reference string) (bool, error) {
	_, err := api.ImageInspect(ctx, reference)
	if errdefs.IsNotFound(err) {
		return false, nil
	}
	return err == nil, err
}

// Pull pulls a reference whole. Without a first layer on its way within begin
// it gives up: there is no way to a registry then.
func Pull(ctx context.Context, api *client.Client, reference string, begin time.Duration) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	timer := time.AfterFunc(begin, func() { cancel(fmt.Errorf("nothing came within %s", begin)) })
	defer timer.Stop()
	if err := pull(ctx, api, reference, func() { timer.Stop() }); err != nil {
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		return fmt.Errorf("pull %s: %w", reference, err)
	}
	return nil
}

// CanPull tries whether reference can be pulled, within limit. A pull that has
// begun to bring layers by then can, on a slow line.
func CanPull(ctx context.Context, api *client.Client, reference string, limit time.Duration) bool {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	begun := false
	err := pull(ctx, api, reference, func() { begun = true })
	return err == nil || begun && errors.Is(err, context.DeadlineExceeded)
}

// pull calls begun when a layer begins to arrive.
func pull(ctx context.Context, api *client.Client, reference string, begun func()) error {
	stream, err := api.ImagePull(ctx, reference, image.PullOptions{})
	if err != nil {
		return err
	}
	defer func() { _ = stream.Close() }()
	return follow(ctx, stream, func(status string) {
		if status == "Downloading" {
			begun()
		}
	})
}

// Import makes an image under reference out of the tar in file. Changes are
// lines of a Dockerfile.
func Import(ctx context.Context, api *client.Client, file, reference string, changes []string) error {
	source, err := os.Open(file)
	if err != nil {
		return fmt.Errorf("import %s: %w", reference, err)
	}
	defer func() { _ = source.Close() }()
	stream, err := api.ImageImport(ctx, image.ImportSource{Source: source, SourceName: "-"}, reference, image.ImportOptions{Changes: changes})
	if err != nil {
		return fmt.Errorf("import %s: %w", reference, err)
	}
	defer func() { _ = stream.Close() }()
	if err := follow(ctx, stream, func(string) {}); err != nil {
		return fmt.Errorf("import %s: %w", reference, err)
	}
	return nil
}

// follow reads a stream of progress to its end. An error comes inside it,
// after the answer that all is well.
func follow(ctx context.Context, stream io.Reader, status func(string)) error {
	decoder := json.NewDecoder(stream)
	for {
		var message struct {
			Status string `json:"status"`
			Error  string `json:"error"`
		}
		err := decoder.Decode(&message)
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			return err
		case message.Error != "":
			return errors.New(message.Error)
		}
		status(message.Status)
	}
}
