package protocol

import (
	"context"

	goplugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
)

// PluginName is the name under which the plugin is dispensed.
const PluginName = "airdock"

// Names of the environment variables between a host and the plugin process.
const (
	// EnvToken holds the secret that every call must carry, as
	// "authorization: Bearer TOKEN", or TokenInPipe. A host that uses AutoMTLS
	// needs none.
	EnvToken = "AIRDOCK_TOKEN"
	// EnvWatchFD holds the number of a file descriptor whose other end only the
	// host holds; its end of file means that the host is gone.
	EnvWatchFD = "AIRDOCK_WATCH_FD"
	// EnvLogLevel holds an hclog level name; the default is info.
	EnvLogLevel = "AIRDOCK_LOG_LEVEL"
	// EnvProfile holds a folder for a CPU and a heap profile of the plugin, in
	// the format of pprof; without it there are none.
	EnvProfile = "AIRDOCK_PPROF"
	// EnvSocketDir is go-plugin's name for the folder of the plugin's socket.
	EnvSocketDir = goplugin.EnvUnixSocketDir
)

// TokenInPipe in place of a token says that the host has written it, and a line
// end, into the pipe of EnvWatchFD. A process of the same user can read the
// environment of this one for as long as it lives.
const TokenInPipe = "-"

// MaxMessageSize bounds one message on the wire, in bytes. Both sides of gRPC
// refuse more than 4 MiB by default, and a request may hold input by value.
const MaxMessageSize = 16 << 20

// Handshake returns what both sides must agree on before the first call. The
// cookie is no secret: it only tells a plugin from a program that a person
// started by hand.
func Handshake() goplugin.HandshakeConfig {
	return goplugin.HandshakeConfig{
		ProtocolVersion:  1,
		MagicCookieKey:   "AIRDOCK_PLUGIN_COOKIE",
		MagicCookieValue: "6f1d8a5e-airdock-plugin",
	}
}

// Plugin connects the generated service to go-plugin. A plugin process sets
// Service; a host leaves it nil and dispenses an AirdockClient.
type Plugin struct {
	goplugin.NetRPCUnsupportedPlugin
	Service AirdockServer
}

var _ goplugin.GRPCPlugin = (*Plugin)(nil)

// GRPCServer implements goplugin.GRPCPlugin.
func (p *Plugin) GRPCServer(_ *goplugin.GRPCBroker, server *grpc.Server) error {
	RegisterAirdockServer(server, p.Service)
	return nil
}

// GRPCClient implements goplugin.GRPCPlugin.
func (p *Plugin) GRPCClient(_ context.Context, _ *goplugin.GRPCBroker, conn *grpc.ClientConn) (any, error) {
	return NewAirdockClient(conn), nil
}
