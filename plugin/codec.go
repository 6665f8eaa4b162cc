package plugin

import (
	"google.golang.org/grpc/encoding"
	grpcproto "google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/proto"
)

// outputBuffer holds an event with a batch of output. grpc's own pool has nothing
// between 32 KiB and 1 MiB, and a flood keeps five of the latter.
const outputBuffer = 128 << 10

// codec is grpc's for protobuf, with buffers of another size for output.
type codec struct {
	encoding.CodecV2
	output mem.BufferPool
}

func newCodec() codec {
	return codec{encoding.GetCodecV2(grpcproto.Name), mem.NewTieredBufferPool(outputBuffer)}
}

// Marshal implements encoding.CodecV2.
func (c codec) Marshal(v any) (mem.BufferSlice, error) {
	event, ok := v.(proto.Message)
	if !ok {
		return c.CodecV2.Marshal(v)
	}
	size := proto.Size(event)
	if size <= 32<<10 || size > outputBuffer {
		return c.CodecV2.Marshal(v)
	}
	buffer := c.output.Get(size)
	if _, err := (proto.MarshalOptions{UseCachedSize: true}).MarshalAppend((*buffer)[:0], event); err != nil {
		c.output.Put(buffer)
		return nil, err
	}
	return mem.BufferSlice{mem.NewBuffer(buffer, c.output)}, nil
}
