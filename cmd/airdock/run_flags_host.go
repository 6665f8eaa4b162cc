package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/docker/cli/opts"
	"github.com/docker/docker/api/types/container"
	"github.com/spf13/pflag"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/structpb"

	"airdock.dev/airdock/protocol"
)

// hostFlags are the flags of `docker run` that limit, isolate and connect the
// container.
type hostFlags struct {
	spec                                            protocol.Container
	sysctl, annotation, tmpfs, logOpt, ulimit       []string
	alias                                           []string
	ip, ip6                                         string
	cpus                                            opts.NanoCPUs
	gpus                                            opts.GpuOpts
	init, noHealth                                  bool
	healthCmd                                       string
	healthInterval, healthTimeout, healthStartDelay time.Duration
	healthRetries                                   int
	changed                                         func(name string) bool
}

func (f *hostFlags) register(flags *pflag.FlagSet) {
	f.changed = flags.Changed
	f.registerLimits(flags)
	f.registerIsolation(flags)
	f.registerNetwork(flags)
	flags.StringVar(&f.spec.LogDriver, "log-driver", "", "Logging driver of the container")
	flags.StringArrayVar(&f.logOpt, "log-opt", nil, "Option of the logging driver, NAME=VALUE")
	flags.StringVar(&f.spec.StopSignal, "stop-signal", "", "Signal that stops the container")
	flags.StringVar(&f.healthCmd, "health-cmd", "", "Command that checks the container's health")
	flags.DurationVar(&f.healthInterval, "health-interval", 0, "Time between two health checks")
	flags.DurationVar(&f.healthTimeout, "health-timeout", 0, "Longest time of one health check")
	flags.DurationVar(&f.healthStartDelay, "health-start-period", 0, "Time in which failures do not count")
	flags.IntVar(&f.healthRetries, "health-retries", 0, "Failures in a row that make the container unhealthy")
	flags.BoolVar(&f.noHealth, "no-healthcheck", false, "Switch off the image's health check")
}

func (f *hostFlags) registerLimits(flags *pflag.FlagSet) {
	c := &f.spec
	flags.StringVarP(&c.Memory, "memory", "m", "", "Memory limit, bytes or a number with b, k, m, g")
	flags.StringVar(&c.MemoryReservation, "memory-reservation", "", "Memory soft limit")
	flags.StringVar(&c.MemorySwap, "memory-swap", "", "Memory and swap together; -1 for unlimited swap")
	flags.StringVar(&c.ShmSize, "shm-size", "", "Size of /dev/shm")
	flags.Int64VarP(&c.CpuShares, "cpu-shares", "c", 0, "CPU shares (relative weight)")
	flags.Var(&f.cpus, "cpus", "Number of CPUs")
	flags.StringVar(&c.CpusetCpus, "cpuset-cpus", "", "CPUs that may be used, for example 0-2,4")
	flags.StringVar(&c.CpusetMems, "cpuset-mems", "", "Memory nodes that may be used")
	flags.Int64Var(&c.PidsLimit, "pids-limit", 0, "Most processes; -1 for no limit")
	flags.StringArrayVar(&f.ulimit, "ulimit", nil, "Resource limit, NAME=SOFT[:HARD]")
	flags.Var(&f.gpus, "gpus", "GPU devices to add, 'all' for all")
	flags.StringArrayVar(&c.Devices, "device", nil, "Device of the engine's machine to add")
}

func (f *hostFlags) registerIsolation(flags *pflag.FlagSet) {
	c := &f.spec
	flags.StringVar(&c.Platform, "platform", "", "Platform of the image, OS[/ARCH[/VARIANT]]")
	flags.BoolVar(&f.init, "init", false, "Run an init that forwards signals and reaps processes")
	flags.BoolVar(&c.Privileged, "privileged", false, "Give the container all privileges")
	flags.BoolVar(&c.ReadOnly, "read-only", false, "Make the container's root file system read-only")
	flags.StringArrayVar(&c.CapAdd, "cap-add", nil, "Add a Linux capability")
	flags.StringArrayVar(&c.CapDrop, "cap-drop", nil, "Drop a Linux capability")
	flags.StringArrayVar(&c.SecurityOpt, "security-opt", nil, "Security option")
	flags.StringArrayVar(&c.GroupAdd, "group-add", nil, "Additional group of the user")
	flags.StringVar(&c.UsernsMode, "userns", "", "User namespace")
	flags.StringVar(&c.IpcMode, "ipc", "", "IPC namespace")
	flags.StringArrayVar(&f.sysctl, "sysctl", nil, "Kernel parameter, NAME=VALUE")
	flags.StringVar(&c.Runtime, "runtime", "", "Runtime of the container")
	flags.StringArrayVar(&f.annotation, "annotation", nil, "Annotation for the runtime, NAME=VALUE")
	flags.StringArrayVar(&f.tmpfs, "tmpfs", nil, "Mount memory, PATH[:OPTIONS]")
}

func (f *hostFlags) registerNetwork(flags *pflag.FlagSet) {
	c := &f.spec
	flags.StringVarP(&c.Hostname, "hostname", "h", "", "Host name of the container")
	flags.StringVar(&c.NetworkMode, "network", "", "Network to connect the container to")
	flags.StringArrayVar(&f.alias, "network-alias", nil, "Name of the container in its network")
	flags.StringVar(&f.ip, "ip", "", "IPv4 address in its network")
	flags.StringVar(&f.ip6, "ip6", "", "IPv6 address in its network")
	flags.StringArrayVarP(&c.Ports, "publish", "p", nil, "Publish a port, [[IP:]HOST_PORT:]CONTAINER_PORT[/PROTOCOL]")
	flags.StringArrayVar(&c.Dns, "dns", nil, "DNS server")
	flags.StringArrayVar(&c.DnsSearch, "dns-search", nil, "DNS search domain")
	flags.StringArrayVar(&c.ExtraHosts, "add-host", nil, "Line for /etc/hosts, NAME:IP")
}

// container returns what the flags ask for.
func (f *hostFlags) container() (*protocol.Container, error) {
	c := &f.spec
	c.NanoCpus = f.cpus.Value()
	c.Sysctls = opts.ConvertKVStringsToMap(f.sysctl)
	c.Annotations = opts.ConvertKVStringsToMap(f.annotation)
	c.LogOptions = opts.ConvertKVStringsToMap(f.logOpt)
	if f.changed("init") {
		c.Init = &f.init
	}
	for _, mount := range f.tmpfs {
		path, options, _ := strings.Cut(mount, ":")
		if c.Tmpfs == nil {
			c.Tmpfs = map[string]string{}
		}
		c.Tmpfs[path] = options
	}
	if len(f.alias) > 0 || f.ip != "" || f.ip6 != "" {
		if c.NetworkMode == "" {
			return nil, fmt.Errorf("--network-alias, --ip and --ip6 need a --network")
		}
		c.Networks = []*protocol.Network{{Name: c.NetworkMode, Aliases: f.alias, Ipv4Address: f.ip, Ipv6Address: f.ip6}}
		c.NetworkMode = ""
	}
	if err := f.addUlimits(c); err != nil {
		return nil, err
	}
	for _, request := range f.gpus.Value() {
		spec, err := object(request)
		if err != nil {
			return nil, err
		}
		c.DeviceRequests = append(c.DeviceRequests, spec)
	}
	return c, f.addHealth(c)
}

func (f *hostFlags) addUlimits(c *protocol.Container) error {
	parsed := opts.NewUlimitOpt(nil)
	for _, text := range f.ulimit {
		if err := parsed.Set(text); err != nil {
			return fmt.Errorf("--ulimit %s: %w", text, err)
		}
	}
	for _, limit := range parsed.GetList() {
		spec, err := object(limit)
		if err != nil {
			return err
		}
		c.Ulimits = append(c.Ulimits, spec)
	}
	return nil
}

func (f *hostFlags) addHealth(c *protocol.Container) error {
	health := &container.HealthConfig{
		Interval:    f.healthInterval,
		Timeout:     f.healthTimeout,
		StartPeriod: f.healthStartDelay,
		Retries:     f.healthRetries,
	}
	given := f.healthCmd != "" || f.changed("health-interval") || f.changed("health-timeout") ||
		f.changed("health-start-period") || f.changed("health-retries")
	switch {
	case f.noHealth && given:
		return fmt.Errorf("--no-healthcheck excludes the other --health flags")
	case f.noHealth:
		health.Test = []string{"NONE"}
	case f.healthCmd != "":
		health.Test = []string{"CMD-SHELL", f.healthCmd}
	case !given:
		return nil
	}
	var err error
	c.Healthcheck, err = object(health)
	return err
}

// object makes the protocol's form of an object of the Engine API.
func object(value any) (*structpb.Struct, error) {
	text, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	spec := &structpb.Struct{}
	return spec, protojson.Unmarshal(text, spec)
}
