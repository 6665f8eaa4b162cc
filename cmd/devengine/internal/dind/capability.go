package dind

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/docker/docker/api/types/container"
)

// Capabilities lists the kernel's capabilities in the order of their numbers,
// up to those that an engine of version 20.10 knows: it refuses the names of
// PERFMON, BPF and CHECKPOINT_RESTORE, and SYS_ADMIN stands for all three.
func Capabilities() []string {
	return []string{"CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID",
		"SETPCAP", "LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK",
		"IPC_OWNER", "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT",
		"SYS_NICE", "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE", "AUDIT_CONTROL",
		"SETFCAP", "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ"}
}

// Bounding returns the names of the capabilities that the text of a
// /proc/PID/status has in its bounding set.
func Bounding(status string) ([]string, error) {
	for line := range strings.Lines(status) {
		value, ok := strings.CutPrefix(line, "CapBnd:")
		if !ok {
			continue
		}
		set, err := strconv.ParseUint(strings.TrimSpace(value), 16, 64)
		if err != nil {
			return nil, fmt.Errorf("read capabilities: %w", err)
		}
		var names []string
		for number, name := range Capabilities() {
			if set&(1<<number) != 0 {
				names = append(names, name)
			}
		}
		return names, nil
	}
	return nil, fmt.Errorf("read capabilities: no bounding set in %d bytes of status", len(status))
}

// unprivileged is what takes the place of privileged where a capability is
// lacking: privileged asks for all of them or fails. The script then does what
// only privileged does by itself.
func (e *Engine) unprivileged(ctx context.Context) (*container.HostConfig, []string, error) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return nil, nil, fmt.Errorf("read capabilities: %w", err)
	}
	names, err := Bounding(string(status))
	if err != nil {
		return nil, nil, err
	}
	info, err := e.outer.Info(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("outer engine: %w", err)
	}
	host := &container.HostConfig{
		CapAdd:        names,
		SecurityOpt:   []string{"seccomp=unconfined", "apparmor=unconfined"},
		MaskedPaths:   []string{}, // what the docker CLI calls systempaths=unconfined
		ReadonlyPaths: []string{},
		Resources:     container.Resources{DeviceCgroupRules: []string{"a *:* rwm"}},
	}
	remount := "mount -o remount,rw /sys; mount -o remount,rw /proc/sys; "
	if info.CgroupVersion == "2" {
		host.CgroupnsMode = container.CgroupnsModePrivate
		remount += "mount -o remount,rw /sys/fs/cgroup; "
	} else {
		host.Binds = []string{groups + ":" + groups + ":rw"}
	}
	return host, []string{"sh", "-c", remount + `exec "$@"`, "sh"}, nil
}

// groups is where control groups are mounted.
const groups = "/sys/fs/cgroup"
