package volume

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io"
	"slices"

	"github.com/klauspost/compress/zstd"

	"airdock.dev/airdock/protocol"
)

//go:generate go run generate.go

// programs holds cmd/airdock-helper for each of machines, as go generate makes
// it: in one archive, because most of one is in the other, too. A build without
// that step has none, and can do all but put files into volumes and get them back.
//
//go:embed all:program
var programs embed.FS

// machines are those that there is a helper for, in GOARCH's spelling.
var machines = []string{"amd64", "arm64"}

// program is the helper for one kind of machine.
type program struct {
	arch   string
	packed []byte
	// version names this very program.
	version string
}

// findProgram returns the helper for a machine (GOARCH's spelling).
func findProgram(arch string) (*program, error) {
	packed, err := programs.ReadFile("program/helpers.tar.zst")
	if err != nil || !slices.Contains(machines, arch) {
		return nil, protocol.Errorf(protocol.ErrorKind_HELPER_UNAVAILABLE,
			"this airdock-plugin carries no helper for an engine on linux/%s, which files to and from volumes need; "+
				"use a released wheel, or build with `make build`", arch)
	}
	sum := sha256.New()
	_, _ = io.WriteString(sum, arch)
	_, _ = sum.Write(packed)
	return &program{arch, packed, hex.EncodeToString(sum.Sum(nil)[:6])}, nil
}

func (p *program) unpack() ([]byte, error) {
	unpacked, err := zstd.NewReader(bytes.NewReader(p.packed), zstd.WithDecoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	defer unpacked.Close()
	for archive := tar.NewReader(unpacked); ; {
		header, err := archive.Next()
		if err != nil {
			return nil, err
		}
		if header.Name == p.arch {
			return io.ReadAll(archive)
		}
	}
}
