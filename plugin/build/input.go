package build

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"airdock.dev/airdock/protocol"
)

const (
	defaultDockerfile = "Dockerfile"
	// maxDockerfile bounds what is read of a Dockerfile and its ignore file.
	maxDockerfile = 4 << 20
)

// input is what a build is made from, found and read.
type input struct {
	// folder or tar, or neither.
	folder, tar string
	// dockerfile is its name, for messages and for the engine. Its text is in
	// content, unless it lies in the tar.
	dockerfile string
	content    []byte
	inTar      bool
	// ignore is the file of the Dockerfile's name and .dockerignore; nil: none.
	ignore []byte
}

func openInput(spec *protocol.BuildRequest) (*input, error) {
	in := &input{folder: spec.GetFolder(), tar: spec.GetTar(), dockerfile: defaultDockerfile}
	if err := in.checkContext(spec); err != nil {
		return nil, err
	}
	switch given := spec.GetDockerfile().(type) {
	case *protocol.BuildRequest_DockerfileInline:
		in.content = []byte(given.DockerfileInline)
		return in, nil
	case *protocol.BuildRequest_DockerfilePath:
		in.dockerfile = given.DockerfilePath
	}
	switch {
	case in.dockerfile == "":
		return nil, invalid("the Dockerfile's path is empty; leave it out to have %s in the context", defaultDockerfile)
	case filepath.IsAbs(in.dockerfile):
		return in, in.readDockerfile(in.dockerfile)
	case in.tar != "":
		in.inTar = true
		return in, nil
	case in.folder == "":
		return nil, protocol.Errorf(protocol.ErrorKind_DOCKERFILE_NOT_FOUND,
			"the build has neither a context nor a Dockerfile; give a folder, or the Dockerfile's text or absolute path")
	}
	return in, in.readDockerfile(filepath.Join(in.folder, in.dockerfile))
}

func (in *input) checkContext(spec *protocol.BuildRequest) error {
	path, isFolder := in.folder, true
	switch spec.GetContext().(type) {
	case nil:
		return nil
	case *protocol.BuildRequest_Tar:
		path, isFolder = in.tar, false
	}
	if path == "" {
		return protocol.Errorf(protocol.ErrorKind_CONTEXT_UNREADABLE, "the path of the build context is empty")
	}
	stat, err := os.Stat(path)
	switch {
	case err != nil:
		return protocol.Errorf(protocol.ErrorKind_CONTEXT_UNREADABLE,
			"the build context %s cannot be read: %w; it must be on the machine that runs this task", path, reason(err))
	case isFolder && !stat.IsDir():
		return protocol.Errorf(protocol.ErrorKind_CONTEXT_UNREADABLE,
			"the build context %s is a file; give the folder that it is in, or say that it is a tar", path)
	case !isFolder && !stat.Mode().IsRegular():
		return protocol.Errorf(protocol.ErrorKind_CONTEXT_UNREADABLE, "the build context %s is no file, and so no tar", path)
	}
	file, err := os.Open(path)
	if err != nil {
		return protocol.Errorf(protocol.ErrorKind_CONTEXT_UNREADABLE, "the build context %s cannot be read: %w", path, reason(err))
	}
	return file.Close()
}

func (in *input) readDockerfile(path string) error {
	in.dockerfile = filepath.Base(path)
	var err error
	if in.content, err = readSmall(path); err != nil {
		return protocol.Errorf(protocol.ErrorKind_DOCKERFILE_NOT_FOUND,
			"the Dockerfile %s cannot be read: %w", path, reason(err))
	}
	in.ignore, err = readSmall(path + ".dockerignore")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return protocol.Errorf(protocol.ErrorKind_CONTEXT_UNREADABLE, "%s.dockerignore cannot be read: %w", path, reason(err))
	}
	return nil
}

func readSmall(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, maxDockerfile+1))
	if err == nil && len(content) > maxDockerfile {
		err = errors.New("it has more than 4 MiB")
	}
	return content, err
}

// reason is an error of a file without the path, which the message has already.
func reason(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}
