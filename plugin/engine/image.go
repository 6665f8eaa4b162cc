package engine

import (
	"bytes"
	"context"
	"io"

	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/client"
	"github.com/docker/docker/pkg/jsonmessage"
)

// InspectImage is GET /images/NAME/json, with the answer as it came as well.
func (e *Engine) InspectImage(ctx context.Context, name string) (image.InspectResponse, []byte, error) {
	var raw bytes.Buffer
	inspected, err := e.ImageInspect(ctx, name, client.ImageInspectWithRawResponse(&raw))
	return inspected, raw.Bytes(), err
}

// LoadImage is POST /images/load. What goes wrong comes within the answer.
func (e *Engine) LoadImage(ctx context.Context, archive io.Reader) error {
	loaded, err := e.ImageLoad(ctx, archive)
	if err != nil {
		return err
	}
	defer loaded.Body.Close()
	return jsonmessage.DisplayJSONMessagesStream(loaded.Body, io.Discard, 0, false, nil)
}
