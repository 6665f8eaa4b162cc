// Package wait polls for a state with a deadline. It imports nothing of ours.
package wait

import (
	"context"
	"time"
)

// Until calls done every interval, the first time at once, until it answers
// true or an error, or the context ends. The context's own error is returned
// when it ends first.
func Until(ctx context.Context, interval time.Duration, done func() (bool, error)) error {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		ok, err := done()
		if ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
}
