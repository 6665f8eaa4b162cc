package plugin

import (
	"archive/tar"
	"bufio"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/moby/go-archive/compression"

	"airdock.dev/airdock/plugin/tree"
	"airdock.dev/airdock/plugin/volume/talk"
	"airdock.dev/airdock/protocol"
)

// defaultFileMode is that of content that comes by value.
const defaultFileMode = 0o644

// volumeSource is what a put carries.
type volumeSource struct {
	// entries are known when list has returned; list is nil where they are already.
	entries []*tree.Entry
	list    func() error
	// write sends the chosen entries, in the order of entries.
	write func(w *tar.Writer, chosen []*tree.Entry, wrote func(n int)) error
	close func()
}

// openSource opens what a put carries and reads nothing of its content yet.
func openSource(request *protocol.VolumePutRequest, skip func(path string)) (*volumeSource, error) {
	switch request.GetSource().(type) {
	case *protocol.VolumePutRequest_LocalPath:
		return localSource(request, skip)
	case *protocol.VolumePutRequest_Content:
		return contentSource(request), nil
	case *protocol.VolumePutRequest_Tar:
		return tarSource(request.GetTar(), skip)
	}
	return nil, invalid("nothing is given to put into the volume: a path, content or a tar")
}

func localSource(request *protocol.VolumePutRequest, skip func(path string)) (*volumeSource, error) {
	local, err := openLocal(request.GetLocalPath())
	if err != nil {
		return nil, err
	}
	source := &volumeSource{
		write: func(w *tar.Writer, chosen []*tree.Entry, wrote func(n int)) error {
			pack := tree.Pack{Writer: w, Root: local.root, Name: local.name, As: talk.Content, Wrote: wrote}
			for _, entry := range chosen {
				if err := pack.Write(entry); err != nil {
					return local.failure(err)
				}
			}
			return nil
		},
		close: local.close,
	}
	source.list = func() (err error) {
		if source.entries, err = local.entries(skip); err != nil || request.Mode == nil {
			return err
		}
		if source.entries[0].Mode.IsDir() {
			return invalid("mode is for a file that is put by itself, and %s is a folder", local.path)
		}
		source.entries[0].Mode = fs.FileMode(request.GetMode()) & fs.ModePerm
		return nil
	}
	return source, nil
}

func contentSource(request *protocol.VolumePutRequest) *volumeSource {
	entry := &tree.Entry{Path: ".", Mode: defaultFileMode, Size: int64(len(request.GetContent())), Time: time.Now().UnixNano()}
	if request.Mode != nil {
		entry.Mode = fs.FileMode(request.GetMode()) & fs.ModePerm
	}
	return &volumeSource{
		entries: []*tree.Entry{entry},
		write: func(w *tar.Writer, chosen []*tree.Entry, wrote func(n int)) error {
			if err := w.WriteHeader(tree.PackHeader(entry, talk.Content)); err != nil {
				return err
			}
			n, err := w.Write(request.GetContent())
			wrote(n)
			return err
		},
		close: func() {},
	}
}

// tarSource reads the names of a tar first and its content when it is known what
// is to be sent.
func tarSource(name string, skip func(path string)) (*volumeSource, error) {
	if !filepath.IsAbs(name) {
		return nil, invalid("%q is no absolute path on this machine", name)
	}
	top := &tree.Entry{Path: ".", Mode: fs.ModeDir | 0o755}
	byPath, order := map[string]*tree.Entry{}, map[*tree.Entry]int{top: -1}
	err := eachInTar(name, func(number int, header *tar.Header, _ io.Reader) error {
		entry, err := tarEntry(header)
		switch {
		case err != nil:
			return err
		case !entry.Copied():
			skip(header.Name)
		case entry.Path != ".":
			// The last one of several with the same name wins, as it does when a tar
			// is unpacked.
			delete(order, byPath[entry.Path])
			byPath[entry.Path], order[entry] = entry, number
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &volumeSource{
		entries: slices.SortedFunc(maps.Keys(order), func(a, b *tree.Entry) int { return order[a] - order[b] }),
		write: func(w *tar.Writer, chosen []*tree.Entry, wrote func(n int)) error {
			return copyTar(name, w, chosen, order, wrote)
		},
		close: func() {},
	}, nil
}

// copyTar sends the chosen entries with their content from the tar, in which they
// have the order's numbers.
func copyTar(name string, w *tar.Writer, chosen []*tree.Entry, order map[*tree.Entry]int, wrote func(n int)) error {
	numbered := make(map[int]*tree.Entry, len(chosen))
	for _, entry := range chosen {
		if numbered[order[entry]] = entry; entry.Path == "." {
			if err := w.WriteHeader(tree.PackHeader(entry, talk.Content)); err != nil {
				return err
			}
		}
	}
	return eachInTar(name, func(number int, _ *tar.Header, content io.Reader) error {
		entry := numbered[number]
		if entry == nil {
			return nil
		}
		if err := w.WriteHeader(tree.PackHeader(entry, talk.Content)); err != nil {
			return err
		}
		n, err := io.Copy(w, content)
		wrote(int(n))
		return err
	})
}

func eachInTar(name string, each func(number int, header *tar.Header, content io.Reader) error) error {
	file, err := os.Open(name)
	if err != nil {
		return unreadable(name, err)
	}
	defer file.Close()
	plain, err := compression.DecompressStream(bufio.NewReader(file))
	if err != nil {
		return unreadable(name, err)
	}
	defer plain.Close()
	reader := tar.NewReader(plain)
	for number := 0; ; number++ {
		header, err := reader.Next()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case header != nil && header.Typeflag == tar.TypeXGlobalHeader:
			continue
		case err != nil:
			return protocol.Errorf(protocol.ErrorKind_FILE_UNREADABLE, "%s is no tar, or a damaged one: %w", name, err)
		}
		if err := each(number, header, reader); err != nil {
			return err
		}
	}
}

// tarEntry is what a tar's header describes. A tar comes from anywhere, so no name
// may lead out of it.
func tarEntry(header *tar.Header) (*tree.Entry, error) {
	name := path.Clean(header.Name)
	if !filepath.IsLocal(name) {
		return nil, protocol.Errorf(protocol.ErrorKind_ARCHIVE_UNSAFE, "the tar has an entry %q, which leads out of it", header.Name)
	}
	entry := &tree.Entry{
		Path: name,
		Mode: header.FileInfo().Mode(),
		Time: header.ModTime.UnixNano(),
		UID:  header.Uid,
		GID:  header.Gid,
	}
	switch {
	case header.Typeflag == tar.TypeSymlink:
		entry.Link = header.Linkname
	case header.Typeflag != tar.TypeLink:
		entry.Size = header.Size
	default:
		entry.Same = path.Clean(header.Linkname)
		if !filepath.IsLocal(entry.Same) {
			return nil, protocol.Errorf(protocol.ErrorKind_ARCHIVE_UNSAFE, "the tar has a hard link %q to %q, which is not in it", header.Name, header.Linkname)
		}
	}
	return entry, nil
}

// wantedOwner reads the owner that all entries are to have; keep says that each has
// that of its source.
func wantedOwner(owner string) (uid, gid int, keep bool, err error) {
	if owner == "" || owner == "source" {
		return 0, 0, owner == "source", nil
	}
	user, group, both := strings.Cut(owner, ":")
	if !both {
		group = user
	}
	var errs [2]error
	uid, errs[0] = strconv.Atoi(user)
	gid, errs[1] = strconv.Atoi(group)
	if errors.Join(errs[:]...) != nil || uid < 0 || gid < 0 {
		return 0, 0, false, invalid("owner is %q; a volume takes UID, UID:GID or source", owner)
	}
	return uid, gid, false, nil
}
