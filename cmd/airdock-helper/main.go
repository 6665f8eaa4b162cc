// Command airdock-helper runs in a container on the engine, started by the
// plugin, while files go into a volume or come out of it. It says what the
// volume has, moves to its place what has arrived, and ends with its input: that
// is, with the plugin, however the plugin ends.
package main

import (
	"bufio"
	"compress/flate"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"path"
	"slices"
	"syscall"
	"time"

	"airdock.dev/airdock/plugin/tree"
	"airdock.dev/airdock/plugin/volume/talk"
)

const (
	// cleanInterval, cleanQuiet and cleanLooks are how often an abandoned stage is
	// looked for, how often in a row it must not be there, and how often at most.
	cleanInterval = 50 * time.Millisecond
	cleanQuiet    = 20
	cleanLooks    = 100
)

func main() {
	// Whoever stops the container wants the stage removed first, which the end of
	// the input brings about.
	signal.Ignore(syscall.SIGTERM)
	root, err := os.OpenRoot(talk.Mount)
	if err != nil {
		os.Stderr.WriteString(err.Error() + "\n")
		os.Exit(1)
	}
	if err := serve(root, os.Stdin, os.Stdout); err != nil {
		os.Stderr.WriteString(err.Error() + "\n")
		os.Exit(1)
	}
}

// serve obeys orders until they end.
func serve(root *os.Root, in io.Reader, out io.Writer) error {
	orders := bufio.NewReader(in)
	packed, err := flate.NewWriter(out, flate.BestSpeed)
	if err != nil {
		return err
	}
	w := &worker{root: root, answers: bufio.NewWriter(packed)}
	defer w.clean()
	for {
		order, err := talk.Read(orders)
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil
		}
		if err != nil {
			return err
		}
		failed := w.obey(order)
		if failed != nil {
			_ = talk.Write(w.answers, talk.Failure, failureKind(failed), failed.Error())
		}
		if err := errors.Join(w.answers.Flush(), packed.Flush(), failed); err != nil {
			return err
		}
	}
}

type worker struct {
	root    *os.Root
	stage   *tree.Stage
	answers *bufio.Writer
	// gone and access wait for the commit.
	gone   []string
	access []*tree.Entry
	// settled says that nothing writes to the stage any more.
	settled bool
}

func (w *worker) obey(order []string) error {
	switch verb, args := order[0], order[1:]; {
	case verb == talk.List && len(args) == 1:
		return w.list(args[0])
	case verb == talk.Delete && len(args) == 1:
		w.gone = append(w.gone, args[0])
		return nil
	case verb == talk.Access:
		entry, err := talk.ReadEntry(args)
		w.access = append(w.access, entry)
		return err
	case verb == talk.Commit && len(args) > 0:
		return w.commit(args[0], args[1:])
	}
	return errors.New("the plugin gave an order that this helper does not know")
}

func (w *worker) list(name string) error {
	var err error
	if w.stage, err = tree.NewStage(w.root); err != nil {
		return err
	}
	err = tree.Walk(w.root, name, func(entry *tree.Entry) error {
		return talk.Write(w.answers, append([]string{talk.Entry}, talk.EntryWords(entry)...)...)
	})
	switch {
	case errors.Is(err, syscall.ENOTDIR):
		return &tree.ConflictError{Path: path.Dir(name)}
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return err
	}
	return talk.Write(w.answers, talk.Done, w.stage.Name)
}

// commit moves what has arrived to its place, and then deletes.
func (w *worker) commit(name string, flags []string) error {
	if slices.Contains(flags, talk.Arrived) {
		if err := w.root.MkdirAll(path.Dir(name), 0o755); err != nil {
			return err
		}
		merge := tree.Merge{Root: w.root, Replace: slices.Contains(flags, talk.Replace), Owner: true}
		if err := merge.Move(w.stage.Path(talk.Content), name); err != nil {
			return err
		}
	}
	for _, entry := range w.access {
		if err := w.setAccess(path.Join(name, entry.Path), entry); err != nil {
			return err
		}
	}
	for _, gone := range w.gone {
		if err := w.root.RemoveAll(path.Join(name, gone)); err != nil {
			return err
		}
	}
	w.settled = true
	return talk.Write(w.answers, talk.Done)
}

func (w *worker) setAccess(name string, entry *tree.Entry) error {
	if err := w.root.Lchown(name, entry.UID, entry.GID); err != nil {
		return err
	}
	if entry.Mode.Type() == fs.ModeSymlink {
		return nil
	}
	// After the owner: a change of the owner takes setuid away.
	return w.root.Chmod(name, entry.Mode)
}

// clean removes the stage. When the plugin was lost the engine may still be
// writing to it, and then it is removed until it stays away.
func (w *worker) clean() {
	if w.stage == nil {
		return
	}
	_ = w.stage.Close()
	if w.settled {
		return
	}
	for away, looks := 0, 0; away < cleanQuiet && looks < cleanLooks; looks++ {
		<-time.After(cleanInterval)
		if _, err := w.root.Lstat(w.stage.Name); err != nil {
			away++
			continue
		}
		away = 0
		_ = w.root.RemoveAll(w.stage.Name)
	}
}

func failureKind(err error) string {
	var conflict *tree.ConflictError
	switch {
	case errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT):
		return talk.DiskFull
	case errors.As(err, &conflict), errors.Is(err, syscall.ENOTDIR), errors.Is(err, syscall.EISDIR), errors.Is(err, syscall.EEXIST):
		return talk.Conflict
	}
	return talk.Other
}
