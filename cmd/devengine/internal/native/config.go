package native

import (
	"encoding/json"
	"fmt"

	"airdock.dev/airdock/cmd/devengine/internal/engine"
	"airdock.dev/airdock/cmd/devengine/internal/network"
)

// dockerdConfig stands in a file so that dockerd does not read the machine's
// own /etc/docker/daemon.json.
func (e *Engine) dockerdConfig(plan network.Plan) []byte {
	certs := func(name string) string { return e.Folder.File("certs", "server", name) }
	config := map[string]any{
		"hosts":     []string{e.address()},
		"tlsverify": true,
		"tlscacert": certs("ca.pem"),
		"tlscert":   certs("cert.pem"),
		"tlskey":    certs("key.pem"),
		"labels":    []string{engine.Label + "=" + e.Folder.ID},
		// Before version 25 a dockerd writes a key, to /etc/docker by default.
		"deprecated-key-path": e.Folder.File("key.json"),
		// Apart from other engines: see the package comment.
		"bridge":        plan.Bridge(),
		"iptables":      false,
		"ip6tables":     false,
		"cgroup-parent": "/" + groupName(e.Folder.ID),
		// A path as the group's parent needs this driver; systemd's wants slices.
		"exec-opts": []string{"native.cgroupdriver=cgroupfs"},
		"default-address-pools": []map[string]any{
			{"base": plan.Pool().String(), "size": 24},
		},
		"registry-mirrors": []string{fmt.Sprintf("http://127.0.0.1:%d", e.State.RegistryPort)},
		"features":         map[string]bool{"buildkit": true},
		"shutdown-timeout": 5,
	}
	text, err := json.MarshalIndent(config, "", "  ")
	if err != nil {
		panic(err) // strings, numbers and booleans always marshal
	}
	return append(text, '\n')
}

// containerdConfig leaves out the plugins that an engine does not use and that
// would make folders elsewhere.
func containerdConfig(root, run string) []byte {
	return fmt.Appendf(nil, `version = 2
root = %[1]q
state = %[2]q
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.cri.v1.images", "io.containerd.cri.v1.runtime", "io.containerd.nri.v1.nri"]

[grpc]
  address = %[3]q

[debug]
  level = "warn"

[plugins."io.containerd.internal.v1.opt"]
  path = %[4]q
`, root, run+"/containerd", run+"/containerd.sock", root+"-opt")
}

func registryConfig(address, storage string) []byte {
	return fmt.Appendf(nil, `version: 0.1
log:
  level: error
  accesslog:
    disabled: true
storage:
  filesystem:
    rootdirectory: %[1]q
  delete:
    enabled: true
http:
  addr: %[2]s
`, storage, address)
}
