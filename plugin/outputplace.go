package plugin

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/hashicorp/go-hclog"

	"airdock.dev/airdock/plugin/tree"
	"airdock.dev/airdock/protocol"
)

const (
	// arrivalName is what an output is called in its stage.
	arrivalName = "arrival"
	// madeFolderMode is that of the folders above a target, less the umask.
	madeFolderMode = 0o755
)

// place is where an output goes, with a stage on the same file system.
type place struct {
	// shown is the target as a message names it, target its path in root.
	shown   string
	target  string
	root    *os.Root
	stage   *tree.Stage
	arrival *os.Root
	// made are the folders that were missing above the target, the outermost
	// first. They go again when nothing comes into them.
	made []string
}

// openPlace finds out where an output goes and makes its stage. The caller closes
// it.
func openPlace(target string, source *outputSource) (*place, error) {
	name := filepath.Clean(target)
	if !source.folder && strings.HasSuffix(target, "/") {
		name = filepath.Join(name, source.name)
	}
	// A rename would put the file in the place of a link that leads to the old one.
	if real, err := filepath.EvalSymlinks(name); err == nil {
		name = real
	}
	p := &place{shown: name, target: filepath.Base(name)}
	found, err := os.Stat(name)
	folder := filepath.Dir(name)
	switch {
	case err == nil && found.IsDir() != source.folder:
		return nil, conflict(&tree.ConflictError{Path: name, Folder: found.IsDir()})
	case err == nil && source.folder:
		// The folder itself may be the top of another file system.
		folder, p.target = name, "."
	}
	if err := p.open(folder, source); err != nil {
		p.close(hclog.NewNullLogger())
		if errors.Is(err, syscall.ENOTDIR) {
			return nil, protocol.Errorf(protocol.ErrorKind_PATH_CONFLICT, "%s cannot be there: one of the folders above it is a file", name)
		}
		return nil, unwritable(name, err)
	}
	return p, nil
}

func (p *place) open(folder string, source *outputSource) (err error) {
	if err := p.makeFolders(folder); err != nil {
		return err
	}
	if p.root, err = os.OpenRoot(folder); err != nil {
		return err
	}
	if p.stage, err = tree.NewStage(p.root); err != nil {
		return err
	}
	if !source.folder {
		p.arrival, err = p.root.OpenRoot(p.stage.Name)
		return err
	}
	if err := p.root.Mkdir(p.stage.Path(arrivalName), madeFolderMode); err != nil {
		return err
	}
	p.arrival, err = p.root.OpenRoot(p.stage.Path(arrivalName))
	return err
}

func (p *place) makeFolders(folder string) error {
	found, err := os.Stat(folder)
	switch {
	case err == nil && !found.IsDir():
		return syscall.ENOTDIR
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	if err := p.makeFolders(filepath.Dir(folder)); err != nil {
		return err
	}
	err = os.Mkdir(folder, madeFolderMode)
	switch {
	case err == nil:
		p.made = append(p.made, folder)
	case errors.Is(err, fs.ErrExist):
		return nil
	}
	return err
}

// arrived checks that what came is what the engine said that it is.
func (p *place) arrived(source *outputSource) error {
	found, err := p.root.Lstat(p.stage.Path(arrivalName))
	switch {
	case err == nil && source.folder == found.IsDir() && (source.folder || found.Mode().IsRegular()):
		return nil
	case err == nil || errors.Is(err, fs.ErrNotExist):
		return protocol.Errorf(protocol.ErrorKind_ARCHIVE_UNSAFE, "%s was announced as a file, and is none", source.path)
	}
	return unwritable(p.shown, err)
}

// move puts the output in its place.
func (p *place) move() error {
	err := (&tree.Merge{Root: p.root}).Move(p.stage.Path(arrivalName), p.target)
	var there *tree.ConflictError
	switch {
	case errors.As(err, &there):
		return conflict(&tree.ConflictError{Path: filepath.Join(p.root.Name(), there.Path), Folder: there.Folder})
	case err != nil:
		return unwritable(p.shown, err)
	}
	return nil
}

// close removes the stage, and the folders above the target that stayed empty.
func (p *place) close(log hclog.Logger) {
	if p.arrival != nil {
		p.arrival.Close()
	}
	if p.stage != nil {
		if err := p.stage.Close(); err != nil {
			log.Warn("the folder in which an output arrived could not be removed", "folder", filepath.Join(p.root.Name(), p.stage.Name), "error", err)
		}
	}
	if p.root != nil {
		p.root.Close()
	}
	for n := range p.made {
		_ = os.Remove(p.made[len(p.made)-1-n])
	}
}

// conflict says what is in the way of an output.
func conflict(there *tree.ConflictError) error {
	if there.Folder {
		return protocol.Errorf(protocol.ErrorKind_PATH_CONFLICT,
			"%s is a folder on this machine, and the output is a file; give a file's path, or end the target with / to put the file into the folder", there.Path)
	}
	return protocol.Errorf(protocol.ErrorKind_PATH_CONFLICT,
		"%s is a file on this machine, and the output has a folder there; remove the file or choose another target", there.Path)
}
