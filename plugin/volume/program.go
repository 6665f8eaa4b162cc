package volume

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io"

	"airdock.dev/airdock/protocol"
)

//go:generate go run generate.go

// programs holds cmd/airdock-helper for each kind of machine, as go generate
// makes it. A build without that step has none, and can do all but put files
// into volumes and get them back.
//
//go:embed all:program
var programs embed.FS

// program is the helper for one kind of machine, compressed.
type program struct {
	packed []byte
	// version names this very program.
	version string
}

// findProgram returns the helper for a machine (GOARCH's spelling).
func findProgram(arch string) (*program, error) {
	packed, err := programs.ReadFile("program/linux-" + arch + ".gz")
	if err != nil {
		return nil, protocol.Errorf(protocol.ErrorKind_HELPER_UNAVAILABLE,
			"this airdock-plugin carries no helper for an engine on linux/%s, which files to and from volumes need; "+
				"use a released wheel, or build with `make build`", arch)
	}
	sum := sha256.Sum256(packed)
	return &program{packed, hex.EncodeToString(sum[:6])}, nil
}

func (p *program) unpack() ([]byte, error) {
	reader, err := gzip.NewReader(bytes.NewReader(p.packed))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(reader)
}
