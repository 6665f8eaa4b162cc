package plugin

import (
	"archive/tar"
	"context"
	"errors"
	"io"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"airdock.dev/airdock/plugin/function"
	"airdock.dev/airdock/plugin/tree"
	"airdock.dev/airdock/protocol"
)

// sourceOwner keeps the numbers that the source has.
const sourceOwner = "source"

// input is one of RunRequest.files, ready to be sent.
type input struct {
	spec *protocol.File
	// path is its place in the container, at the mount point that holds it.
	path, mount string
	local       *localTree // nil for content
	entries     []*tree.Entry
	// there says that the container has the folder already, which stays as it is.
	there    bool
	progress *protocol.TransferProgress
}

// checkFiles says what is wrong with the files that go in and come out before
// anything is done for them.
func checkFiles(spec *protocol.RunRequest) error {
	for _, file := range spec.GetFiles() {
		if err := checkFile(file); err != nil {
			return err
		}
	}
	for _, output := range spec.GetOutputs() {
		if err := checkOutput(output); err != nil {
			return err
		}
	}
	return nil
}

func checkFile(file *protocol.File) error {
	name := file.GetPath()
	if !path.IsAbs(name) {
		return invalid("a file for the container needs an absolute path, and %q is none", name)
	}
	if file.GetMode() > 0o7777 {
		return invalid("the mode of %s has other bits than those of permissions", name)
	}
	folder := false
	switch file.GetSource().(type) {
	case *protocol.File_LocalPath:
		local, err := openLocal(file.GetLocalPath())
		if err != nil {
			return err
		}
		local.close()
		folder = local.name == "."
	case *protocol.File_Program:
		if file.GetProgram() != protocol.Program_PYTHON_FUNCTION {
			return invalid("the plugin carries no program %s for the file %s", file.GetProgram(), name)
		}
	default:
		if file.GetOwner() == sourceOwner {
			return invalid("the file %s comes by value and has no owner of its own; give its owner as USER[:GROUP]", name)
		}
	}
	switch {
	case folder && file.Mode != nil:
		return invalid("mode is for a file, and %s is a folder", file.GetLocalPath())
	case !folder && path.Clean(name) == "/":
		return invalid("a file for the container needs a path with a name, and %q is none", name)
	}
	return nil
}

// putFiles puts the run's files into its container, which has not started.
func (r *runner) putFiles(ctx context.Context, made *created) error {
	if len(r.spec.GetFiles()) == 0 {
		return nil
	}
	inputs, err := r.inputs(ctx, made)
	defer func() {
		for _, in := range inputs {
			in.close()
		}
	}()
	if err != nil {
		return err
	}
	for len(inputs) > 0 {
		// A later file may take the place of an earlier one, so that their order
		// stays.
		n := slices.IndexFunc(inputs, func(in *input) bool { return in.mount != inputs[0].mount })
		if n < 0 {
			n = len(inputs)
		}
		if err := r.put(ctx, made, inputs[:n]); err != nil {
			return err
		}
		for _, in := range inputs[:n] {
			in.close()
		}
		inputs = inputs[n:]
	}
	return nil
}

// inputs finds out all that can be known before anything is sent.
func (r *runner) inputs(ctx context.Context, made *created) ([]*input, error) {
	found, err := r.inspect(ctx, made.id)
	if err != nil {
		return nil, err
	}
	mounts, users := mountsOf(found), &containerUsers{r: r, id: made.id}
	var all []*input
	for _, file := range r.spec.GetFiles() {
		in := &input{spec: file, path: path.Clean(file.GetPath())}
		all = append(all, in)
		if err := in.open(r); err != nil {
			return all, err
		}
		if in.folder() {
			if err := r.findFolder(ctx, made, in); err != nil {
				return all, err
			}
		}
		if in.mount, err = mounts.holding(in); err != nil {
			return all, err
		}
		name := file.GetOwner()
		if name == sourceOwner {
			continue
		}
		if name == "" && found.Config != nil {
			name = found.Config.User
		}
		uid, gid, err := users.ids(ctx, name)
		if err != nil {
			return all, invalid("the owner %q of %s: %w", name, in.path, err)
		}
		for _, entry := range in.entries {
			entry.UID, entry.GID = uid, gid
		}
	}
	return all, nil
}

func (in *input) folder() bool { return in.entries[0].Mode.IsDir() }

// open lists what the input has, and sees that it can be read.
func (in *input) open(r *runner) error {
	if in.spec.GetLocalPath() == "" {
		in.entries = []*tree.Entry{{Path: ".", Mode: defaultFileMode, Size: int64(len(in.content())), Time: time.Now().UnixNano()}}
	} else if err := in.openLocal(r); err != nil {
		return err
	}
	if in.spec.Mode != nil {
		in.entries[0].Mode = (&tar.Header{Mode: int64(in.spec.GetMode())}).FileInfo().Mode()
	}
	return nil
}

// content is that of an input which is no file of this machine.
func (in *input) content() []byte {
	if in.spec.GetProgram() == protocol.Program_PYTHON_FUNCTION {
		return function.Program
	}
	return in.spec.GetContent()
}

func (in *input) openLocal(r *runner) (err error) {
	if in.local, err = openLocal(in.spec.GetLocalPath()); err != nil {
		return err
	}
	in.entries, err = in.local.entries(func(name string) {
		r.log.Warn("not copied: it is neither a file, a folder nor a symbolic link", "path", name)
	})
	if err != nil {
		return err
	}
	in.progress = &protocol.TransferProgress{Path: in.spec.GetPath()}
	for _, entry := range in.entries {
		if !entry.Mode.IsDir() {
			in.progress.FilesTotal++
		}
		if !entry.Mode.IsRegular() || entry.Same != "" {
			continue
		}
		in.progress.BytesTotal += entry.Size
		file, err := in.local.root.Open(path.Join(in.local.name, entry.Path))
		if err != nil {
			return unreadable(filepath.Join(in.local.path, entry.Path), err)
		}
		file.Close()
	}
	return nil
}

func (in *input) close() {
	if in.local != nil {
		in.local.close()
	}
}

// findFolder looks whether the container has the folder already. Its permissions
// then stay, and so does a symbolic link to it, which the engine would not let a
// folder replace.
func (r *runner) findFolder(ctx context.Context, made *created, in *input) error {
	f := &fetch{api: r.api, host: r.host, timeout: r.timeout, container: made.id, top: "/", spec: &protocol.OutputSpec{Path: in.path}}
	found, mode, err := f.resolve(ctx, in.path)
	switch {
	case errors.Is(err, errNoFile):
		return nil
	case err != nil:
		return err
	case !mode.IsDir():
		return protocol.Errorf(protocol.ErrorKind_PATH_CONFLICT,
			"the image has a file at %s, and %s is a folder; choose another path", in.path, in.local.path)
	}
	in.path, in.there = found, true
	return nil
}

// put sends inputs to one mount point (PUT /containers/ID/archive), and holds no
// file of this machine in memory.
func (r *runner) put(ctx context.Context, made *created, inputs []*input) error {
	ctx, meter := newTransfer(ctx, &protocol.TransferProgress{Path: "the files for the container"}, r.timeout, r.out)
	defer meter.end()
	err := r.api.PutArchive(ctx, made.id, inputs[0].mount, func(to io.Writer) error { return packAll(to, inputs, meter) })
	if err != nil {
		return orCause(ctx, r.putFailure(err, made))
	}
	for _, in := range inputs {
		if in.progress == nil {
			continue
		}
		if meter.progress = in.progress; meter.done() != nil {
			return context.Cause(ctx)
		}
	}
	return nil
}

func packAll(to io.Writer, inputs []*input, meter *transfer) error {
	archive := tar.NewWriter(to)
	for _, in := range inputs {
		as := "."
		if in.path != in.mount {
			as = strings.TrimPrefix(strings.TrimPrefix(in.path, in.mount), "/")
		}
		if in.local == nil {
			if err := packContent(archive, in, as); err != nil {
				return err
			}
			continue
		}
		meter.progress = in.progress
		pack := &tree.Pack{Writer: archive, Root: in.local.root, Name: in.local.name, As: as, Wrote: func(n int) { _ = meter.moved(0, int64(n)) }}
		for _, entry := range in.entries {
			if in.there && entry.Path == "." {
				continue
			}
			if err := pack.Write(entry); err != nil {
				return in.local.failure(err)
			}
			if !entry.Mode.IsDir() {
				_ = meter.moved(1, 0)
			}
		}
	}
	return archive.Close()
}

func packContent(archive *tar.Writer, in *input, as string) error {
	if err := archive.WriteHeader(tree.PackHeader(in.entries[0], as)); err != nil {
		return invalid("file %s: %w", in.spec.GetPath(), err)
	}
	_, err := archive.Write(in.content())
	return err
}
