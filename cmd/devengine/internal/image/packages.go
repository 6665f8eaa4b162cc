package image

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"airdock.dev/airdock/cmd/devengine/internal/program"
)

// download fetches packages with all that they depend on into folder, as if
// nothing was installed.
func download(ctx context.Context, folder string, packages []string) error {
	status := filepath.Join(folder, "status")
	if err := os.WriteFile(status, nil, 0o644); err != nil {
		return fmt.Errorf("download packages: %w", err)
	}
	if err := os.MkdirAll(filepath.Join(folder, "partial"), 0o755); err != nil {
		return fmt.Errorf("download packages: %w", err)
	}
	args := []string{"install", "-y", "-q", "--download-only", "--no-install-recommends",
		"-o", "Dir::State::status=" + status,
		"-o", "Dir::Cache::archives=" + folder,
		// Neither the machine's caches nor its locks are for this view.
		"-o", "Dir::Cache::pkgcache=", "-o", "Dir::Cache::srcpkgcache=",
		"-o", "Debug::NoLocking=1",
		// The folder need not be readable for apt's own user.
		"-o", "APT::Sandbox::User=root"}
	if _, err := program.Run(ctx, "apt-get", append(args, packages...)...); err != nil {
		return fmt.Errorf("download packages: %w", err)
	}
	return nil
}

// wanted drops the package files whose package matches one of skip, and sorts
// the rest, so that the same packages always make the same image.
func wanted(files, skip []string) []string {
	files = slices.DeleteFunc(files, func(file string) bool {
		name, _, _ := strings.Cut(filepath.Base(file), "_")
		return slices.ContainsFunc(skip, func(pattern string) bool {
			match, err := path.Match(pattern, name)
			return err == nil && match
		})
	})
	slices.Sort(files)
	return files
}

// unpack adds the content of a package file to the tree.
func unpack(ctx context.Context, file string, into *tree) error {
	cmd := exec.CommandContext(ctx, "dpkg-deb", "--fsys-tarfile", file)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("unpack %s: %w", file, err)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("unpack %s: %w", file, err)
	}
	readErr := into.read(out)
	if readErr != nil {
		_ = out.Close() // else dpkg-deb would wait for a reader
	}
	if err := errors.Join(readErr, cmd.Wait()); err != nil {
		return fmt.Errorf("unpack %s: %w", filepath.Base(file), err)
	}
	return nil
}

// run runs a program out of a package and returns what it prints.
func run(ctx context.Context, name string, args ...string) (string, error) {
	out, err := exec.CommandContext(ctx, name, args...).Output()
	if err != nil {
		return "", fmt.Errorf("run %s: %w", filepath.Base(name), err)
	}
	return string(out), nil
}
