package plugin

import (
	"context"
	"fmt"
	"os"
	"path"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"

	"airdock.dev/airdock/plugin/engine"
	"airdock.dev/airdock/plugin/tree"
	"airdock.dev/airdock/protocol"
)

const (
	// specials begin what makes a path a pattern.
	specials = "*?["
	// maxLinks bounds how many symbolic links are followed to an output, as Linux
	// does.
	maxLinks = 40
	// maxLeftOut bounds how many files are asked for one by one.
	maxLeftOut = 10_000
)

func hasPattern(name string) bool { return strings.ContainsAny(name, specials) }

// outputSource is what to copy.
type outputSource struct {
	// path is what the engine is asked for. A folder's ends in /., so that the
	// names in its tar begin in the folder.
	path string
	// name is the last part of the path that was asked for.
	name    string
	folder  bool
	as      string // a file's path in the stage
	pattern string // below the folder; empty: all of it
	found   bool
	// leftOut are hard links that fit the pattern to files that do not.
	leftOut []leftOutLink
}

type leftOutLink struct{ name, place string }

// source looks up what the output names. A symbolic link is followed, within the
// container. What is not there is errNoFile.
func (f *fetch) source(ctx context.Context) (*outputSource, error) {
	name, pattern := splitPattern(f.spec.GetPath())
	source := &outputSource{name: path.Base(name), as: arrivalName, pattern: pattern}
	found, mode, err := f.resolve(ctx, path.Join(f.top, name))
	switch {
	case err != nil:
		return nil, err
	case mode.IsDir():
		source.path, source.folder = strings.TrimSuffix(found, "/")+"/.", true
		source.found = pattern == ""
	case pattern != "":
		return nil, errNoFile
	case mode.IsRegular():
		source.path, source.found = found, true
	default:
		return nil, protocol.Errorf(protocol.ErrorKind_ARCHIVE_UNSAFE, "%s of %s is neither a file nor a folder", f.spec.GetPath(), f.from)
	}
	return source, nil
}

// resolve follows symbolic links to what they lead to.
func (f *fetch) resolve(ctx context.Context, name string) (string, os.FileMode, error) {
	for range maxLinks {
		if f.top != "/" && name != f.top && !strings.HasPrefix(name, f.top+"/") {
			return "", 0, errNoFile
		}
		stat, err := f.stat(ctx, name)
		if err != nil {
			return "", 0, err
		}
		if stat.Mode&os.ModeSymlink == 0 {
			return name, stat.Mode, nil
		}
		to := stat.LinkTarget
		if !path.IsAbs(to) {
			to = path.Join(path.Dir(name), to)
		}
		name = path.Clean(to)
	}
	return "", 0, fmt.Errorf("%w: the symbolic links at %s lead nowhere", errNoFile, f.spec.GetPath())
}

func (f *fetch) stat(ctx context.Context, name string) (container.PathStat, error) {
	callCtx, cancel := context.WithTimeout(ctx, f.timeout)
	defer cancel()
	stat, err := f.api.ContainerStatPath(callCtx, f.container, name)
	switch {
	case errdefs.IsNotFound(err):
		return stat, errNoFile
	case errdefs.IsInternal(err) && name != "/":
		// Engine 20.10 fails so for what would be below a file, without a word.
		above, missing := f.stat(ctx, path.Dir(name))
		if missing != nil || above.Mode.IsRegular() {
			return stat, errNoFile
		}
	}
	return stat, engine.Failure(err, f.host, "look up "+f.spec.GetPath())
}

// place says where in the stage an entry of the engine's tar goes.
func (s *outputSource) place(name string) (string, bool) {
	switch {
	case !s.folder:
		return s.as, true
	case s.pattern == "":
		return name, true
	case name != "." && s.matches(name):
		s.found = true
		return name, true
	}
	return "", false
}

func (s *outputSource) leaveOut(name, place string) error {
	if len(s.leftOut) == maxLeftOut {
		return fmt.Errorf("%w: more than %d hard links lead to files that do not fit the pattern", tree.ErrUnsafe, maxLeftOut)
	}
	s.leftOut = append(s.leftOut, leftOutLink{name, place})
	return nil
}

// matches says whether a name, or a folder above it, fits the pattern: a folder
// that does comes with all that is in it.
func (s *outputSource) matches(name string) bool {
	for ; name != "."; name = path.Dir(name) {
		if doublestar.MatchUnvalidated(s.pattern, name) {
			return true
		}
	}
	return false
}

// splitPattern parts a path before the folder with the first special character.
func splitPattern(name string) (folder, pattern string) {
	if !hasPattern(name) {
		return path.Clean(name), ""
	}
	at := strings.LastIndexByte(name[:strings.IndexAny(name, specials+`\`)], '/')
	return path.Clean(name[:at+1]), escapeBraces(strings.Trim(name[at+1:], "/"))
}

// escapeBraces takes from braces the meaning that they have in package doublestar
// and not in an output.
func escapeBraces(pattern string) string {
	var escaped strings.Builder
	skip := false
	for _, c := range []byte(pattern) {
		if !skip && (c == '{' || c == '}') {
			escaped.WriteByte('\\')
		}
		skip = !skip && c == '\\'
		escaped.WriteByte(c)
	}
	return escaped.String()
}

func checkPattern(name string) error {
	if _, pattern := splitPattern(name); !doublestar.ValidatePattern(pattern) {
		return invalid("%q is no pattern that can be read; a [ has to be closed, and a special character that stands for itself follows a \\", name)
	}
	return nil
}
