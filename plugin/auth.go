package plugin

import (
	"context"
	"crypto/subtle"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"airdock.dev/airdock/protocol"
)

// tokenGuard refuses every call without the token, go-plugin's own services
// (shutdown, standard streams, broker, health, reflection) included. The socket
// is in a folder that only its user may enter; the token keeps out that user's
// other processes.
type tokenGuard struct{ token string }

func (g tokenGuard) options() []grpc.ServerOption {
	return []grpc.ServerOption{
		grpc.ChainUnaryInterceptor(func(ctx context.Context, request any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
			if err := g.check(ctx); err != nil {
				return nil, err
			}
			return next(ctx, request)
		}),
		grpc.ChainStreamInterceptor(func(srv any, stream grpc.ServerStream, _ *grpc.StreamServerInfo, next grpc.StreamHandler) error {
			if err := g.check(stream.Context()); err != nil {
				return err
			}
			return next(srv, stream)
		}),
	}
}

func (g tokenGuard) check(ctx context.Context) error {
	for _, value := range metadata.ValueFromIncomingContext(ctx, "authorization") {
		given, isBearer := strings.CutPrefix(value, "Bearer ")
		if isBearer && subtle.ConstantTimeCompare([]byte(given), []byte(g.token)) == 1 {
			return nil
		}
	}
	return protocol.Errorf(protocol.ErrorKind_UNAUTHENTICATED,
		"this plugin belongs to another process; a call must carry the token that its host gave it")
}
