// Package host starts a plugin process and calls it. It imports package
// protocol and nothing else of this module, and knows nothing of any engine.
package host

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"airdock.dev/airdock/protocol"
)

const (
	startTimeout = 10 * time.Second
	// closeTimeout is more than what the plugin allows itself to settle its runs.
	closeTimeout = 11 * time.Second
)

var (
	// ErrNoFinalEvent says that the plugin ended a call without its outcome.
	ErrNoFinalEvent = errors.New("the plugin ended the call without a final event")
	// ErrPluginDied says that the plugin process ended during a call. What it
	// followed may still be there; Stop on another plugin cleans it up.
	ErrPluginDied = errors.New("the plugin process died during the call")
)

// Client is a running plugin process. Its methods may be called concurrently.
type Client struct {
	process *goplugin.Client
	calls   protocol.AirdockClient
	// alive is this process's end of the pipe by which the plugin notices that
	// its host is gone.
	alive *os.File
	// socket is the plugin's. It removes the socket and its folder itself; we do
	// it for one that was killed.
	socket string
}

// Start starts the plugin binary at path. Whoever starts it must Close it.
func Start(path string, log hclog.Logger) (*Client, error) {
	theirs, ours, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("pipe to the plugin: %w", err)
	}
	defer theirs.Close()
	token := newToken()
	if _, err := ours.WriteString(string(token) + "\n"); err != nil {
		return nil, errors.Join(fmt.Errorf("give the plugin its token: %w", err), ours.Close())
	}
	command := exec.Command(path)
	command.ExtraFiles = []*os.File{theirs}
	command.Env = append(environment(), protocol.EnvWatchFD+"=3", protocol.EnvToken+"="+protocol.TokenInPipe, protocol.EnvLogLevel+"="+log.GetLevel().String())
	// In a session of its own the plugin is out of reach of the terminal's
	// signals: the host decides what an interrupt means.
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	process := goplugin.NewClient(&goplugin.ClientConfig{
		HandshakeConfig:  protocol.Handshake(),
		Plugins:          goplugin.PluginSet{protocol.PluginName: &protocol.Plugin{}},
		Cmd:              command,
		AllowedProtocols: []goplugin.Protocol{goplugin.ProtocolGRPC},
		SkipHostEnv:      true,
		StartTimeout:     startTimeout,
		Logger:           log,
		GRPCDialOptions: []grpc.DialOption{
			grpc.WithPerRPCCredentials(token),
			grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(protocol.MaxMessageSize), grpc.MaxCallSendMsgSize(protocol.MaxMessageSize)),
		},
	})
	client := &Client{process: process, alive: ours}
	if err := client.dispense(); err != nil {
		if command.Process == nil {
			// There is nothing that could end by itself.
			_ = ours.Close()
		} else {
			client.Close()
		}
		return nil, fmt.Errorf("start plugin %s: %w", path, err)
	}
	return client, nil
}

func (c *Client) dispense() error {
	wire, err := c.process.Client()
	if err != nil {
		return err
	}
	raw, err := wire.Dispense(protocol.PluginName)
	if err != nil {
		return err
	}
	calls, ok := raw.(protocol.AirdockClient)
	if !ok {
		return fmt.Errorf("dispensed a %T", raw)
	}
	c.calls = calls
	if found := c.process.ReattachConfig(); found != nil {
		c.socket = found.Addr.String()
	}
	return nil
}

// Close ends the plugin. Runs that are still under way are settled first, by
// their policy for a lost host.
func (c *Client) Close() {
	_ = c.alive.Close()
	deadline := time.NewTimer(closeTimeout)
	defer deadline.Stop()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for late := false; !late && !c.process.Exited(); {
		select {
		case <-tick.C:
		case <-deadline.C:
			late = true
		}
	}
	c.process.Kill()
	if c.socket != "" {
		_ = os.Remove(c.socket)
		_ = os.Remove(filepath.Dir(c.socket))
	}
}

// Info describes the engine.
func (c *Client) Info(ctx context.Context, request *protocol.InfoRequest) (*protocol.EngineInfo, error) {
	stream, err := c.calls.Info(ctx, request)
	if err != nil {
		return nil, failure(err)
	}
	final, err := consume(stream, nil)
	return outcome(final.GetEngineInfo(), err)
}

// Run runs a container. Every event but the final one is handed to each; an
// error of each ends the call, as if the host had gone away.
func (c *Client) Run(ctx context.Context, request *protocol.RunRequest, each func(*protocol.Event) error) (*protocol.Exit, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := c.calls.Run(ctx, request)
	if err != nil {
		return nil, failure(err)
	}
	final, err := consume(stream, each)
	return outcome(final.GetExit(), err)
}

// Stop stops the run with the request's key and returns when that is done.
func (c *Client) Stop(ctx context.Context, request *protocol.StopRequest) (*protocol.StopResponse, error) {
	response, err := c.calls.Stop(ctx, request)
	return response, failure(err)
}

// consume reads a call to its end and returns its final event.
func consume(stream grpc.ServerStreamingClient[protocol.Event], each func(*protocol.Event) error) (*protocol.Event, error) {
	var final *protocol.Event
	for {
		event, err := stream.Recv()
		switch {
		case errors.Is(err, io.EOF) && final == nil:
			return nil, ErrNoFinalEvent
		case errors.Is(err, io.EOF):
			return final, nil
		case err != nil:
			return nil, failure(err)
		}
		switch event.GetEvent().(type) {
		case *protocol.Event_Exit, *protocol.Event_EngineInfo, *protocol.Event_BuildResult,
			*protocol.Event_ImageInfo, *protocol.Event_PushResult, *protocol.Event_ImageRemoved,
			*protocol.Event_VolumeInfo, *protocol.Event_VolumeList, *protocol.Event_VolumesRemoved,
			*protocol.Event_VolumeFilled, *protocol.Event_VolumeFetched:
			final = event
			continue
		}
		if each == nil {
			continue
		}
		if err := each(event); err != nil {
			return nil, err
		}
	}
}

// outcome refuses the final event of another call, without which this one would
// look like a success.
func outcome[T any](final *T, err error) (*T, error) {
	if err == nil && final == nil {
		return nil, ErrNoFinalEvent
	}
	return final, err
}

// failure returns what the plugin said of a failed call, or err itself when the
// plugin, or the way to it, is what failed.
func failure(err error) error {
	if err == nil {
		return nil
	}
	if f := protocol.FromError(err); f != nil {
		return f
	}
	// The plugin itself never answers UNAVAILABLE (protocol/errors.go).
	if status.Code(err) == codes.Unavailable {
		return fmt.Errorf("%w: %w", ErrPluginDied, err)
	}
	return err
}

// environment is what of this process's environment the plugin gets.
func environment() []string {
	var kept []string
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "LANG", "DOCKER_CONFIG", "SSL_CERT_FILE", "SSL_CERT_DIR", "SSH_AUTH_SOCK", protocol.EnvProfile} {
		if value, ok := os.LookupEnv(name); ok {
			kept = append(kept, name+"="+value)
		}
	}
	return kept
}
