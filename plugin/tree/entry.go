// Package tree carries trees of files: it walks them, packs them into a tar,
// unpacks a tar that nobody vouches for, and moves what has arrived into its
// place. The plugin uses it on its own machine and its helper on the engine's,
// so it imports the standard library alone.
package tree

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

// modeBits are the bits of a mode that a copy can set.
const modeBits = fs.ModePerm | fs.ModeSetuid | fs.ModeSetgid | fs.ModeSticky

// ErrChanged says that a file changed while it was read.
var ErrChanged = errors.New("the file changed while it was read")

// ConflictError says that a folder is where a file is needed, or the reverse.
type ConflictError struct {
	// Path is the place in the target.
	Path string
	// Folder says that a folder is there, and not a file.
	Folder bool
}

// Error implements error.
func (e *ConflictError) Error() string {
	if e.Folder {
		return fmt.Sprintf("%s is a folder, and a file is needed there", e.Path)
	}
	return fmt.Sprintf("%s is no folder, and one is needed there", e.Path)
}

// Entry describes one file of a tree: a folder, a regular file, a symbolic link,
// or what no copy carries (a device, a FIFO, a socket).
type Entry struct {
	// Path is relative to the tree's top, with slashes; the top itself is ".".
	Path string
	Mode fs.FileMode
	// Size is the content's, in bytes; 0 for what has none.
	Size int64
	// Time is that of the last modification, in ns since 1970.
	Time     int64
	UID, GID int
	// Link is a symbolic link's target.
	Link string
	// Same is the path of the first entry, in the order of Walk, that is the same
	// file (a hard link); empty for all others.
	Same string
}

// Copied says whether a copy carries the entry.
func (e *Entry) Copied() bool {
	return e.Mode.IsRegular() || e.Mode.IsDir() || e.Mode.Type() == fs.ModeSymlink
}

// SameContent says whether the other entry's content can be taken for this one's.
func (e *Entry) SameContent(other *Entry) bool {
	switch {
	case e.Mode.Type() != other.Mode.Type():
		return false
	case e.Mode.IsRegular():
		return e.Size == other.Size && e.Time == other.Time && e.Same == other.Same
	default:
		return e.Link == other.Link
	}
}

// SameAccess says whether mode and owner are the other entry's. A symbolic link's
// mode means nothing.
func (e *Entry) SameAccess(other *Entry) bool {
	return e.UID == other.UID && e.GID == other.GID &&
		(e.Mode.Type() == fs.ModeSymlink || e.Mode&modeBits == other.Mode&modeBits)
}

// Below says whether name is in the folder, at any depth.
func Below(name, folder string) bool {
	return folder == "." && name != "." || strings.HasPrefix(name, folder+"/")
}
