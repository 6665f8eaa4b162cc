package plugin

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/containerd/errdefs"

	"airdock.dev/airdock/plugin/engine"
	"airdock.dev/airdock/protocol"
)

// resultPiece is how much of a result file one event holds, in bytes.
const resultPiece = 1 << 20

var (
	errNoFile   = errors.New("no such file in the container")
	errTooLarge = errors.New("file is larger than its bound")
)

// results reads the files that were asked for out of the stopped container
// (GET /containers/ID/archive).
func (r *runner) results(ctx context.Context, made *created) error {
	for _, spec := range r.spec.GetResults() {
		send := func(found bool, piece []byte) error {
			return r.out(&protocol.Event{Event: &protocol.Event_ResultFile{
				ResultFile: &protocol.ResultFile{Path: spec.GetPath(), Found: found, Data: piece},
			}})
		}
		callCtx, cancel := r.within(ctx)
		err := r.readFile(callCtx, made.id, spec.GetPath(), spec.GetMaxBytes(), func(piece []byte) error { return send(true, piece) })
		cancel()
		switch {
		case errors.Is(err, errNoFile):
			err = send(false, nil)
		case errors.Is(err, errTooLarge):
			err = protocol.Errorf(protocol.ErrorKind_RESULT_TOO_LARGE,
				"the result file %s of container %s: %w; raise its bound, or fetch it as an output", spec.GetPath(), made.name, err)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// readFile hands a regular file of a container to each, piece by piece and at
// least once.
func (r *runner) readFile(ctx context.Context, id, name string, limit int64, each func([]byte) error) error {
	body, stat, err := r.api.CopyFromContainer(ctx, id, name)
	if errdefs.IsNotFound(err) {
		return errNoFile
	}
	if err != nil {
		return engine.Failure(err, r.host, "read "+name)
	}
	defer body.Close()
	if !stat.Mode.IsRegular() {
		return invalid("%s in the container is no regular file, and a result is read of nothing else; fetch it as an output", name)
	}
	reader := tar.NewReader(body)
	header, err := reader.Next()
	if err != nil {
		return engine.Failure(err, r.host, "read "+name)
	}
	if header.Size > limit {
		return fmt.Errorf("%w: %d bytes, and %d are allowed", errTooLarge, header.Size, limit)
	}
	piece := make([]byte, min(resultPiece, header.Size))
	for remaining, first := header.Size, true; remaining > 0 || first; first = false {
		n := min(int64(len(piece)), remaining)
		if _, err := io.ReadFull(reader, piece[:n]); err != nil {
			return engine.Failure(err, r.host, "read "+name)
		}
		if err := each(piece[:n]); err != nil {
			return err
		}
		remaining -= n
	}
	return nil
}
