package logs

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/encoding"
	grpcproto "google.golang.org/grpc/encoding/proto"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"airdock.dev/airdock/protocol"
)

// flushed is a body as an engine sends it: it flushes every message, and one
// read returns one, at a tick.
type flushed struct {
	frames [][]byte
	ticks  <-chan time.Time
}

func (f *flushed) Read(to []byte) (int, error) {
	<-f.ticks
	if len(f.frames) == 0 {
		return 0, io.EOF
	}
	n := copy(to, f.frames[0])
	if f.frames[0] = f.frames[0][n:]; len(f.frames[0]) == 0 {
		f.frames = f.frames[1:]
	}
	return n, nil
}

// TestFramingAllocatesNothingPerLine: 20 times the lines take no allocation more,
// but for the three of each event: its struct, its time, its text. A line that is
// no UTF-8 takes one, for the text that stands in its place; json-file has none.
func TestFramingAllocatesNothingPerLine(t *testing.T) {
	const few, many, perEvent, noise = 1_000, 20_000, 3, 10
	text := strings.Repeat("x", 99) + "\n"
	for name, c := range map[string]struct {
		mode protocol.OutputMode
		tty  bool
		line string
		slow bool // a line a millisecond
	}{
		"lines":                  {mode: protocol.OutputMode_OUTPUT_LINES, line: text},
		"lines that come slowly": {mode: protocol.OutputMode_OUTPUT_LINES, line: text, slow: true},
		"lines with TTY":         {mode: protocol.OutputMode_OUTPUT_LINES, line: strings.Repeat("x", 98) + "\r\n", tty: true},
		"lines that are redrawn": {mode: protocol.OutputMode_OUTPUT_LINES, line: "1 %\r2 %\r" + text},
		"bytes":                  {mode: protocol.OutputMode_OUTPUT_BYTES, line: text},
	} {
		t.Run(name, func(t *testing.T) {
			allocated := func(lines int) float64 {
				frames := make([][]byte, 0, lines)
				for _, m := range printed(stdout, strings.Repeat(c.line, lines)) {
					frames = append(frames, encode(c.tty, m))
				}
				ticker := time.NewTicker(time.Millisecond)
				defer ticker.Stop()
				body, runs, events := bytes.Join(frames, nil), 0, 0
				all := testing.AllocsPerRun(5, func() {
					runs++
					var in io.Reader = bytes.NewReader(body)
					if c.slow {
						in = &flushed{slices.Clone(frames), ticker.C}
					}
					out := &output{mode: c.mode, send: func(*protocol.Output) error { events++; return nil }}
					if err := newSource(in, nil).read(c.tty, out); err != io.EOF {
						t.Error(err)
					}
				})
				return all - perEvent*float64(events)/float64(runs)
			}
			synctest.Test(t, func(t *testing.T) {
				if more := allocated(many) - allocated(few); more > noise {
					t.Errorf("%v allocations more for %d lines more", more, many-few)
				}
			})
		})
	}
}

// BenchmarkFraming goes from the engine's frames to events.
func BenchmarkFraming(b *testing.B) {
	lines := strings.Repeat(strings.Repeat("x", 99)+"\n", 10_000)
	for name, c := range map[string]struct {
		mode protocol.OutputMode
		tty  bool
		text string
	}{
		"lines":           {protocol.OutputMode_OUTPUT_LINES, false, lines},
		"lines with TTY":  {protocol.OutputMode_OUTPUT_LINES, true, strings.Repeat(strings.Repeat("x", 98)+"\r\n", 10_000)},
		"bytes":           {protocol.OutputMode_OUTPUT_BYTES, false, lines},
		"one long line":   {protocol.OutputMode_OUTPUT_LINES, false, strings.Repeat("x", 1_000_000)},
		"a progress bar":  {protocol.OutputMode_OUTPUT_LINES, false, strings.Repeat("downloading\r", 80_000)},
		"no UTF-8 at all": {protocol.OutputMode_OUTPUT_LINES, false, strings.Repeat(strings.Repeat("\xff", 99)+"\n", 10_000)},
	} {
		b.Run(name, func(b *testing.B) {
			body := encode(c.tty, printed(stdout, c.text)...)
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				out := &output{mode: c.mode, send: func(*protocol.Output) error { return nil }}
				if err := newSource(bytes.NewReader(body), nil).read(c.tty, out); err != io.EOF {
					b.Fatal(err)
				}
			}
			if count := strings.Count(c.text, "\n"); count > 0 {
				b.ReportMetric(float64(count*b.N)/b.Elapsed().Seconds(), "lines/s")
			}
		})
	}
}

// BenchmarkEventEncoding encodes output of one line, and of a whole batch, with
// the codec of gRPC, which takes its buffers from a pool, and without it.
func BenchmarkEventEncoding(b *testing.B) {
	codec := encoding.GetCodecV2(grpcproto.Name)
	for name, size := range map[string]int{"100 bytes": 100, "64 KiB": batchSize} {
		event := &protocol.Event{Event: &protocol.Event_Output{Output: &protocol.Output{
			Stream: stdout, Text: strings.Repeat("x", size-1) + "\n", Time: timestamppb.New(epoch),
		}}}
		b.Run(name+"/gRPC", func(b *testing.B) {
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				wire, err := codec.Marshal(event)
				if err != nil {
					b.Fatal(err)
				}
				wire.Free()
			}
		})
		b.Run(name+"/proto", func(b *testing.B) {
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := proto.Marshal(event); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
