package spelling

import (
	"math"

	"google.golang.org/protobuf/types/known/structpb"

	"airdock.dev/airdock/protocol"
)

var (
	pullPolicy = oneOf(map[string]protocol.PullPolicy{
		"missing": protocol.PullPolicy_PULL_MISSING,
		"always":  protocol.PullPolicy_PULL_ALWAYS,
		"never":   protocol.PullPolicy_PULL_NEVER,
	})
	removePolicy = oneOf(map[string]protocol.RemovePolicy{
		"never":   protocol.RemovePolicy_REMOVE_NEVER,
		"success": protocol.RemovePolicy_REMOVE_SUCCESS,
		"force":   protocol.RemovePolicy_REMOVE_FORCE,
	})
	killAction = oneOf(map[string]protocol.HostLostPolicy{
		"stop_container":   protocol.HostLostPolicy_HOST_LOST_STOP,
		"delete_container": protocol.HostLostPolicy_HOST_LOST_STOP,
		"keep_container":   protocol.HostLostPolicy_HOST_LOST_KEEP,
	})
	volumeScope = oneOf(map[string]protocol.VolumeScope{
		"none":    protocol.VolumeScope_VOLUME_SCOPE_NONE,
		"dag_run": protocol.VolumeScope_VOLUME_SCOPE_DAG_RUN,
	})
)

func runRequest(p *parameters) *protocol.RunRequest {
	return &protocol.RunRequest{
		Container:             container(p),
		Pull:                  pull(p),
		Remove:                removePolicy.read(p, "auto_remove"),
		OnHostLost:            killAction.read(p, "on_kill_action"),
		StopGrace:             seconds.read(p, "stop_timeout"),
		RunTimeout:            seconds.read(p, "run_timeout"),
		PullInactivityTimeout: seconds.read(p, "pull_inactivity_timeout"),
		VolumeScope:           volumeScope.read(p, "volume_scope"),
	}
}

func pull(p *parameters) protocol.PullPolicy {
	given := p.given["image_pull_policy"] != nil
	policy := pullPolicy.read(p, "image_pull_policy")
	if flag.read(p, "force_pull") && !given {
		return protocol.PullPolicy_PULL_ALWAYS
	}
	return policy
}

func container(p *parameters) *protocol.Container {
	temporary := temporaryFolder(p)
	open, private := environment(p, temporary)
	entrypoint, extra := entrypoint(p)
	return &protocol.Container{
		Image:              text.read(p, "image"),
		Name:               text.read(p, "container_name", "name"),
		Command:            words.read(p, "command"),
		Entrypoint:         entrypoint,
		Environment:        open,
		PrivateEnvironment: private,
		User:               word.read(p, "user"),
		WorkingDir:         text.read(p, "working_dir"),
		NetworkMode:        text.read(p, "network_mode"),
		Mounts:             append(mounts.read(p, "mounts"), temporary.mounts()...),
		Labels:             labels.read(p, "labels"),
		Tty:                flag.read(p, "tty"),
		Hostname:           text.read(p, "hostname"),
		Platform:           text.read(p, "platform"),
		StopSignal:         text.read(p, "stop_signal"),
		Init:               optionalFlag.read(p, "init"),
		Healthcheck:        health.read(p, "healthcheck"),
		Privileged:         flag.read(p, "privileged"),
		ReadOnly:           flag.read(p, "read_only"),
		CapAdd:             names.read(p, "cap_add"),
		CapDrop:            names.read(p, "cap_drop"),
		SecurityOpt:        names.read(p, "security_opt"),
		GroupAdd:           names.read(p, "group_add"),
		UsernsMode:         text.read(p, "userns_mode"),
		IpcMode:            text.read(p, "ipc_mode"),
		Sysctls:            texts.read(p, "sysctls"),
		Runtime:            text.read(p, "runtime"),
		Annotations:        texts.read(p, "annotations"),
		Memory:             size.read(p, "mem_limit", "memory"),
		MemoryReservation:  size.read(p, "mem_reservation", "memory_reservation"),
		MemorySwap:         size.read(p, "memswap_limit", "memory_swap"),
		ShmSize:            size.read(p, "shm_size"),
		CpuShares:          shares(p),
		NanoCpus:           integer.read(p, "nano_cpus"),
		CpusetCpus:         text.read(p, "cpuset_cpus"),
		CpusetMems:         text.read(p, "cpuset_mems"),
		PidsLimit:          integer.read(p, "pids_limit"),
		Ulimits:            engineObjects.read(p, "ulimits"),
		Devices:            devices.read(p, "devices"),
		DeviceRequests:     engineObjects.read(p, "device_requests"),
		Tmpfs:              tmpfs.read(p, "tmpfs"),
		Dns:                names.read(p, "dns"),
		DnsSearch:          names.read(p, "dns_search"),
		ExtraHosts:         hosts.read(p, "extra_hosts"),
		Ports:              ports.read(p, "port_bindings", "ports"),
		Networks:           networks.read(p, "networks"),
		LogDriver:          logDriver(p),
		LogOptions:         logOptions(p),
		ExtraConfig:        extra,
		ExtraHostConfig:    object.read(p, "extra_host_config"),
	}
}

// entrypoint is the image's without a word, which the field of that name cannot
// say, and so the Engine's own does.
func entrypoint(p *parameters) ([]string, *structpb.Struct) {
	given := p.given["entrypoint"] != nil
	entry, extra := words.read(p, "entrypoint"), object.read(p, "extra_config")
	if !given || len(entry) > 0 {
		return entry, extra
	}
	if extra == nil {
		extra = &structpb.Struct{Fields: map[string]*structpb.Value{}}
	}
	if extra.Fields["Entrypoint"] == nil {
		extra.Fields["Entrypoint"] = structpb.NewListValue(&structpb.ListValue{})
	}
	return nil, extra
}

// shares turns a weight of 1.0 into 1024 CPU shares.
func shares(p *parameters) int64 {
	weight := number.read(p, "cpus")
	if given := integer.read(p, "cpu_shares"); given != 0 {
		return given
	}
	return int64(math.RoundToEven(weight * 1024))
}

// logDriver is one that an engine can always read back, as with the official
// operator.
func logDriver(p *parameters) string {
	if given := text.read(p, "log_driver"); given != "" {
		return given
	}
	return "json-file"
}

func logOptions(p *parameters) map[string]string {
	options := map[string]string{}
	for name, value := range texts.read(p, "log_options") {
		options[name] = value
	}
	for option, parameter := range map[string]string{"max-size": "log_opts_max_size", "max-file": "log_opts_max_file"} {
		if value := word.read(p, parameter); value != "" {
			options[option] = value
		}
	}
	return options
}
