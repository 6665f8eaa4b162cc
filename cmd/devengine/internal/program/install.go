package program

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"
)

// Package is a Debian package and a program that shows it to be there.
type Package struct {
	Name    string
	Program string
}

// Ensure installs the packages whose programs are missing. It says what it
// does through say, and starts no service. Without root or apt-get its error
// names what to install.
func Ensure(ctx context.Context, say func(string, ...any), packages ...Package) error {
	var missing []string
	for _, p := range packages {
		if _, err := Find(p.Program); err != nil && !slices.Contains(missing, p.Name) {
			missing = append(missing, p.Name)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	names := strings.Join(missing, " ")
	if _, err := Find("apt-get"); err != nil || os.Geteuid() != 0 {
		return fmt.Errorf("programs are missing on this machine: install the packages %s (as root: apt-get install %s) and try again", names, names)
	}
	say("installing %s with apt-get", names)
	if err := install(ctx, say, missing); err != nil {
		return err
	}
	for _, p := range packages {
		if _, err := Find(p.Program); err != nil {
			return fmt.Errorf("package %s is installed, but %w", p.Name, err)
		}
	}
	return nil
}

func install(ctx context.Context, say func(string, ...any), names []string) (err error) {
	if err := Lists(ctx, say, names); err != nil {
		return err
	}
	restore, err := denyServices()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, restore()) }()
	// Without --no-remove docker.io would push out another vendor's containerd.
	args := append([]string{"install", "-y", "-q", "--no-install-recommends", "--no-remove"}, names...)
	err = Fresh(ctx, say, func() error { return aptGet(ctx, args...) })
	if err != nil {
		return fmt.Errorf("install %s: %w", strings.Join(names, " "), err)
	}
	disable(ctx, say, names)
	return nil
}

// Known tells whether the package lists have all of the names.
func Known(ctx context.Context, names []string) bool {
	return !slices.ContainsFunc(names, func(name string) bool {
		// With several names one of them would do for apt-cache.
		_, err := Run(ctx, "apt-cache", "show", "--no-all-versions", "--quiet", name)
		return err != nil
	})
}

// Lists fetches the package lists when they do not have one of the names.
func Lists(ctx context.Context, say func(string, ...any), names []string) error {
	if Known(ctx, names) {
		return nil
	}
	if os.Geteuid() != 0 {
		return fmt.Errorf("the package lists lack %s: run apt-get update as root and try again", strings.Join(names, " "))
	}
	return update(ctx, say)
}

// Fresh runs fetch, and once more with new package lists when it fails: old
// ones name versions that are no longer served.
func Fresh(ctx context.Context, say func(string, ...any), fetch func() error) error {
	first := fetch()
	if first == nil || os.Geteuid() != 0 || ctx.Err() != nil {
		return first
	}
	if err := update(ctx, say); err != nil {
		return errors.Join(first, err)
	}
	return fetch()
}

func update(ctx context.Context, say func(string, ...any)) error {
	say("fetching the package lists with apt-get")
	return aptGet(ctx, "update", "-q")
}

func aptGet(ctx context.Context, args ...string) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	args = append([]string{"-o", "DPkg::Lock::Timeout=300"}, args...)
	cmd := exec.CommandContext(ctx, "apt-get", args...)
	cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive", "NEEDRESTART_SUSPEND=1", "LC_ALL=C.UTF-8")
	// A package manager that is killed leaves packages half installed.
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = time.Minute
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("apt-get: %w: %s", err, lastLines(out))
	}
	return nil
}

func lastLines(out []byte) string {
	lines := bytes.Split(bytes.TrimSpace(out), []byte("\n"))
	return string(bytes.Join(lines[max(0, len(lines)-8):], []byte("\n")))
}

// The script through which Debian's packages ask whether a service may start,
// and where an administrator's own one is kept meanwhile.
const (
	policyPath  = "/usr/sbin/policy-rc.d"
	policySaved = policyPath + ".before-devengine"
	policyText  = "#!/bin/sh\n# devengine: no service starts while it installs packages\nexit 101\n"
)

// denyServices keeps packages from starting the services in them. What it
// returns puts everything back.
func denyServices() (restore func() error, err error) {
	current, err := os.ReadFile(policyPath)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, fmt.Errorf("read %s: %w", policyPath, err)
	case string(current) == policyText: // left by an up that was killed
	default:
		if err := os.Rename(policyPath, policySaved); err != nil {
			return nil, fmt.Errorf("set aside %s: %w", policyPath, err)
		}
	}
	if err := os.WriteFile(policyPath, []byte(policyText), 0o755); err != nil {
		return nil, fmt.Errorf("write %s: %w", policyPath, err)
	}
	return restoreServices, nil
}

func restoreServices() error {
	err := os.Rename(policySaved, policyPath)
	if errors.Is(err, fs.ErrNotExist) {
		err = os.Remove(policyPath)
	}
	if err != nil {
		return fmt.Errorf("put back %s: %w", policyPath, err)
	}
	return nil
}

// disable keeps the services of packages that we installed from starting at
// the next boot: the user asked for one engine of a folder, not for those.
func disable(ctx context.Context, say func(string, ...any), names []string) {
	units := map[string][]string{
		"docker.io":       {"docker.service", "docker.socket", "containerd.service"},
		"docker-registry": {"docker-registry.service"},
	}
	_, err := Find("systemctl")
	systemd := err == nil
	for _, name := range names {
		if len(units[name]) == 0 {
			continue
		}
		command := append([]string{"systemctl", "disable", "--quiet"}, units[name]...)
		if !systemd {
			command = []string{"update-rc.d", strings.TrimSuffix(units[name][0], ".service"), "disable"}
		}
		if _, err := Run(ctx, command[0], command[1:]...); err != nil {
			say("the services of package %s may start at the next boot: %v", name, err)
		}
	}
}
