package engine

import (
	"bytes"
	"context"

	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/client"
)

// InspectImage is GET /images/NAME/json, with the answer as it came as well.
func (e *Engine) InspectImage(ctx context.Context, name string) (image.InspectResponse, []byte, error) {
	var raw bytes.Buffer
	inspected, err := e.ImageInspect(ctx, name, client.ImageInspectWithRawResponse(&raw))
	return inspected, raw.Bytes(), err
}
