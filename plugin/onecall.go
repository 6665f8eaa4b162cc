package plugin

import (
	"context"

	"google.golang.org/grpc"

	"airdock.dev/airdock/plugin/engine"
	"airdock.dev/airdock/plugin/spelling"
	"airdock.dev/airdock/protocol"
)

// find connects to the engine that a request names, in whichever spelling.
func (s *server) find(ctx context.Context, spec *protocol.Engine) (*engine.Engine, error) {
	spec, err := spelling.Engine(spec)
	if err != nil {
		return nil, err
	}
	return s.pool.Connect(ctx, spec)
}

// connect finds the engine of a call that ends with its caller or with the host.
func (s *server) connect(ctx context.Context, spec *protocol.Engine) (context.Context, context.CancelFunc, *engine.Engine, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	unwatch := context.AfterFunc(s.life, func() { cancel(errHostLost) })
	end := func() {
		unwatch()
		cancel(nil)
	}
	eng, err := s.find(ctx, spec)
	if err != nil {
		err = orCause(ctx, err)
		end()
		return nil, nil, nil, err
	}
	return ctx, end, eng, nil
}

// oneEvent makes a call whose final event is its only one: it connects, has the
// verb do its work within the engine's API timeout, and sends what that returns.
func (s *server) oneEvent(spec *protocol.Engine, stream grpc.ServerStreamingServer[protocol.Event],
	verb func(ctx context.Context, eng *engine.Engine) (*protocol.Event, error),
) error {
	ctx, end, eng, err := s.connect(stream.Context(), spec)
	if err != nil {
		return answer(err)
	}
	defer end()
	callCtx, cancel := eng.Within(ctx)
	defer cancel()
	event, err := verb(callCtx, eng)
	if err != nil {
		return answer(orCause(ctx, err))
	}
	return stream.Send(event)
}

// keyed finds the engine of a call that Stop can end by its key. The caller calls
// end.
func (s *server) keyed(ctx context.Context, key string, spec *protocol.Engine, what string) (context.Context, func(), *engine.Engine, error) {
	if !validKey(key) {
		return nil, nil, nil, invalidKey(key)
	}
	c := &control{done: make(chan struct{})}
	if err := s.runs.begin(key, c); err != nil {
		return nil, nil, nil, err
	}
	ctx, stop := context.WithCancelCause(ctx)
	c.bind(func() { stop(protocol.Errorf(protocol.ErrorKind_STOPPED, "the %s was stopped", what)) })
	ctx, disconnect, eng, err := s.connect(ctx, spec)
	if err != nil {
		stop(nil)
		s.runs.end(key, c)
		return nil, nil, nil, err
	}
	return ctx, func() {
		disconnect()
		stop(nil)
		s.runs.end(key, c)
	}, eng, nil
}
