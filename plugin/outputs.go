package plugin

import (
	"context"
	"errors"
	"io"
	"os"
	"path"
	"path/filepath"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/hashicorp/go-hclog"

	"airdock.dev/airdock/plugin/engine"
	"airdock.dev/airdock/plugin/tree"
	"airdock.dev/airdock/protocol"
)

const (
	// defaultMaxBytes bounds an output that has no bound of its own.
	defaultMaxBytes = 16 << 30
	// maxRest bounds what is read after a tar's end, so that the connection can be
	// used again.
	maxRest = 1 << 20
	// entryBytes is what each file counts for itself against the bound.
	entryBytes = 512
)

// fetchAPI is what a copy out of a container needs: HEAD and GET
// /containers/ID/archive.
type fetchAPI interface {
	ContainerStatPath(ctx context.Context, container, path string) (container.PathStat, error)
	CopyFromContainer(ctx context.Context, container, path string) (io.ReadCloser, container.PathStat, error)
}

// fetch copies one output out of a container to this machine.
type fetch struct {
	api     fetchAPI
	host    string
	timeout time.Duration
	// container is what api takes for one, and from what it is called in a message.
	container, from string
	// top is the folder of the container that paths begin in, and that none leads
	// out of: "/" for the container itself.
	top  string
	spec *protocol.OutputSpec
	out  sink
	log  hclog.Logger
}

// outputs copies what was asked for out of the stopped container. A run that is
// stopped copies nothing more.
func (r *runner) outputs(ctx context.Context, made *created) error {
	if len(r.spec.GetOutputs()) == 0 {
		return nil
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	r.control.copying(func() {
		cancel(protocol.Errorf(protocol.ErrorKind_STOPPED, "the run was stopped before all its outputs were fetched"))
	})
	for _, spec := range r.spec.GetOutputs() {
		f := &fetch{
			api:       r.api,
			host:      r.host,
			timeout:   r.timeout,
			container: made.id,
			from:      "container " + made.name,
			top:       "/",
			spec:      spec,
			out:       r.out,
			log:       r.log,
		}
		fetched, err := f.run(ctx)
		if err != nil {
			return orCause(ctx, err)
		}
		if err := r.out(&protocol.Event{Event: &protocol.Event_OutputFetched{OutputFetched: fetched}}); err != nil {
			return err
		}
	}
	return nil
}

// checkOutput says what is wrong with an output before anything is done for it.
func checkOutput(spec *protocol.OutputSpec) error {
	switch {
	case !path.IsAbs(spec.GetPath()):
		return invalid("an output needs an absolute path in the container, and %q is none", spec.GetPath())
	case !filepath.IsAbs(spec.GetTarget()):
		return invalid("the output %s needs an absolute target on this machine, and %q is none", spec.GetPath(), spec.GetTarget())
	case spec.GetMaxBytes() < 0:
		return invalid("the output %s has a negative max_bytes", spec.GetPath())
	}
	if _, known := linkPolicies[spec.GetLinks()]; !known {
		return invalid("the output %s has the unknown link policy %d", spec.GetPath(), spec.GetLinks())
	}
	return checkPattern(spec.GetPath())
}

var linkPolicies = map[protocol.LinkPolicy]tree.Links{
	protocol.LinkPolicy_LINKS_REFUSE: tree.RefuseLinks,
	protocol.LinkPolicy_LINKS_SKIP:   tree.SkipLinks,
	protocol.LinkPolicy_LINKS_KEEP:   tree.KeepLinks,
}

// run copies the output to a stage beside its target and moves it to its place
// when all of it is there. However else it ends, the target is as it was.
func (f *fetch) run(ctx context.Context) (*protocol.OutputFetched, error) {
	fetched := &protocol.OutputFetched{Path: f.spec.GetPath(), Target: f.spec.GetTarget()}
	source, err := f.source(ctx)
	if err != nil {
		return f.missing(fetched, err)
	}
	to, err := openPlace(f.spec.GetTarget(), source)
	if err != nil {
		return nil, err
	}
	defer to.close(f.log)
	ctx, meter := newTransfer(ctx, &protocol.TransferProgress{Path: f.spec.GetPath(), Fetch: true}, f.timeout, f.out)
	defer meter.end()
	if err := f.receive(ctx, source, to, meter); err != nil {
		return f.missing(fetched, orCause(ctx, err))
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err := to.move(); err != nil {
		return nil, err
	}
	fetched.Found, fetched.Files, fetched.Bytes = true, meter.progress.GetFiles(), meter.progress.GetBytes()
	return fetched, meter.done()
}

// missing answers for an output that is not there.
func (f *fetch) missing(fetched *protocol.OutputFetched, err error) (*protocol.OutputFetched, error) {
	if !errors.Is(err, errNoFile) {
		return nil, err
	}
	if f.spec.GetOptional() {
		return fetched, nil
	}
	what := "nothing at"
	if hasPattern(f.spec.GetPath()) {
		what = "nothing that matches"
	}
	return nil, protocol.Errorf(protocol.ErrorKind_FILE_NOT_FOUND,
		"%s has %s %s, the output for %s; correct the path, or make the output optional", f.from, what, f.spec.GetPath(), f.spec.GetTarget())
}

// receive unpacks the engine's tar into the stage.
func (f *fetch) receive(ctx context.Context, source *outputSource, to *place, meter *transfer) error {
	bound := int64(defaultMaxBytes)
	if f.spec.GetMaxBytes() > 0 {
		bound = f.spec.GetMaxBytes()
	}
	if err := f.unpack(ctx, source.path, bound, source, to, meter); err != nil {
		return err
	}
	if !source.found {
		return errNoFile
	}
	for _, link := range source.leftOut {
		// Asked for by itself, a file comes with its content.
		alone := &outputSource{as: link.place}
		left := max(1, bound-meter.progress.GetBytes()-entryBytes*meter.progress.GetFiles())
		if err := f.unpack(ctx, path.Join(source.path, link.name), left, alone, to, meter); err != nil {
			return err
		}
	}
	return to.arrived(source)
}

// unpack unpacks what the engine has at a path (GET /containers/ID/archive).
func (f *fetch) unpack(ctx context.Context, name string, bound int64, source *outputSource, to *place, meter *transfer) error {
	body, _, err := f.api.CopyFromContainer(ctx, f.container, name)
	if errdefs.IsNotFound(err) {
		return errNoFile
	}
	if err != nil {
		return engine.Failure(err, f.host, "fetch "+f.spec.GetPath())
	}
	defer body.Close()
	var told error
	before := [2]int64{meter.progress.Files, meter.progress.Bytes}
	unpack := &tree.Unpack{
		Root:     to.arrival,
		MaxBytes: bound,
		Links:    linkPolicies[f.spec.GetLinks()],
		Place:    source.place,
		LeftOut:  source.leaveOut,
		Note: func(name, why string) {
			f.log.Warn("not copied: "+why, "output", f.spec.GetPath(), "path", name)
		},
		Progress: func(files, bytes int64) {
			if err := meter.moved(before[0]+files-meter.progress.Files, before[1]+bytes-meter.progress.Bytes); err != nil {
				told = err
			}
		},
	}
	if _, _, err = unpack.Read(&movingReader{body, meter, &told}); err != nil {
		return f.failure(err, to)
	}
	_, _ = io.CopyN(io.Discard, body, maxRest)
	return told
}

// movingReader tells a transfer that something moves, even if none of it is kept.
type movingReader struct {
	io.Reader
	meter *transfer
	told  *error
}

func (m *movingReader) Read(p []byte) (int, error) {
	n, err := m.Reader.Read(p)
	if failed := m.meter.moved(0, 0); failed != nil {
		*m.told = failed
	}
	return n, err
}

// failure explains why an output could not be unpacked.
func (f *fetch) failure(err error, to *place) error {
	var local *tree.WriteError
	what := f.spec.GetPath() + " of " + f.from
	switch {
	case errors.Is(err, tree.ErrLeadsOut):
		return protocol.Errorf(protocol.ErrorKind_ARCHIVE_UNSAFE,
			"%s was not copied: %w; links of the output may be skip or keep, if that is what you want", what, err)
	case errors.Is(err, tree.ErrUnsafe):
		return protocol.Errorf(protocol.ErrorKind_ARCHIVE_UNSAFE, "%s was not copied: %w", what, err)
	case errors.Is(err, tree.ErrTooLarge):
		return protocol.Errorf(protocol.ErrorKind_TRANSFER_TOO_LARGE,
			"%s was not copied: %w; raise max_bytes of the output if that is what you want", what, err)
	case errors.As(err, &local):
		return unwritable(filepath.Join(to.shown, local.Path), local.Err)
	case errors.Is(err, tree.ErrBroken):
		return protocol.Errorf(protocol.ErrorKind_ENGINE_ERROR, "%s was not copied: %w, as the engine at %s sends it", what, err, f.host)
	}
	return engine.Failure(err, f.host, "fetch "+f.spec.GetPath())
}

// unwritable says which file of this machine cannot be written.
func unwritable(name string, err error) error {
	var link *os.LinkError
	var at *os.PathError
	switch {
	case errors.As(err, &link):
		err = link.Err
	case errors.As(err, &at):
		err = at.Err
	}
	return protocol.Errorf(protocol.ErrorKind_FILE_UNWRITABLE, "%s cannot be written on this machine: %w", name, err)
}
