package protocol_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/testing/protocmp"

	"airdock.dev/airdock/protocol"
)

// retryable says of every kind whether a retry without any change can help. A
// new kind must be added here, so that somebody thinks about it.
var retryable = map[protocol.ErrorKind]bool{
	protocol.ErrorKind_INTERNAL:        true,
	protocol.ErrorKind_INVALID_REQUEST: false,
	protocol.ErrorKind_UNAUTHENTICATED: false,
	protocol.ErrorKind_STOPPED:         true,

	protocol.ErrorKind_ENGINE_HOST_UNKNOWN:     true,
	protocol.ErrorKind_ENGINE_UNREACHABLE:      true,
	protocol.ErrorKind_ENGINE_LOST:             true,
	protocol.ErrorKind_ENGINE_TIMEOUT:          true,
	protocol.ErrorKind_ENGINE_ERROR:            true,
	protocol.ErrorKind_ENGINE_ACCESS_DENIED:    false,
	protocol.ErrorKind_API_VERSION_UNSUPPORTED: false,

	protocol.ErrorKind_TLS_REQUIRED:             false,
	protocol.ErrorKind_TLS_NOT_SPOKEN:           false,
	protocol.ErrorKind_TLS_CA_MISMATCH:          false,
	protocol.ErrorKind_TLS_NAME_MISMATCH:        false,
	protocol.ErrorKind_TLS_SERVER_CERT_EXPIRED:  false,
	protocol.ErrorKind_TLS_CLIENT_CERT_REQUIRED: false,
	protocol.ErrorKind_TLS_CLIENT_CERT_EXPIRED:  false,
	protocol.ErrorKind_TLS_REJECTED:             false,
	protocol.ErrorKind_TLS_FILE_UNREADABLE:      false,
	protocol.ErrorKind_TLS_MATERIAL_INVALID:     false,

	protocol.ErrorKind_IMAGE_NOT_FOUND:         false,
	protocol.ErrorKind_PULL_DENIED:             false,
	protocol.ErrorKind_REGISTRY_UNREACHABLE:    true,
	protocol.ErrorKind_PULL_FAILED:             true,
	protocol.ErrorKind_PULL_STALLED:            true,
	protocol.ErrorKind_CREDENTIALS_UNAVAILABLE: false,

	protocol.ErrorKind_NAME_IN_USE:            true,
	protocol.ErrorKind_MOUNT_SOURCE_MISSING:   false,
	protocol.ErrorKind_COMMAND_NOT_FOUND:      false,
	protocol.ErrorKind_COMMAND_NOT_EXECUTABLE: false,
	protocol.ErrorKind_NETWORK_NOT_FOUND:      false,
	protocol.ErrorKind_CONTAINER_GONE:         true,
	protocol.ErrorKind_RUN_TIMEOUT:            true,
	protocol.ErrorKind_RESULT_TOO_LARGE:       false,

	protocol.ErrorKind_DOCKERFILE_INVALID:   false,
	protocol.ErrorKind_DOCKERFILE_NOT_FOUND: false,
	protocol.ErrorKind_CONTEXT_UNREADABLE:   false,
	protocol.ErrorKind_COPY_SOURCE_MISSING:  false,
	protocol.ErrorKind_TARGET_NOT_FOUND:     false,
	protocol.ErrorKind_BUILD_STEP_FAILED:    true,
	protocol.ErrorKind_BUILD_FAILED:         true,
	protocol.ErrorKind_BUILDER_UNSUPPORTED:  false,
	protocol.ErrorKind_PUSH_DENIED:          false,
	protocol.ErrorKind_PUSH_FAILED:          true,
	protocol.ErrorKind_IMAGE_IN_USE:         true,

	protocol.ErrorKind_VOLUME_NOT_FOUND: false,
	protocol.ErrorKind_VOLUME_IN_USE:    true,
	protocol.ErrorKind_VOLUME_CONFLICT:  false,

	protocol.ErrorKind_FILE_NOT_FOUND:     false,
	protocol.ErrorKind_FILE_UNREADABLE:    false,
	protocol.ErrorKind_FILE_UNWRITABLE:    false,
	protocol.ErrorKind_PATH_CONFLICT:      false,
	protocol.ErrorKind_TRANSFER_TOO_LARGE: false,
	protocol.ErrorKind_ARCHIVE_UNSAFE:     false,
	protocol.ErrorKind_ENGINE_DISK_FULL:   true,
	protocol.ErrorKind_HELPER_UNAVAILABLE: false,
}

// everyKind walks the enum as the generated code has it.
func everyKind() []protocol.ErrorKind {
	var kinds []protocol.ErrorKind
	for number := range protocol.ErrorKind_name {
		kinds = append(kinds, protocol.ErrorKind(number))
	}
	slices.Sort(kinds)
	return kinds
}

func TestErrorKindRetryable(t *testing.T) {
	t.Parallel()
	for _, kind := range everyKind() {
		want, known := retryable[kind]
		if !known {
			t.Errorf("%s is not in this test's table", kind)
			continue
		}
		if got := kind.Retryable(); got != want {
			t.Errorf("%s: retryable %v, want %v", kind, got, want)
		}
		if got := protocol.Errorf(kind, "x").Retryable(); got != want {
			t.Errorf("a failure of kind %s: retryable %v, want %v", kind, got, want)
		}
	}
}

func TestFailureGRPCStatusAndBack(t *testing.T) {
	t.Parallel()
	for _, kind := range everyKind() {
		message := "what went wrong with " + kind.String() + ": ü, 100 % and \"quotes\""
		sent := protocol.Errorf(kind, "%s", message)
		st := sent.GRPCStatus()
		// UNAVAILABLE and CANCELED are grpc's own words for a broken plugin and
		// for a call that the host gave up.
		if slices.Contains([]codes.Code{codes.OK, codes.Unavailable, codes.Canceled}, st.Code()) {
			t.Errorf("%s travels as %s", kind, st.Code())
		}
		got := protocol.FromError(st.Err())
		if got == nil {
			t.Errorf("%s does not come back", kind)
			continue
		}
		want := &protocol.Error{Kind: kind, Message: message, Retryable: retryable[kind]}
		if diff := cmp.Diff(want, got.Detail(), protocmp.Transform()); diff != "" {
			t.Errorf("%s changed on the way (-sent +received):\n%s", kind, diff)
		}
		if st.Message() != message {
			t.Errorf("%s: a host that does not know the detail reads %q", kind, st.Message())
		}
	}
}

func TestFromErrorOfAnUnknownKind(t *testing.T) {
	t.Parallel()
	// A newer plugin may have kinds that this host does not know.
	st, err := status.New(codes.Unknown, "from the future").WithDetails(&protocol.Error{Kind: 9999, Message: "from the future"})
	if err != nil {
		t.Fatal(err)
	}
	if got := protocol.FromError(st.Err()); got == nil || got.Kind != 9999 || got.Retryable() {
		t.Errorf("got %+v, want kind 9999, not retryable", got)
	}
}

func TestFromErrorWithoutDetail(t *testing.T) {
	t.Parallel()
	for name, err := range map[string]error{
		"nil":           nil,
		"plain":         errors.New("plain"),
		"cancelled":     context.Canceled,
		"bare status":   status.Error(codes.Unavailable, "connection closed"),
		"other detail":  withDetail(t, &protocol.Started{ContainerId: "x"}),
		"joined plains": errors.Join(errors.New("a"), errors.New("b")),
	} {
		if got := protocol.FromError(err); got != nil {
			t.Errorf("%s: got %+v, want nil", name, got)
		}
	}
}

func TestFromErrorWrapped(t *testing.T) {
	t.Parallel()
	failure := protocol.Errorf(protocol.ErrorKind_NAME_IN_USE, "taken")
	for name, err := range map[string]error{
		"failure in fmt":    fmt.Errorf("run: %w", failure),
		"failure in a join": errors.Join(errors.New("first"), failure),
		"status in fmt":     fmt.Errorf("run: %w", failure.GRPCStatus().Err()),
	} {
		got := protocol.FromError(err)
		if got == nil || got.Kind != protocol.ErrorKind_NAME_IN_USE {
			t.Errorf("%s: got %+v, want NAME_IN_USE", name, got)
			continue
		}
		if got.Message != "taken" {
			t.Errorf("%s: message %q", name, got.Message)
		}
	}
}

func TestErrorfKeepsItsCause(t *testing.T) {
	t.Parallel()
	cause := fmt.Errorf("read: %w", context.DeadlineExceeded)
	failure := protocol.Errorf(protocol.ErrorKind_ENGINE_TIMEOUT, "ping %s: %w", "tcp://docker:2376", cause)
	if !errors.Is(failure, context.DeadlineExceeded) {
		t.Error("the cause is lost on this side of the wire")
	}
	if want := "ping tcp://docker:2376: read: context deadline exceeded"; failure.Error() != want {
		t.Errorf("message %q, want %q", failure.Error(), want)
	}
	if protocol.Errorf(protocol.ErrorKind_INTERNAL, "no cause").Unwrap() != nil {
		t.Error("a failure without a cause has one")
	}
}

func withDetail(t *testing.T, detail *protocol.Started) error {
	t.Helper()
	st, err := status.New(codes.Internal, "x").WithDetails(detail)
	if err != nil {
		t.Fatal(err)
	}
	return st.Err()
}
