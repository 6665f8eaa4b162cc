// Package plugin is the plugin process: it serves the calls of package protocol
// on Docker Engines. Besides protocol it imports only its own sub-packages.
package plugin

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"airdock.dev/airdock/protocol"
)

// answerTimeout bounds how long the last answers may take to leave.
const answerTimeout = 500 * time.Millisecond

const notByHand = `airdock-plugin %s is the worker process of Airdock. A host starts it and speaks
gRPC with it; it does nothing when it is started by hand.

  At a shell, use the host command:   airdock run --rm bash ls -al /
  In a DAG, use the operator:         from airdock.operators.docker import DockerOperator
  In a program, see docs/hosting.md.
`

// Serve runs the plugin until its host ends it, goes away, or a signal comes.
// It returns the exit code of the process.
func Serve() int {
	handshake := protocol.Handshake()
	if os.Getenv(handshake.MagicCookieKey) != handshake.MagicCookieValue {
		fmt.Fprintf(os.Stderr, notByHand, protocol.Version)
		return 1
	}
	// A write to the standard error of a host that is gone must not end the
	// process before it has cleaned up.
	signal.Ignore(syscall.SIGPIPE)
	log := hclog.New(&hclog.LoggerOptions{
		Name:       "airdock-plugin",
		Level:      hclog.LevelFromString(os.Getenv(protocol.EnvLogLevel)),
		Output:     os.Stderr,
		JSONFormat: true,
	})
	watch, err := newHostWatch()
	if err != nil {
		log.Error(err.Error())
		return 1
	}
	options, err := accessOptions(watch)
	if err != nil {
		log.Error(err.Error())
		return 1
	}
	stopProfile, err := startProfile(os.Getenv(protocol.EnvProfile), log)
	if err != nil {
		log.Error(err.Error())
		return 1
	}
	defer stopProfile()
	if err := ensureSocketDir(); err != nil {
		log.Error(err.Error())
		return 1
	}
	serve(log, options, watch)
	return 0
}

func serve(log hclog.Logger, options []grpc.ServerOption, watch *hostWatch) {
	life, lose := context.WithCancelCause(context.Background())
	s := &server{life: life, log: log}
	// Before the handshake: from then on a signal may come at any moment.
	lost := watch.lost()
	ended, listening := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		goplugin.Serve(&goplugin.ServeConfig{
			HandshakeConfig: protocol.Handshake(),
			Plugins:         goplugin.PluginSet{protocol.PluginName: &protocol.Plugin{Service: s}},
			Logger:          log,
			GRPCServer: func(opts []grpc.ServerOption) *grpc.Server {
				wire := grpc.NewServer(append(append(opts, options...), narrated())...)
				s.wire.Store(wire)
				close(listening)
				return wire
			},
		})
	}()
	var end ending
	select {
	case <-ended:
	case end = <-lost:
		log.Debug("settling the runs and ending", "reason", end.reason)
	}
	lose(errHostLost)
	ctx, cancel := context.WithTimeout(context.Background(), settleTimeout)
	defer cancel()
	s.runs.settled(ctx)
	if wire := s.wire.Load(); wire != nil && end.hostWaits {
		stop := time.AfterFunc(answerTimeout, wire.Stop)
		wire.GracefulStop()
		stop.Stop()
	}
	// A host that went away at once leaves go-plugin in the middle of making the
	// socket.
	select {
	case <-listening:
	case <-ended:
	case <-ctx.Done():
	}
	removeSocketDir()
}

// accessOptions sets how callers prove who they are. A plugin that anyone could
// call does not start.
func accessOptions(watch *hostWatch) ([]grpc.ServerOption, error) {
	options := []grpc.ServerOption{
		grpc.MaxRecvMsgSize(protocol.MaxMessageSize),
		grpc.MaxSendMsgSize(protocol.MaxMessageSize),
		grpc.ForceServerCodecV2(newCodec()),
	}
	token, err := watch.token()
	switch {
	case err != nil:
		return nil, err
	case token != "":
		return append(options, tokenGuard{token}.options()...), nil
	case os.Getenv("PLUGIN_CLIENT_CERT") != "":
		// go-plugin's AutoMTLS: only the host's own certificate is let in.
		return options, nil
	default:
		return nil, fmt.Errorf("the host gave neither a token in %s nor a certificate (AutoMTLS), so that anyone could call this plugin", protocol.EnvToken)
	}
}

// ensureSocketDir gives the socket a folder that only this user may enter: the
// host's, or one of our own.
func ensureSocketDir() error {
	dir := os.Getenv(protocol.EnvSocketDir)
	if dir == "" {
		made, err := os.MkdirTemp("", "airdock-")
		if err != nil {
			return fmt.Errorf("make a folder for the socket: %w", err)
		}
		return os.Setenv(protocol.EnvSocketDir, made)
	}
	stat, err := os.Stat(dir)
	if err != nil {
		return fmt.Errorf("folder of the socket: %w", err)
	}
	if stat.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("folder of the socket %s may be entered by others (mode %o); make it 0700", dir, stat.Mode().Perm())
	}
	return nil
}

// removeSocketDir removes what this process put into the folder and then the
// folder, if nothing else is in it.
func removeSocketDir() {
	dir := os.Getenv(protocol.EnvSocketDir)
	entries, _ := os.ReadDir(dir)
	for _, entry := range entries {
		if entry.Type()&os.ModeSocket != 0 {
			_ = os.Remove(filepath.Join(dir, entry.Name()))
		}
	}
	_ = os.Remove(dir)
}
