package engine

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"airdock.dev/airdock/protocol"
)

// archiveEngine answers PUT /containers/ID/archive.
func archiveEngine(t *testing.T, answer http.HandlerFunc) *Engine {
	t.Helper()
	server := startEngine(t, nil, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/_ping" {
			ping("1.41")(w, r)
			return
		}
		answer(w, r)
	})
	eng, err := connect(t, &protocol.Engine{Hosts: []string{server.address()}})
	if err != nil {
		t.Fatal(err)
	}
	return eng
}

// endless writes until the way to the engine is closed.
func endless(to io.Writer) error {
	for piece := make([]byte, 32<<10); ; {
		if _, err := to.Write(piece); err != nil {
			return err
		}
	}
}

func TestPutArchiveSendsWhatIsWritten(t *testing.T) {
	t.Parallel()
	want := bytes.Repeat([]byte("0123456789"), 100_000)
	var asked string
	var got []byte
	eng := archiveEngine(t, func(_ http.ResponseWriter, r *http.Request) {
		asked = r.Method + " " + r.URL.String()
		got, _ = io.ReadAll(r.Body)
	})
	err := eng.PutArchive(t.Context(), "abc", "/a b", func(to io.Writer) error {
		for at := 0; at < len(want); at += 1000 {
			if _, err := to.Write(want[at : at+1000]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d bytes arrived of %d: %v", len(got), len(want), err)
	}
	if wanted := "PUT /v1.41/containers/abc/archive?noOverwriteDirNonDir=true&path=%2Fa+b"; asked != wanted {
		t.Errorf("asked for %s, want %s", asked, wanted)
	}
}

func TestPutArchiveFails(t *testing.T) {
	t.Parallel()
	mine := errors.New("a file cannot be read")
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		write  func(io.Writer) error
		check  func(error) bool
	}{
		"the source's own error": {
			func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) },
			func(to io.Writer) error {
				_, _ = to.Write(make([]byte, 1<<20))
				return mine
			},
			func(err error) bool { return errors.Is(err, mine) },
		},
		"an engine that has enough": {
			func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.CopyN(io.Discard, r.Body, 1<<20)
				http.Error(w, `{"message": "no space left on device"}`, 500)
			},
			endless,
			func(err error) bool { return err != nil && strings.Contains(err.Error(), "no space left") },
		},
		"an engine that asks for nothing": {
			func(w http.ResponseWriter, _ *http.Request) { http.Error(w, `{"message": "no such container"}`, 404) },
			endless,
			func(err error) bool { return err != nil && strings.Contains(err.Error(), "no such container") },
		},
		"an engine that goes away": {
			func(w http.ResponseWriter, _ *http.Request) { hangUp(w) },
			endless,
			IsLost,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := archiveEngine(t, c.answer).PutArchive(t.Context(), "abc", "/", c.write); !c.check(err) {
				t.Errorf("PutArchive says %v", err)
			}
		})
	}
}

// TestPutArchiveEndsWithItsContext: nothing is written any more when it returns.
func TestPutArchiveEndsWithItsContext(t *testing.T) {
	t.Parallel()
	eng := archiveEngine(t, func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) })
	ctx, cancel := context.WithCancel(t.Context())
	writing := false
	time.AfterFunc(50*time.Millisecond, cancel)
	err := eng.PutArchive(ctx, "abc", "/", func(to io.Writer) error {
		writing = true
		defer func() { writing = false }()
		return endless(to)
	})
	if !errors.Is(err, context.Canceled) || writing {
		t.Errorf("PutArchive says %v, still writing: %v", err, writing)
	}
}
