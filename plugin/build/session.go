package build

import (
	"context"
	"io"
	"io/fs"
	"net"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/moby/buildkit/session/auth"
	"github.com/moby/buildkit/util/staticfs"
	"github.com/tonistiigi/fsutil"
	"github.com/tonistiigi/fsutil/types"
	"google.golang.org/grpc"

	"airdock.dev/airdock/protocol"
)

// counter counts bytes.
type counter struct{ atomic.Int64 }

// countedConn counts what is written to it.
type countedConn struct {
	net.Conn
	sent *counter
}

func (c countedConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.sent.Add(int64(n))
	return n, err
}

// credentials answers BuildKit when it wants a login for a registry. BuildKit's
// own provider reads only the docker CLI's configuration, and leaves a file
// there. What it does besides, to fetch tokens here, is the engine's part
// where a session does not offer it.
type credentials struct {
	auth.UnimplementedAuthServer
	logins Logins
	fail   func(error)
}

func (c *credentials) Register(server *grpc.Server) { auth.RegisterAuthServer(server, c) }

// Credentials implements auth.AuthServer.
func (c *credentials) Credentials(_ context.Context, request *auth.CredentialsRequest) (*auth.CredentialsResponse, error) {
	login, err := c.logins.Login(request.Host)
	if err != nil {
		c.fail(err)
		return nil, err
	}
	if login.IdentityToken != "" {
		return &auth.CredentialsResponse{Secret: login.IdentityToken}, nil
	}
	return &auth.CredentialsResponse{Username: login.Username, Secret: login.Password}, nil
}

// watchedFS is a context folder that fails the build when something in it cannot
// be read. BuildKit's sender would send such a file as an empty one and go on
// (fsutil of June 2025).
type watchedFS struct {
	fsutil.FS
	root string
	fail func(error)
}

func (w *watchedFS) Walk(ctx context.Context, target string, each fs.WalkDirFunc) error {
	return w.FS.Walk(ctx, target, func(path string, entry fs.DirEntry, err error) error {
		answer := each(path, entry, err)
		// What the ignore file excludes may be unreadable: then answer is no error.
		if err != nil && answer != nil && answer != fs.SkipDir && answer != fs.SkipAll {
			w.report(path, err)
		}
		return answer
	})
}

func (w *watchedFS) Open(path string) (io.ReadCloser, error) {
	file, err := w.FS.Open(path)
	if err != nil {
		w.report(path, err)
		return nil, err
	}
	return &watchedFile{file, w, path}, nil
}

func (w *watchedFS) report(path string, err error) {
	w.fail(protocol.Errorf(protocol.ErrorKind_CONTEXT_UNREADABLE,
		"%s in the build context cannot be read: %w; mend its permissions or exclude it in .dockerignore",
		filepath.Join(w.root, path), reason(err)))
}

type watchedFile struct {
	io.ReadCloser
	of   *watchedFS
	path string
}

func (f *watchedFile) Read(p []byte) (int, error) {
	n, err := f.ReadCloser.Read(p)
	if err != nil && err != io.EOF {
		f.of.report(f.path, err)
	}
	return n, err
}

// dockerfileFS holds the Dockerfile and its ignore file alone. Their time is now:
// BuildKit sends a file again only when its size or time changed, and two
// Dockerfiles of one checkout often have both in common.
func dockerfileFS(in *input) fsutil.FS {
	files := staticfs.NewFS()
	now := time.Now().UnixNano()
	files.Add(in.dockerfile, &types.Stat{Mode: 0o644, ModTime: now}, in.content)
	if in.ignore != nil {
		files.Add(in.dockerfile+".dockerignore", &types.Stat{Mode: 0o644, ModTime: now}, in.ignore)
	}
	return wholeNames{files}
}

// wholeNames mends a walk of staticfs, which takes a.dockerignore for a part of
// a (BuildKit 0.25).
type wholeNames struct{ *staticfs.FS }

func (w wholeNames) Walk(ctx context.Context, target string, each fs.WalkDirFunc) error {
	target = strings.Trim(target, "/")
	return w.FS.Walk(ctx, target, func(path string, entry fs.DirEntry, err error) error {
		if target != "" && path != target && !strings.HasPrefix(path, target+"/") {
			return nil
		}
		return each(path, entry, err)
	})
}
