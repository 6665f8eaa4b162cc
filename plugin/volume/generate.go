//go:build ignore

// Makes program/*.gz, the helper for each kind of machine that an engine may
// run on. The same sources and the same Go give the same bytes.
package main

import (
	"bytes"
	"compress/gzip"
	"log"
	"os"
	"os/exec"
	"path/filepath"
)

func main() {
	scratch, err := os.MkdirTemp("", "airdock-helper-")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(scratch)
	for _, arch := range []string{"amd64", "arm64"} {
		if err := makeProgram(arch, filepath.Join(scratch, arch)); err != nil {
			log.Fatal(err)
		}
	}
}

func makeProgram(arch, built string) error {
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
	var packed bytes.Buffer
	packer, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return err
	}
	if _, err := packer.Write(content); err != nil {
		return err
	}
	if err := packer.Close(); err != nil {
		return err
	}
	return os.WriteFile("program/linux-"+arch+".gz", packed.Bytes(), 0o644)
}
