package plugin

import (
	"bytes"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"airdock.dev/airdock/protocol"
)

// TestCodec: what it encodes is what grpc's own encodes, whichever buffer it takes.
func TestCodec(t *testing.T) {
	t.Parallel()
	coder := newCodec()
	for _, size := range []int{0, 100, 32<<10 - 20, 32 << 10, 64 << 10, outputBuffer - 20, outputBuffer, 2 << 20} {
		event := &protocol.Event{Event: &protocol.Event_Output{Output: &protocol.Output{Text: strings.Repeat("x", size)}}}
		for range 3 {
			encoded, err := coder.Marshal(event)
			if err != nil {
				t.Fatal(err)
			}
			want, _ := proto.Marshal(event)
			if !bytes.Equal(encoded.Materialize(), want) {
				t.Errorf("%d bytes of output are encoded otherwise", size)
			}
			encoded.Free()
		}
	}
	broken := &protocol.Event{Event: &protocol.Event_Output{Output: &protocol.Output{Text: strings.Repeat("\xff", 64<<10)}}}
	if _, err := coder.Marshal(broken); err == nil {
		t.Error("a text that is no UTF-8 was encoded")
	}
	if _, err := coder.Marshal("no message"); err == nil {
		t.Error("what is no message was encoded")
	}
}
