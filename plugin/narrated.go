package plugin

import (
	"slices"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"airdock.dev/airdock/plugin/narrate"
	"airdock.dev/airdock/protocol"
)

// narrated has each call with the metadata "airdock-log: text" told of in lines for
// a log (rule 7 of airdock.proto). The verbs know nothing of it.
func narrated() grpc.ServerOption {
	return grpc.ChainStreamInterceptor(func(srv any, stream grpc.ServerStream, _ *grpc.StreamServerInfo, next grpc.StreamHandler) error {
		if !slices.Contains(metadata.ValueFromIncomingContext(stream.Context(), "airdock-log"), "text") {
			return next(srv, stream)
		}
		told := &narratedStream{stream, narrate.New(func(event *protocol.Event) error { return stream.SendMsg(event) })}
		err := next(srv, told)
		if err != nil {
			told.narrator.Fail(err)
		}
		return err
	})
}

// narratedStream is a call whose events go through a narrator.
type narratedStream struct {
	grpc.ServerStream
	narrator *narrate.Narrator
}

// RecvMsg implements grpc.ServerStream.
func (s *narratedStream) RecvMsg(message any) error {
	err := s.ServerStream.RecvMsg(message)
	s.narrator.Request(message)
	return err
}

// SendMsg implements grpc.ServerStream. The calls of go-plugin send other messages.
func (s *narratedStream) SendMsg(message any) error {
	if event, ours := message.(*protocol.Event); ours {
		return s.narrator.Event(event)
	}
	return s.ServerStream.SendMsg(message)
}
