//go:build ignore

// Makes program/helpers.tar.zst, the helper for each kind of machine that an
// engine may run on. The same sources and the same Go give the same bytes.
package main

import (
	"archive/tar"
	"bytes"
	"log"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/klauspost/compress/zstd"
)

func main() {
	scratch, err := os.MkdirTemp("", "airdock-helper-")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(scratch)
	var archive bytes.Buffer
	writer := tar.NewWriter(&archive)
	for _, arch := range []string{"amd64", "arm64"} {
		if err := addProgram(writer, arch, filepath.Join(scratch, arch)); err != nil {
			log.Fatal(err)
		}
	}
	if err := writer.Close(); err != nil {
		log.Fatal(err)
	}
	// The window reaches from one program to the other.
	packer, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBestCompression), zstd.WithWindowSize(8<<20), zstd.WithEncoderConcurrency(1))
	if err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile("program/helpers.tar.zst", packer.EncodeAll(archive.Bytes(), nil), 0o644); err != nil {
		log.Fatal(err)
	}
}

func addProgram(writer *tar.Writer, arch, built string) error {
	build := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w -buildid=", "-o", built, "airdock.dev/airdock/cmd/airdock-helper")
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+arch, "GOFLAGS=")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return err
	}
	content, err := os.ReadFile(built)
	if err != nil {
		return err
	}
	header := &tar.Header{Typeflag: tar.TypeReg, Name: arch, Size: int64(len(content)), Mode: 0o755}
	if err := writer.WriteHeader(header); err != nil {
		return err
	}
	_, err = writer.Write(content)
	return err
}
