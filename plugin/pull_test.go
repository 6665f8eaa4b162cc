package plugin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/containerd/errdefs"

	"airdock.dev/airdock/protocol"
)

func order(inactivity time.Duration) pullOrder {
	return pullOrder{host: "tcp://docker:2376", ref: "bash:latest", inactivity: inactivity}
}

// TestPullFailures: an engine reports most failures inside an answer that began
// with 200, and has nothing but a sentence for them.
func TestPullFailures(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		says string
		kind protocol.ErrorKind
	}{
		"no such tag":      {"manifest for bash:nope not found: manifest unknown: manifest unknown", protocol.ErrorKind_IMAGE_NOT_FOUND},
		"no such image":    {"pull access denied for nope, repository does not exist or may require 'docker login': denied: requested access to the resource is denied", protocol.ErrorKind_IMAGE_NOT_FOUND},
		"wrong platform":   {"no matching manifest for linux/s390x in the manifest list entries", protocol.ErrorKind_IMAGE_NOT_FOUND},
		"no login":         {"Head \"http://r/v2/x/manifests/1\": no basic auth credentials", protocol.ErrorKind_PULL_DENIED},
		"wrong login":      {"unauthorized: incorrect username or password", protocol.ErrorKind_PULL_DENIED},
		"not allowed":      {"denied: permission denied on resource", protocol.ErrorKind_PULL_DENIED},
		"registry unknown": {"Get \"http://r/v2/\": dial tcp: lookup registry.invalid: no such host", protocol.ErrorKind_REGISTRY_UNREACHABLE},
		"registry down":    {"Get \"http://127.0.0.1:9/v2/\": dial tcp 127.0.0.1:9: connect: connection refused", protocol.ErrorKind_REGISTRY_UNREACHABLE},
		"registry slow":    {"net/http: TLS handshake timeout", protocol.ErrorKind_REGISTRY_UNREACHABLE},
		"registry ill":     {"received unexpected HTTP status: 503 Service Unavailable", protocol.ErrorKind_REGISTRY_UNREACHABLE},
		"rate limit":       {"toomanyrequests: You have reached your pull rate limit", protocol.ErrorKind_REGISTRY_UNREACHABLE},
		"disk full":        {"failed to register layer: write /x: no space left on device", protocol.ErrorKind_PULL_FAILED},
	} {
		inStream := func(context.Context, string) (io.ReadCloser, error) {
			return pullStream(`{"status":"Pulling from library/bash","id":"latest"}`,
				fmt.Sprintf(`{"errorDetail":{"message":%q},"error":%q}`, c.says, c.says)), nil
		}
		asStatus := func(context.Context, string) (io.ReadCloser, error) {
			return nil, errdefs.ErrInternal.WithMessage(c.says)
		}
		for where, answer := range map[string]func(context.Context, string) (io.ReadCloser, error){
			"in the stream": inStream, "as a status": asStatus,
		} {
			err := pullOnce(t.Context(), &fakeAPI{pull: answer}, order(time.Hour), func(*protocol.PullProgress) {})
			if failure := protocol.FromError(err); failure == nil || failure.Kind != c.kind {
				t.Errorf("%s, %s: got %v, want %s", name, where, err, c.kind)
				continue
			}
			if !strings.Contains(err.Error(), "bash:latest") {
				t.Errorf("%s, %s: %q does not name the image", name, where, err)
			}
		}
	}
}

// TestPullCutOff: a stream that ends inside is no success.
func TestPullCutOff(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]io.ReadCloser{
		"inside a message":   io.NopCloser(strings.NewReader(`{"status":"Downloading","id":"a`)),
		"connection reset":   io.NopCloser(io.MultiReader(strings.NewReader(`{"status":"Downloading","id":"a"}`), broken{})),
		"not JSON":           io.NopCloser(strings.NewReader(`<html>`)),
		"number for a state": io.NopCloser(strings.NewReader(`{"status":7}`)),
	} {
		api := &fakeAPI{pull: func(context.Context, string) (io.ReadCloser, error) { return body, nil }}
		if err := pullOnce(t.Context(), api, order(time.Hour), func(*protocol.PullProgress) {}); protocol.FromError(err) == nil {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// TestPullProgress sums the layers.
func TestPullProgress(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		reader, writer := io.Pipe()
		api := &fakeAPI{pull: func(context.Context, string) (io.ReadCloser, error) { return reader, nil }}
		go func() {
			defer writer.Close()
			for _, message := range []string{
				`{"status":"Pulling from library/bash","id":"latest"}`,
				`{"status":"Pulling fs layer","id":"a"}`,
				`{"status":"Pulling fs layer","id":"b"}`,
				`{"status":"Already exists","id":"c"}`,
				`{"status":"Downloading","progressDetail":{"current":50,"total":100},"id":"a"}`,
				`{"status":"Downloading","progressDetail":{"current":10,"total":30},"id":"b"}`,
				`{"status":"Download complete","id":"a"}`,
				`{"status":"Extracting","progressDetail":{"current":1,"total":100},"id":"a"}`,
				`{"status":"Pull complete","id":"a"}`,
				`{"status":"Pull complete","id":"b"}`,
				`{"status":"Digest: sha256:abc"}`,
				`{"status":"Status: Downloaded newer image for bash:latest"}`,
			} {
				pause(t.Context(), time.Second)
				_, _ = io.WriteString(writer, message)
			}
		}()
		var got []string
		err := pullOnce(t.Context(), api, order(time.Minute), func(p *protocol.PullProgress) {
			got = append(got, fmt.Sprintf("%d/%d layers %d/%d bytes done=%v", p.GetLayersDone(), p.GetLayers(), p.GetBytes(), p.GetBytesTotal(), p.GetDone()))
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{
			"0/1 layers 0/0 bytes done=false", "0/2 layers 0/0 bytes done=false", "1/3 layers 50/100 bytes done=false",
			"1/3 layers 60/130 bytes done=false", "1/3 layers 110/130 bytes done=false", "3/3 layers 130/130 bytes done=false",
		} {
			if !strings.Contains(strings.Join(got, "\n"), want) {
				t.Errorf("%q is missing in\n%s", want, strings.Join(got, "\n"))
			}
		}
		if last := got[len(got)-1]; last != "3/3 layers 130/130 bytes done=true" {
			t.Errorf("the last one is %q", last)
		}
	})
}

// TestPullReportsAreFew: ten a second, and one at the end.
func TestPullReportsAreFew(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		reader, writer := io.Pipe()
		go func() {
			defer writer.Close()
			for n := range 10_000 {
				pause(t.Context(), time.Millisecond)
				fmt.Fprintf(writer, `{"status":"Downloading","progressDetail":{"current":%d,"total":10000},"id":"a"}`, n)
			}
		}()
		api := &fakeAPI{pull: func(context.Context, string) (io.ReadCloser, error) { return reader, nil }}
		reports := 0
		if err := pullOnce(t.Context(), api, order(time.Minute), func(*protocol.PullProgress) { reports++ }); err != nil {
			t.Fatal(err)
		}
		if reports > 102 || reports < 90 {
			t.Errorf("%d reports in ten seconds", reports)
		}
	})
}

// TestPullStalled: what counts is the time without progress, not the whole.
func TestPullStalled(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		began := time.Now()
		api := &fakeAPI{pull: func(ctx context.Context, _ string) (io.ReadCloser, error) {
			reader, writer := io.Pipe()
			context.AfterFunc(ctx, func() { _ = writer.CloseWithError(ctx.Err()) })
			go func() {
				for n := range 20 {
					pause(ctx, 50*time.Second)
					fmt.Fprintf(writer, `{"status":"Downloading","progressDetail":{"current":%d,"total":100},"id":"a"}`, n)
				}
			}()
			return reader, nil
		}}
		err := pullOnce(t.Context(), api, order(time.Minute), func(*protocol.PullProgress) {})
		wantKind(t, err, protocol.ErrorKind_PULL_STALLED, "bash:latest", "1m0s")
		if took := time.Since(began); took != 20*50*time.Second+time.Minute {
			t.Errorf("ended after %s", took)
		}
	})
}

// TestPullsAreShared: the same image with the same login is pulled once for
// all who wait for it; another login gets a pull of its own.
func TestPullsAreShared(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		var p pulls
		api := &fakeAPI{pull: func(ctx context.Context, _ string) (io.ReadCloser, error) {
			pause(ctx, time.Minute)
			return pullStream(`{"status":"Status: Downloaded"}`), ctx.Err()
		}}
		first, giveUp := context.WithCancelCause(t.Context())
		var group sync.WaitGroup
		group.Go(func() {
			if err := p.do(first, api, order(time.Hour), (&received{}).take); !errors.Is(err, errStopped) {
				t.Errorf("the run that gave up got %v", err)
			}
		})
		for range 5 {
			group.Go(func() {
				pause(t.Context(), time.Second)
				host := &received{}
				if err := p.do(t.Context(), api, order(time.Hour), host.take); err != nil {
					t.Error(err)
				}
				if host.kinds() != "PullProgress" || !host.all[0].GetPullProgress().GetDone() {
					t.Errorf("events %s", host.kinds())
				}
			})
		}
		other := order(time.Hour)
		other.auth = "another login"
		group.Go(func() {
			pause(t.Context(), 2*time.Second)
			if err := p.do(t.Context(), api, other, (&received{}).take); err != nil {
				t.Error(err)
			}
		})
		// The run that began the pull leaves; the others still get it.
		time.AfterFunc(10*time.Second, func() { giveUp(errStopped) })
		group.Wait()
		if want := "pull bash:latest, pull bash:latest"; api.seen() != want {
			t.Errorf("%s, want %s", api.seen(), want)
		}
	})
}

// TestPullsEndWithTheLastWaiter: nobody waits, nobody pulls; the next one begins
// anew.
func TestPullsEndWithTheLastWaiter(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		var p pulls
		cancelled := 0
		api := &fakeAPI{pull: func(ctx context.Context, _ string) (io.ReadCloser, error) {
			if !pause(ctx, time.Hour) {
				cancelled++
			}
			return pullStream(`{"status":"Status: Downloaded"}`), ctx.Err()
		}}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := p.do(ctx, api, order(24*time.Hour), (&received{}).take); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if err := p.do(t.Context(), api, order(24*time.Hour), (&received{}).take); err != nil {
			t.Error(err)
		}
		if cancelled != 1 || len(p.active) != 0 {
			t.Errorf("%d pulls were cancelled, %d are kept", cancelled, len(p.active))
		}
	})
}
