package plugin

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/image"

	"airdock.dev/airdock/protocol"
)

// fakeImages is an engine's image store.
type fakeImages struct {
	raw    string
	err    error
	tagged []string
	pushed func(ctx context.Context, options image.PushOptions) (io.ReadCloser, error)
}

func (f *fakeImages) InspectImage(context.Context, string) (image.InspectResponse, []byte, error) {
	return image.InspectResponse{ID: "sha256:ab", RepoTags: f.tagged, Created: "2026-01-02T03:04:05.5Z", Os: "linux"}, []byte(f.raw), f.err
}

func (f *fakeImages) ImageTag(_ context.Context, _, target string) error {
	f.tagged = append(f.tagged, target)
	return f.err
}

func (f *fakeImages) ImageRemove(_ context.Context, _ string, options image.RemoveOptions) ([]image.DeleteResponse, error) {
	if !options.PruneChildren {
		return nil, errors.New("parents are kept")
	}
	return []image.DeleteResponse{{Untagged: "a:latest"}, {Deleted: "sha256:ab"}}, f.err
}

func (f *fakeImages) ImagePush(ctx context.Context, _ string, options image.PushOptions) (io.ReadCloser, error) {
	return f.pushed(ctx, options)
}

func kindIn(err error) protocol.ErrorKind {
	var failure *protocol.Failure
	if errors.As(err, &failure) {
		return failure.Kind
	}
	return 0
}

func TestImagesAreDescribedTaggedAndRemoved(t *testing.T) {
	t.Parallel()
	api := &fakeImages{raw: `{"Id": "sha256:ab", "Younger": {"than": "we"}}`}
	info, err := tagImage(t.Context(), api, "host", &protocol.TagRequest{Image: "a", Tags: []string{"b", "registry:5000/c:1"}})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"b:latest", "registry:5000/c:1"}; !slices.Equal(api.tagged, want) || !slices.Equal(info.GetTags(), want) {
		t.Errorf("tags %v, told %v", api.tagged, info.GetTags())
	}
	if info.GetCreated().AsTime() != time.Date(2026, 1, 2, 3, 4, 5, 5e8, time.UTC) {
		t.Errorf("created %s", info.GetCreated().AsTime())
	}
	if young := info.GetInspect().GetFields()["Younger"].GetStructValue(); young.GetFields()["than"].GetStringValue() != "we" {
		t.Errorf("what the library does not know is lost: %v", info.GetInspect())
	}
	removed, err := removeImage(t.Context(), api, "host", &protocol.ImageRemoveRequest{Image: "a"})
	if err != nil || !slices.Equal(removed.GetUntagged(), []string{"a:latest"}) || !slices.Equal(removed.GetDeleted(), []string{"sha256:ab"}) {
		t.Errorf("removed %v, %v", removed, err)
	}
}

func TestImagesThatAreNotThere(t *testing.T) {
	t.Parallel()
	gone := &fakeImages{err: errdefs.ErrNotFound}
	if _, err := inspectImage(t.Context(), gone, "host", "a"); kindIn(err) != protocol.ErrorKind_IMAGE_NOT_FOUND {
		t.Errorf("inspect: %v", err)
	}
	if _, err := tagImage(t.Context(), gone, "host", &protocol.TagRequest{Image: "a", Tags: []string{"b"}}); kindIn(err) != protocol.ErrorKind_IMAGE_NOT_FOUND {
		t.Errorf("tag: %v", err)
	}
	if _, err := removeImage(t.Context(), gone, "host", &protocol.ImageRemoveRequest{Image: "a"}); err != nil {
		t.Errorf("an image that is gone is removed, and not %v", err)
	}
	used := &fakeImages{err: errdefs.ErrConflict}
	if _, err := removeImage(t.Context(), used, "host", &protocol.ImageRemoveRequest{Image: "a"}); kindIn(err) != protocol.ErrorKind_IMAGE_IN_USE {
		t.Errorf("remove an image in use: %v", err)
	}
	for _, tag := range []string{"", "No Name", "a@sha256:" + strings.Repeat("0", 64)} {
		if _, err := taggedImage(tag); kindIn(err) != protocol.ErrorKind_INVALID_REQUEST {
			t.Errorf("tag %q: %v", tag, err)
		}
	}
}

func TestPush(t *testing.T) {
	t.Parallel()
	const digest = "sha256:0123"
	api := &fakeImages{pushed: func(_ context.Context, options image.PushOptions) (io.ReadCloser, error) {
		if options.RegistryAuth == "" {
			t.Error("no header: an engine without one complains of the header")
		}
		return io.NopCloser(strings.NewReader(`{"status":"The push refers to repository [r:1/a]"}
{"status":"Preparing","progressDetail":{},"id":"l1"}
{"status":"Layer already exists","progressDetail":{},"id":"l1"}
{"status":"Pushing","progressDetail":{"current":5,"total":10},"id":"l2"}
{"status":"Pushed","progressDetail":{},"id":"l2"}
{"status":"1: digest: ` + digest + ` size: 7"}
{"progressDetail":{},"aux":{"Tag":"1","Digest":"` + digest + `","Size":7}}`)), nil
	}}
	var last *protocol.PushProgress
	result, err := push(t.Context(), api, pushOrder{host: "host", ref: "r:1/a:1", inactivity: time.Minute}, func(event *protocol.Event) error {
		last = event.GetPushProgress()
		return nil
	})
	if err != nil || result.GetDigest() != digest || result.GetSize() != 7 {
		t.Fatalf("%v, %v", result, err)
	}
	if last.GetLayers() != 2 || last.GetLayersDone() != 2 || last.GetBytes() != 10 || !last.GetDone() {
		t.Errorf("progress at the end: %v", last)
	}
}

func TestPushFailures(t *testing.T) {
	t.Parallel()
	for said, kind := range map[string]protocol.ErrorKind{
		"denied: requested access to the resource is denied":            protocol.ErrorKind_PUSH_DENIED,
		"unauthorized: authentication required":                         protocol.ErrorKind_PUSH_DENIED,
		"no basic auth credentials":                                     protocol.ErrorKind_PUSH_DENIED,
		"dial tcp 127.0.0.1:9: connect: connection refused":             protocol.ErrorKind_REGISTRY_UNREACHABLE,
		"An image does not exist locally with the tag: registry:5000/x": protocol.ErrorKind_IMAGE_NOT_FOUND,
		"blob upload invalid":                                           protocol.ErrorKind_PUSH_FAILED,
	} {
		api := &fakeImages{pushed: func(context.Context, image.PushOptions) (io.ReadCloser, error) {
			return io.NopCloser(strings.NewReader(`{"errorDetail":{"message":"` + said + `"},"error":"` + said + `"}`)), nil
		}}
		order := pushOrder{host: "host", ref: "registry:5000/x", inactivity: time.Minute}
		if _, err := push(t.Context(), api, order, func(*protocol.Event) error { return nil }); kindIn(err) != kind {
			t.Errorf("%q is %v, want %s", said, err, kind)
		}
	}
}

func TestPushThatStandsStill(t *testing.T) {
	t.Parallel()
	api := &fakeImages{pushed: func(ctx context.Context, _ image.PushOptions) (io.ReadCloser, error) {
		reader, writer := io.Pipe()
		context.AfterFunc(ctx, func() { _ = writer.CloseWithError(ctx.Err()) })
		return reader, nil
	}}
	order := pushOrder{host: "host", ref: "registry:5000/x", inactivity: 20 * time.Millisecond}
	if _, err := push(t.Context(), api, order, func(*protocol.Event) error { return nil }); kindIn(err) != protocol.ErrorKind_PUSH_FAILED ||
		!strings.Contains(err.Error(), "no progress") {
		t.Errorf("%v", err)
	}
}
