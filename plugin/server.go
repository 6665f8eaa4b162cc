package plugin

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"airdock.dev/airdock/plugin/engine"
	"airdock.dev/airdock/plugin/spelling"
	"airdock.dev/airdock/protocol"
)

// server answers the calls of airdock.proto: it checks the request, finds the
// engine, and hands over to the verb.
type server struct {
	protocol.UnimplementedAirdockServer
	pool  engine.Pool
	runs  runs
	pulls pulls
	ooms  oomWatches
	// life ends when the host is lost; its cause is errHostLost.
	life context.Context
	wire atomic.Pointer[grpc.Server]
	log  hclog.Logger
}

var _ protocol.AirdockServer = (*server)(nil)

// Info implements protocol.AirdockServer.
func (s *server) Info(request *protocol.InfoRequest, stream grpc.ServerStreamingServer[protocol.Event]) error {
	ctx := stream.Context()
	eng, err := s.find(ctx, request.GetEngine())
	if err != nil {
		return answer(err)
	}
	callCtx, cancel := eng.Within(ctx)
	defer cancel()
	described, err := info(callCtx, eng, eng.Host, eng.Ping)
	if err != nil {
		return answer(engine.Failure(err, eng.Host, "describe engine"))
	}
	return stream.Send(&protocol.Event{Event: &protocol.Event_EngineInfo{EngineInfo: described}})
}

// Run implements protocol.AirdockServer.
func (s *server) Run(request *protocol.RunRequest, stream grpc.ServerStreamingServer[protocol.Event]) error {
	request, err := spelling.Run(request)
	if err != nil {
		return answer(err)
	}
	if err := checkRun(request); err != nil {
		return answer(err)
	}
	c := &control{grace: defaultGrace, done: make(chan struct{})}
	if request.GetStopGrace() != nil {
		c.grace = request.GetStopGrace().AsDuration()
	}
	if err := s.runs.begin(request.GetKey(), c); err != nil {
		return answer(err)
	}
	defer s.runs.end(request.GetKey(), c)

	ctx, cancel := context.WithCancelCause(stream.Context())
	defer cancel(nil)
	defer context.AfterFunc(s.life, func() { cancel(errHostLost) })()
	c.bind(func() { cancel(errStopped) })

	eng, err := s.find(ctx, request.GetEngine())
	if err != nil {
		return answer(orCause(ctx, err))
	}
	r := &runner{
		api:     eng,
		host:    eng.Host,
		timeout: eng.Timeout,
		spec:    request,
		control: c,
		pulls:   &s.pulls,
		ooms:    s.ooms.of(eng.Client),
		out:     stream.Send,
		log:     s.log.With("key", request.GetKey()),
	}
	if err := checkVersion(request.GetContainer(), eng.ClientVersion()); err != nil {
		return answer(err)
	}
	exit, err := r.run(ctx)
	if err != nil {
		return answer(orCause(ctx, err))
	}
	return stream.Send(&protocol.Event{Event: &protocol.Event_Exit{Exit: exit}})
}

// Stop implements protocol.AirdockServer. Once begun it is carried through,
// whether or not the caller still waits.
func (s *server) Stop(ctx context.Context, request *protocol.StopRequest) (*protocol.StopResponse, error) {
	if !validKey(request.GetKey()) {
		return nil, answer(invalidKey(request.GetKey()))
	}
	var grace *time.Duration
	if request.GetGrace() != nil {
		given := request.GetGrace().AsDuration()
		if given < 0 {
			// The engine would wait for ever.
			return nil, answer(invalid("grace is negative"))
		}
		grace = &given
	}
	if c := s.runs.find(request.GetKey()); c != nil {
		c.order(grace, request.Remove)
		select {
		case <-c.done:
			return &protocol.StopResponse{Containers: c.containers()}, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	if grace == nil {
		grace = new(time.Duration)
		*grace = defaultGrace
	}
	s.runs.busy.Add(1)
	defer s.runs.busy.Done()
	ctx = context.WithoutCancel(ctx)
	eng, err := s.find(ctx, request.GetEngine())
	if err != nil {
		return nil, answer(err)
	}
	ctx, cancel := context.WithTimeout(ctx, eng.Timeout+*grace)
	defer cancel()
	response, err := stopByKey(ctx, eng, request.GetKey(), *grace, request.Remove == nil || request.GetRemove())
	return response, answer(engine.Failure(err, eng.Host, "stop container"))
}

func checkRun(request *protocol.RunRequest) error {
	switch {
	case !validKey(request.GetKey()):
		return invalidKey(request.GetKey())
	case request.GetContainer() == nil:
		return invalid("the request has no container")
	case request.GetStopGrace() != nil && request.GetStopGrace().AsDuration() < 0:
		return invalid("stop_grace is negative")
	case request.GetRunTimeout() != nil && request.GetRunTimeout().AsDuration() <= 0:
		return invalid("run_timeout is not positive")
	case request.GetPullInactivityTimeout() != nil && request.GetPullInactivityTimeout().AsDuration() <= 0:
		return invalid("pull_inactivity_timeout is not positive")
	}
	return checkContainer(request)
}

func invalidKey(key string) error {
	return invalid("%q is no key: 1 to 128 characters of A-Z a-z 0-9 _ . - that begin with a letter or digit", key)
}

// orCause prefers the reason for which a run was cancelled over the shape in
// which the cancelled call reports it.
func orCause(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// answer makes an error what gRPC sends: a failure with its detail.
func answer(err error) error {
	var failure *protocol.Failure
	switch {
	case err == nil:
		return nil
	case errors.As(err, &failure):
		return failure
	case errors.Is(err, errStopped):
		return protocol.Errorf(protocol.ErrorKind_STOPPED, "the run was stopped before its container had started")
	case errors.Is(err, errHostLost):
		return status.Error(codes.Canceled, "the plugin was told to end, and has settled the run")
	case errors.Is(err, context.Canceled):
		return status.Error(codes.Canceled, err.Error())
	}
	if _, isStatus := status.FromError(err); isStatus {
		return err
	}
	return protocol.Errorf(protocol.ErrorKind_INTERNAL, "%w", err)
}
