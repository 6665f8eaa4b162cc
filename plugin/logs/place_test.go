package logs

import (
	"context"
	"fmt"
	"io"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/docker/docker/api/types/container"
)

// TestAttachedThenALogWithoutItsBeginning: what the log still has of the last
// messages shows where to go on; what is not certain is shown again.
func TestAttachedThenALogWithoutItsBeginning(t *testing.T) {
	t.Parallel()
	var messages []message
	for n := range 40 {
		messages = append(messages, message{stdout, time.Duration(n) * time.Second, fmt.Sprintf("out %d\n", n)})
		if n%10 == 3 {
			messages = append(messages, message{stderr, time.Duration(n) * time.Second, fmt.Sprintf("err %d\n", n)})
		}
	}
	for name, c := range map[string]struct {
		dropped  int
		repeated string
	}{
		"all of it is there":     {0, ""},
		"most of it is there":    {15, ""},
		"a part of the last few": {21, "out 19\nout 20\nout 21\n"},
		"nothing that has come":  {30, ""},
	} {
		synctest.Test(t, func(t *testing.T) {
			api := &fakeAPI{logs: func(_ context.Context, _ int, options container.LogsOptions) (io.ReadCloser, error) {
				return whole(encode(false, since(t, options, messages[c.dropped:])...)), nil
			}}
			host := &received{}
			f := follower(api, host, closed())
			// Of the 24 messages that have come two are errors.
			f.Attached = &Attached{Stream: broken(written(false, 1000, messages[:24]), syscall.ECONNRESET), Kept: 0}
			if err := f.Follow(t.Context()); err != nil {
				t.Fatal(err)
			}
			want := textOf(messages[:24], stdout) + c.repeated + textOf(messages[max(24, c.dropped):], stdout)
			if got := host.of(stdout); got != want {
				t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
			}
			for _, m := range messages[max(24, c.dropped):] {
				if m.stream == stderr && !strings.Contains(host.of(stderr), m.text) {
					t.Errorf("%s: %q is lost", name, m.text)
				}
			}
		})
	}
}
