// Package talk is what the plugin and its helper on the engine say to each other,
// on the helper's standard input and output. A message is a list of words, the
// first of which says what it is:
//
//	to the helper    list PATH                   answered by entry…, done STAGE
//	                 delete PATH, access ENTRY   go before the commit that they belong to
//	                 commit PATH FLAGS           answered by done
//	from the helper  entry ENTRY
//	                 done [STAGE]
//	                 failure KIND TEXT           ends the helper
//
// The end of the input ends the helper, which then removes the stage. It is no
// gob and no JSON: airdock-plugin carries the helper several times, so it has to
// be small, and names of files need not be UTF-8.
package talk

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strconv"

	"airdock.dev/airdock/plugin/tree"
)

const (
	// Mount is where the helper has the volume.
	Mount = "/volume"
	// Content is the name of what arrives in a stage.
	Content = "content"
)

// The first words of messages.
const (
	List    = "list"
	Delete  = "delete"
	Access  = "access"
	Commit  = "commit"
	Entry   = "entry"
	Done    = "done"
	Failure = "failure"
)

// The flags of a commit: that content has arrived in the stage, and that a file
// may take the place of a folder, and the reverse.
const (
	Arrived = "arrived"
	Replace = "replace"
)

// The kinds of failures.
const (
	DiskFull = "disk-full"
	Conflict = "conflict"
	Other    = "other"
)

// A message has at most so many words, and a word so many bytes.
const (
	maxWords = 16
	maxWord  = 1 << 20
)

var errMalformed = errors.New("a message that no plugin and no helper sends")

// Write writes one message.
func Write(w *bufio.Writer, words ...string) error {
	var length [binary.MaxVarintLen64]byte
	number := func(n int) { _, _ = w.Write(length[:binary.PutUvarint(length[:], uint64(n))]) }
	number(len(words))
	for _, word := range words {
		number(len(word))
		_, _ = w.WriteString(word)
	}
	// The first error of a bufio.Writer is that of all later calls.
	_, err := w.Write(nil)
	return err
}

// Read reads one message; it has at least one word. An io.EOF says that there is
// none.
func Read(r *bufio.Reader) ([]string, error) {
	count, err := binary.ReadUvarint(r)
	if err != nil {
		return nil, err
	}
	if count == 0 || count > maxWords {
		return nil, errMalformed
	}
	words := make([]string, count)
	for i := range words {
		length, err := binary.ReadUvarint(r)
		if err != nil {
			return nil, cutShort(err)
		}
		if length > maxWord {
			return nil, errMalformed
		}
		word := make([]byte, length)
		if _, err := io.ReadFull(r, word); err != nil {
			return nil, cutShort(err)
		}
		words[i] = string(word)
	}
	return words, nil
}

func cutShort(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// EntryWords are the words ENTRY of a message.
func EntryWords(e *tree.Entry) []string {
	number := func(n int64) string { return strconv.FormatInt(n, 36) }
	return []string{
		e.Path, number(int64(e.Mode)), number(e.Size), number(e.Time), number(int64(e.UID)), number(int64(e.GID)), e.Link, e.Same,
	}
}

// ReadEntry makes an entry of its words.
func ReadEntry(words []string) (*tree.Entry, error) {
	if len(words) != 8 {
		return nil, errMalformed
	}
	var numbers [5]int64
	for i := range numbers {
		var err error
		if numbers[i], err = strconv.ParseInt(words[i+1], 36, 64); err != nil {
			return nil, fmt.Errorf("%w: %w", errMalformed, err)
		}
	}
	return &tree.Entry{
		Path: words[0],
		Mode: fs.FileMode(numbers[0]),
		Size: numbers[1],
		Time: numbers[2],
		UID:  int(numbers[3]),
		GID:  int(numbers[4]),
		Link: words[6],
		Same: words[7],
	}, nil
}
