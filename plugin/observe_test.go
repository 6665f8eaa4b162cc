package plugin

import (
	"context"
	"fmt"
	"io"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/docker/docker/api/types/events"
)

// killed is an engine's report of a memory kill.
func killed(id string, at int64) events.Message {
	return events.Message{Type: events.ContainerEventType, Action: events.ActionOOM, Actor: events.Actor{ID: id}, TimeNano: at}
}

// TestOOMWatchIsShared: one stream for all runs on an engine, each run told of its
// own container's kills, and no stream without a run.
func TestOOMWatchIsShared(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		var mu sync.Mutex
		open, begun := 0, 0
		api := &fakeAPI{events: func(ctx context.Context, _ events.ListOptions) []events.Message {
			mu.Lock()
			defer mu.Unlock()
			open, begun = open+1, begun+1
			context.AfterFunc(ctx, func() {
				mu.Lock()
				defer mu.Unlock()
				open--
			})
			return []events.Message{killed("a", 1), killed("b", 2), killed("b", 2), killed("b", 3), killed("another", 4)}
		}}
		streams := func() string {
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			return fmt.Sprintf("%d of %d", open, begun)
		}
		watch := &oomWatch{api: api}
		found := map[string]*observed{"a": {}, "b": {}, "c": {}}
		var leave []func()
		for id, into := range found {
			leave = append(leave, watch.watch(id, into))
		}
		if got := streams(); got != "1 of 1" {
			t.Errorf("%s streams", got)
		}
		for id, want := range map[string]int32{"a": 1, "b": 2, "c": 0} {
			if _, _, kills := found[id].figures(); kills != want {
				t.Errorf("%s: %d kills, want %d", id, kills, want)
			}
		}
		leave[0]()
		leave[1]()
		if got := streams(); got != "1 of 1" {
			t.Errorf("%s streams with a run left", got)
		}
		leave[2]()
		if got := streams(); got != "0 of 1" {
			t.Errorf("%s streams without a run", got)
		}
		watch.watch("a", &observed{})()
		if got := streams(); got != "0 of 2" {
			t.Errorf("%s streams after a second time", got)
		}
	})
}

// brokenEvents is an engine whose streams break after one kill each.
type brokenEvents struct{ streams int64 }

func (b *brokenEvents) Events(ctx context.Context, _ events.ListOptions) (<-chan events.Message, <-chan error) {
	b.streams++
	at := b.streams
	messages, failures := make(chan events.Message), make(chan error, 1)
	go func() {
		select {
		case messages <- killed("c0ffee", at):
		case <-ctx.Done():
		}
		failures <- io.ErrUnexpectedEOF
	}()
	return messages, failures
}

// TestOOMWatchGoesOn: a stream that breaks is made anew.
func TestOOMWatchGoesOn(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		api := &brokenEvents{}
		into := &observed{}
		leave := (&oomWatch{api: api}).watch("c0ffee", into)
		<-time.After(10 * time.Second) // streams after 0, 1, 3 and 7 s
		leave()
		if _, _, kills := into.figures(); kills != 4 {
			t.Errorf("%d kills, want one of each stream", kills)
		}
	})
}
