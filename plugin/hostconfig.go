package plugin

import (
	"strings"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/mount"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/go-connections/nat"
	"github.com/docker/go-units"

	"airdock.dev/airdock/protocol"
)

func hostConfig(c *protocol.Container) (*container.HostConfig, error) {
	mounts, err := decodeAll[mount.Mount]("mount", c.GetMounts())
	if err != nil {
		return nil, err
	}
	shm, err := size("shm_size", c.GetShmSize())
	if err != nil {
		return nil, err
	}
	resources, err := resourcesOf(c)
	if err != nil {
		return nil, err
	}
	return &container.HostConfig{
		NetworkMode:    networkMode(c),
		Mounts:         mounts,
		Tmpfs:          c.GetTmpfs(),
		Privileged:     c.GetPrivileged(),
		ReadonlyRootfs: c.GetReadOnly(),
		CapAdd:         c.GetCapAdd(),
		CapDrop:        c.GetCapDrop(),
		SecurityOpt:    c.GetSecurityOpt(),
		GroupAdd:       c.GetGroupAdd(),
		UsernsMode:     container.UsernsMode(c.GetUsernsMode()),
		IpcMode:        container.IpcMode(c.GetIpcMode()),
		Sysctls:        c.GetSysctls(),
		Runtime:        c.GetRuntime(),
		Annotations:    c.GetAnnotations(),
		Init:           c.Init,
		ShmSize:        shm,
		DNS:            c.GetDns(),
		DNSSearch:      c.GetDnsSearch(),
		ExtraHosts:     c.GetExtraHosts(),
		LogConfig:      container.LogConfig{Type: c.GetLogDriver(), Config: c.GetLogOptions()},
		Resources:      *resources,
	}, nil
}

func resourcesOf(c *protocol.Container) (*container.Resources, error) {
	ulimits, err := decodeAll[*container.Ulimit]("ulimit", c.GetUlimits())
	if err != nil {
		return nil, err
	}
	requests, err := decodeAll[container.DeviceRequest]("device_request", c.GetDeviceRequests())
	if err != nil {
		return nil, err
	}
	resources := &container.Resources{
		CPUShares:      c.GetCpuShares(),
		NanoCPUs:       c.GetNanoCpus(),
		CpusetCpus:     c.GetCpusetCpus(),
		CpusetMems:     c.GetCpusetMems(),
		Ulimits:        ulimits,
		DeviceRequests: requests,
	}
	if limit := c.GetPidsLimit(); limit != 0 {
		resources.PidsLimit = &limit
	}
	for _, memory := range []struct {
		name, text string
		to         *int64
	}{
		{"memory", c.GetMemory(), &resources.Memory},
		{"memory_reservation", c.GetMemoryReservation(), &resources.MemoryReservation},
		{"memory_swap", c.GetMemorySwap(), &resources.MemorySwap},
	} {
		if *memory.to, err = size(memory.name, memory.text); err != nil {
			return nil, err
		}
	}
	for _, text := range c.GetDevices() {
		device, err := deviceOf(text)
		if err != nil {
			return nil, err
		}
		resources.Devices = append(resources.Devices, device)
	}
	return resources, nil
}

// size reads a size as docker run does.
func size(what, text string) (int64, error) {
	switch text {
	case "":
		return 0, nil
	case "-1":
		if what == "memory_swap" {
			return -1, nil
		}
	}
	bytes, err := units.RAMInBytes(text)
	if err != nil {
		return 0, invalid("%s %q is no size: give bytes, or a number with b, k, m, g or t", what, text)
	}
	return bytes, nil
}

// deviceOf reads HOST_PATH[:CONTAINER_PATH[:rwm]] as docker run does. The docker
// CLI's own parser is not exported.
func deviceOf(text string) (container.DeviceMapping, error) {
	device := container.DeviceMapping{CgroupPermissions: "rwm"}
	parts := strings.Split(text, ":")
	isMode := func(s string) bool { return s != "" && strings.Trim(s, "rwm") == "" }
	switch {
	case len(parts) == 3 && isMode(parts[2]):
		device.PathInContainer, device.CgroupPermissions = parts[1], parts[2]
	case len(parts) == 2 && isMode(parts[1]):
		device.CgroupPermissions = parts[1]
	case len(parts) == 2:
		device.PathInContainer = parts[1]
	case len(parts) != 1:
		return device, invalid("device %q is not HOST_PATH[:CONTAINER_PATH[:rwm]]", text)
	}
	device.PathOnHost = parts[0]
	if device.PathOnHost == "" {
		return device, invalid("device %q names no path on the engine's machine", text)
	}
	if device.PathInContainer == "" {
		device.PathInContainer = device.PathOnHost
	}
	return device, nil
}

// exposePorts reads the ports as docker run -p does.
func exposePorts(config *container.Config, host *container.HostConfig, ports []string) error {
	if len(ports) == 0 {
		return nil
	}
	if host.NetworkMode.IsHost() {
		return invalid("ports cannot be published with the network mode host")
	}
	exposed, bindings, err := nat.ParsePortSpecs(ports)
	if err != nil {
		return invalid("ports: %w", err)
	}
	config.ExposedPorts, host.PortBindings = exposed, bindings
	return nil
}

func networkMode(c *protocol.Container) container.NetworkMode {
	if networks := c.GetNetworks(); len(networks) > 0 {
		return container.NetworkMode(networks[0].GetName())
	}
	return container.NetworkMode(c.GetNetworkMode())
}

// networking holds the first network only: engines before API 1.44 refuse more
// than one at the creation. The others are connected before the start.
func networking(networks []*protocol.Network) *network.NetworkingConfig {
	if len(networks) == 0 {
		return nil
	}
	return &network.NetworkingConfig{EndpointsConfig: map[string]*network.EndpointSettings{
		networks[0].GetName(): endpoint(networks[0]),
	}}
}

func endpoint(n *protocol.Network) *network.EndpointSettings {
	settings := &network.EndpointSettings{
		Aliases:    n.GetAliases(),
		MacAddress: n.GetMacAddress(),
		DriverOpts: n.GetDriverOptions(),
	}
	if n.GetIpv4Address() != "" || n.GetIpv6Address() != "" {
		settings.IPAMConfig = &network.EndpointIPAMConfig{IPv4Address: n.GetIpv4Address(), IPv6Address: n.GetIpv6Address()}
	}
	return settings
}
