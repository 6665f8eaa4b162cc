package talk_test

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"airdock.dev/airdock/plugin/tree"
	"airdock.dev/airdock/plugin/volume/talk"
)

func TestMessagesArriveAsTheyWere(t *testing.T) {
	t.Parallel()
	entry := &tree.Entry{
		Path: "a \xff\n", Mode: fs.ModeDir | fs.ModeSticky | 0o755, Size: 1 << 40, Time: -1, UID: 1 << 31, GID: 7, Link: "l", Same: "s",
	}
	messages := [][]string{{talk.List, "."}, {talk.Done, ""}, append([]string{talk.Entry}, talk.EntryWords(entry)...)}
	var wire bytes.Buffer
	writer := bufio.NewWriter(&wire)
	for _, message := range messages {
		if err := talk.Write(writer, message...); err != nil {
			t.Fatal(err)
		}
	}
	if err := writer.Flush(); err != nil {
		t.Fatal(err)
	}
	reader := bufio.NewReader(&wire)
	for _, want := range messages {
		got, err := talk.Read(reader)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("message (-want +got):\n%s", diff)
		}
		if got[0] != talk.Entry {
			continue
		}
		read, err := talk.ReadEntry(got[1:])
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(entry, read); diff != "" {
			t.Errorf("entry (-want +got):\n%s", diff)
		}
	}
	if _, err := talk.Read(reader); !errors.Is(err, io.EOF) {
		t.Errorf("after the last message: %v, want EOF", err)
	}
}

// FuzzRead looks for input that makes Read panic, hang or take memory.
func FuzzRead(f *testing.F) {
	f.Add([]byte("\x02\x04list\x01."))
	f.Add([]byte("\x01\xff\xff\xff\xff\xff\xff\xff\xff\x7f"))
	f.Add([]byte("\x00"))
	f.Fuzz(func(t *testing.T, input []byte) {
		reader := bufio.NewReader(bytes.NewReader(input))
		for {
			words, err := talk.Read(reader)
			if err != nil {
				return
			}
			if len(words) == 0 || len(strings.Join(words, "")) > len(input) {
				t.Errorf("%d words out of %d bytes", len(words), len(input))
			}
			_, _ = talk.ReadEntry(words[1:])
		}
	})
}
