package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"

	"airdock.dev/airdock/protocol"
)

// fileFlags are the flags of `airdock run` that copy files into the container and
// out of it.
type fileFlags struct {
	outputFlags
	copyIn, copyOut []string
}

func (f *fileFlags) register(flags *pflag.FlagSet) {
	f.prefix = "copy-"
	flags.StringArrayVar(&f.copyIn, "copy-in", nil, "Copy a file, or a folder's content, into the container before it starts, LOCAL:CONTAINER")
	flags.StringArrayVar(&f.copyOut, "copy-out", nil,
		"Copy a file, a folder's content or what matches a pattern out of the container when it has ended with 0, CONTAINER:LOCAL")
	flags.StringVar(&f.maxBytes, "copy-max-bytes", "", "Bound on the size of each --copy-out, bytes or a number with b, k, m, g, t (default 16g)")
	flags.StringVar(&f.links, "copy-links", "refuse", "What becomes of symbolic links that lead out of a --copy-out: refuse, skip, keep")
}

// files are the container's inputs and outputs.
func (f *fileFlags) files() (in []*protocol.File, out []*protocol.OutputSpec, err error) {
	for _, text := range f.copyIn {
		// The container's path is absolute, and the local one may have a colon.
		at := strings.LastIndex(text, ":/")
		if at <= 0 {
			return nil, nil, fmt.Errorf("--copy-in %q is not LOCAL:CONTAINER, with an absolute path in the container", text)
		}
		local, err := filepath.Abs(text[:at])
		if err != nil {
			return nil, nil, err
		}
		in = append(in, &protocol.File{Path: text[at+1:], Source: &protocol.File_LocalPath{LocalPath: local}})
	}
	for _, text := range f.copyOut {
		inside, local, both := strings.Cut(text, ":")
		if !both || local == "" || !strings.HasPrefix(inside, "/") {
			return nil, nil, fmt.Errorf("--copy-out %q is not CONTAINER:LOCAL, with an absolute path in the container", text)
		}
		spec, err := f.output(local)
		if err != nil {
			return nil, nil, err
		}
		spec.Path = inside
		out = append(out, spec)
	}
	return in, out, nil
}
