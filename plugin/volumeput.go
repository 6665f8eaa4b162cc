package plugin

import (
	"archive/tar"
	"context"
	"io"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/hashicorp/go-hclog"
	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"

	"airdock.dev/airdock/plugin/engine"
	"airdock.dev/airdock/plugin/volume"
	"airdock.dev/airdock/plugin/volume/talk"
	"airdock.dev/airdock/protocol"
)

// volumePut carries one source to a volume.
type volumePut struct {
	eng     *engine.Engine
	request *protocol.VolumePutRequest
	out     sink
	log     hclog.Logger
}

// VolumePut implements protocol.AirdockServer.
func (s *server) VolumePut(request *protocol.VolumePutRequest, stream grpc.ServerStreamingServer[protocol.Event]) error {
	began := time.Now()
	ctx, end, eng, err := s.keyed(stream.Context(), request.GetKey(), request.GetEngine(), "transfer")
	if err != nil {
		return answer(err)
	}
	defer end()
	p := &volumePut{eng: eng, request: request, out: stream.Send, log: s.log.With("key", request.GetKey())}
	filled, err := p.run(ctx)
	if err != nil {
		return answer(orCause(ctx, err))
	}
	filled.Seconds = time.Since(began).Seconds()
	return stream.Send(&protocol.Event{Event: &protocol.Event_VolumeFilled{VolumeFilled: filled}})
}

func (p *volumePut) run(ctx context.Context) (filled *protocol.VolumeFilled, err error) {
	source, err := openSource(p.request, func(name string) {
		p.log.Warn("not copied: it is neither a file, a folder nor a symbolic link", "path", name)
	})
	if err != nil {
		return nil, err
	}
	defer source.close()
	session, err := p.open(ctx, source)
	if err != nil {
		return nil, err
	}
	defer func() { session.close(ctx, err) }()
	target, err := p.target(source)
	if err != nil {
		return nil, err
	}
	todo, err := compare(session.List(target), source.entries)
	if err != nil {
		return nil, session.failure(err)
	}
	if err := p.upload(ctx, session, source, todo); err != nil {
		return nil, err
	}
	change := &volume.Change{Arrived: len(todo.send) > 0, Replace: p.request.GetMirror(), Access: todo.access}
	if p.request.GetMirror() {
		change.Remove = todo.remove
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err := session.Commit(target, change); err != nil {
		return nil, session.failure(err)
	}
	return &protocol.VolumeFilled{
		Volume:         session.volume,
		FilesSent:      todo.files,
		FilesUnchanged: todo.unchanged,
		BytesSent:      todo.bytes,
		Deleted:        int64(len(change.Remove)),
	}, nil
}

// open starts a helper, which takes the engine a while, and lists the source
// meanwhile.
func (p *volumePut) open(ctx context.Context, source *volumeSource) (*volumeSession, error) {
	uid, gid, keep, err := wantedOwner(p.request.GetOwner())
	if err != nil {
		return nil, err
	}
	var listing errgroup.Group
	if source.list != nil {
		listing.Go(source.list)
	}
	session, err := openVolume(ctx, p.eng, p.log, volumeUse{
		volume: p.request.GetVolume(),
		create: p.request.GetCreate(),
		key:    p.request.GetKey(),
		origin: p.request.GetOrigin(),
	})
	if failed := listing.Wait(); failed != nil {
		if err == nil {
			session.close(ctx, failed)
		}
		return nil, failed
	}
	if err != nil || keep {
		return session, err
	}
	for _, entry := range source.entries {
		entry.UID, entry.GID = uid, gid
	}
	return session, nil
}

// target returns where in the volume the source goes. A file that is put into a
// folder keeps its name.
func (p *volumePut) target(source *volumeSource) (string, error) {
	name := p.request.GetPath()
	target := volumePath(name)
	if source.entries[0].Mode.IsDir() || target != "." && !strings.HasSuffix(name, "/") {
		return target, nil
	}
	if p.request.GetLocalPath() == "" {
		return "", invalid("content needs a path in the volume with the file's name")
	}
	return path.Join(target, filepath.Base(p.request.GetLocalPath())), nil
}

// volumePath makes a path from the volume's top one that tree.Walk takes; no
// number of .. leads above the top.
func volumePath(name string) string {
	if clean := path.Clean("/" + name); clean != "/" {
		return clean[1:]
	}
	return "."
}

// upload sends what the volume lacks to the stage (PUT /containers/ID/archive).
func (p *volumePut) upload(ctx context.Context, session *volumeSession, source *volumeSource, todo *change) error {
	if len(todo.send) == 0 {
		return nil
	}
	ctx, meter := newTransfer(ctx, &protocol.TransferProgress{
		Path:       p.shown(),
		FilesTotal: todo.files,
		BytesTotal: todo.bytes,
	}, p.eng.Timeout, p.out)
	defer meter.end()
	stage := path.Join(talk.Mount, session.Stage)
	err := p.eng.PutArchive(ctx, session.Container, stage, func(to io.Writer) error {
		archive := tar.NewWriter(to)
		if err := source.write(archive, todo.send, func(n int) { _ = meter.moved(0, int64(n)) }); err != nil {
			return err
		}
		return archive.Close()
	})
	if err != nil {
		return orCause(ctx, archiveFailure(err, p.eng.Host, "put files into the volume "+session.volume))
	}
	meter.progress.Files = todo.files
	return meter.done()
}

func (p *volumePut) shown() string {
	for _, name := range []string{p.request.GetLocalPath(), p.request.GetTar()} {
		if name != "" {
			return name
		}
	}
	return p.request.GetPath()
}

// archiveFailure tells a full disk from other reasons for which an engine takes
// no files.
func archiveFailure(err error, host, verb string) error {
	if protocol.FromError(err) != nil {
		return err // It was this machine's fault.
	}
	if isDiskFull(err) {
		return protocol.Errorf(protocol.ErrorKind_ENGINE_DISK_FULL, "the engine at %s has no space left to %s; nothing there was changed: %w", host, verb, err)
	}
	return engine.Failure(err, host, verb)
}

// isDiskFull finds it in the engine's words, which are all that there is.
func isDiskFull(err error) bool {
	return strings.Contains(err.Error(), "no space left on device") || strings.Contains(err.Error(), "disk quota exceeded")
}
