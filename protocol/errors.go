package protocol

import (
	"errors"
	"fmt"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// Failure is an Error detail as a Go error. On the plugin's side it becomes the
// gRPC status by itself; on a host's side FromError gets it back.
type Failure struct {
	Kind    ErrorKind
	Message string
	cause   error
}

// Errorf makes a Failure of a kind. A %w in the format is kept for errors.Is
// and errors.As on this side of the wire.
func Errorf(kind ErrorKind, format string, args ...any) *Failure {
	err := fmt.Errorf(format, args...)
	return &Failure{Kind: kind, Message: err.Error(), cause: errors.Unwrap(err)}
}

// Error implements error.
func (f *Failure) Error() string { return f.Message }

// Unwrap returns the error that caused the failure, if it is known here.
func (f *Failure) Unwrap() error { return f.cause }

// Retryable says whether the same call may succeed later without any change.
func (f *Failure) Retryable() bool { return f.Kind.Retryable() }

// Detail returns the failure as the message that crosses the wire.
func (f *Failure) Detail() *Error {
	return &Error{Kind: f.Kind, Message: f.Message, Retryable: f.Retryable()}
}

// GRPCStatus makes grpc send the failure with its detail.
func (f *Failure) GRPCStatus() *status.Status {
	st := status.New(f.Kind.code(), f.Message)
	if detailed, err := st.WithDetails(f.Detail()); err == nil {
		return detailed
	}
	return st
}

// Retryable says whether a call that failed with this kind may succeed later
// without any change on the caller's side.
func (k ErrorKind) Retryable() bool {
	value := k.Descriptor().Values().ByNumber(k.Number())
	if value == nil { // A kind of a newer plugin.
		return false
	}
	return proto.GetExtension(value.Options(), E_Retryable).(bool)
}

func (k ErrorKind) code() codes.Code {
	switch k {
	case ErrorKind_INTERNAL:
		return codes.Internal
	case ErrorKind_INVALID_REQUEST:
		return codes.InvalidArgument
	case ErrorKind_UNAUTHENTICATED:
		return codes.Unauthenticated
	case ErrorKind_STOPPED:
		return codes.Aborted
	case ErrorKind_IMAGE_NOT_FOUND, ErrorKind_NETWORK_NOT_FOUND, ErrorKind_CONTAINER_GONE,
		ErrorKind_VOLUME_NOT_FOUND, ErrorKind_FILE_NOT_FOUND:
		return codes.NotFound
	case ErrorKind_NAME_IN_USE:
		return codes.AlreadyExists
	case ErrorKind_PULL_DENIED, ErrorKind_PUSH_DENIED, ErrorKind_ENGINE_ACCESS_DENIED, ErrorKind_TLS_REJECTED:
		return codes.PermissionDenied
	case ErrorKind_ENGINE_TIMEOUT:
		return codes.DeadlineExceeded
	}
	// UNAVAILABLE is left to grpc itself, so that a host can tell a plugin that
	// died from an engine that does not answer.
	if k.Retryable() {
		return codes.Unknown
	}
	return codes.FailedPrecondition
}

// FromError returns the failure that a call ended with, or nil when err carries
// none: then the plugin itself, or the way to it, is broken.
func FromError(err error) *Failure {
	var failure *Failure
	if errors.As(err, &failure) {
		return failure
	}
	st, ok := status.FromError(err)
	if !ok {
		return nil
	}
	for _, detail := range st.Details() {
		if e, ok := detail.(*Error); ok {
			return &Failure{Kind: e.Kind, Message: e.Message, cause: err}
		}
	}
	return nil
}
