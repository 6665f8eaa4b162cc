package main

import (
	"fmt"
	"time"

	"github.com/docker/cli/opts"
	"github.com/spf13/pflag"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/structpb"

	"airdock.dev/airdock/protocol"
)

// runFlags are the flags of `airdock run`, spelled as `docker run` spells them.
type runFlags struct {
	hostFlags
	fileFlags
	name, user, workdir, entrypoint, pull  string
	remove, tty, quiet                     bool
	env, envFile, label, labelFile, volume []string
	mounts                                 opts.MountOpt
	stopTimeout                            int
}

func (f *runFlags) register(flags *pflag.FlagSet) {
	flags.BoolVar(&f.remove, "rm", false, "Remove the container when it ends")
	flags.StringVar(&f.name, "name", "", "Name of the container")
	flags.StringArrayVarP(&f.env, "env", "e", nil, "Set an environment variable, NAME=VALUE, or NAME to take it from here")
	flags.StringArrayVar(&f.envFile, "env-file", nil, "Read environment variables from a file")
	flags.StringVarP(&f.user, "user", "u", "", "User name or id, and group: NAME|UID[:GROUP|GID]")
	flags.StringVarP(&f.workdir, "workdir", "w", "", "Working folder in the container")
	flags.StringVar(&f.entrypoint, "entrypoint", "", "Overwrite the image's ENTRYPOINT")
	flags.Var(&f.mounts, "mount", "Mount a volume, a folder of the engine's machine, or memory")
	flags.StringArrayVarP(&f.volume, "volume", "v", nil, "Mount SOURCE:TARGET[:OPTIONS]; a source folder must exist on the engine's machine")
	flags.StringArrayVarP(&f.label, "label", "l", nil, "Set a label, NAME=VALUE")
	flags.StringArrayVar(&f.labelFile, "label-file", nil, "Read labels from a file")
	flags.StringVar(&f.pull, "pull", "missing", "Pull the image before running: always, missing, never")
	flags.BoolVarP(&f.tty, "tty", "t", false, "Give the container a terminal")
	flags.BoolVarP(&f.quiet, "quiet", "q", false, "Do not show the progress of the pull and of files")
	flags.IntVar(&f.stopTimeout, "stop-timeout", 3, "Seconds between TERM and KILL when the container is stopped")
	f.hostFlags.register(flags)
	f.fileFlags.register(flags)
}

func (f *runFlags) request(args []string) (*protocol.RunRequest, error) {
	container, err := f.container()
	if err != nil {
		return nil, err
	}
	container.Image, container.Command = args[0], args[1:]
	container.Name, container.User, container.WorkingDir, container.Tty = f.name, f.user, f.workdir, f.tty
	if f.changed("entrypoint") {
		container.Entrypoint = []string{f.entrypoint}
	}
	var env []string
	for _, text := range f.env {
		// NAME alone becomes NAME=VALUE where this process has a value.
		given, err := opts.ValidateEnv(text)
		if err != nil {
			return nil, fmt.Errorf("--env: %w", err)
		}
		env = append(env, given)
	}
	if container.Environment, err = opts.ReadKVEnvStrings(f.envFile, env); err != nil {
		return nil, err
	}
	labels, err := opts.ReadKVStrings(f.labelFile, f.label)
	if err != nil {
		return nil, err
	}
	container.Labels = opts.ConvertKVStringsToMap(labels)
	if container.Mounts, err = f.mountSpecs(); err != nil {
		return nil, err
	}
	request := &protocol.RunRequest{
		Key:       newKey(),
		Container: container,
		Output:    protocol.OutputMode_OUTPUT_BYTES,
		StopGrace: durationpb.New(time.Duration(f.stopTimeout) * time.Second),
	}
	if request.Files, request.Outputs, err = f.files(); err != nil {
		return nil, err
	}
	if f.remove {
		request.Remove = protocol.RemovePolicy_REMOVE_FORCE
	}
	switch f.pull {
	case "missing":
	case "always":
		request.Pull = protocol.PullPolicy_PULL_ALWAYS
	case "never":
		request.Pull = protocol.PullPolicy_PULL_NEVER
	default:
		return nil, fmt.Errorf("--pull %q is none of always, missing, never", f.pull)
	}
	return request, nil
}

// mountSpecs reads --mount, with the docker CLI's own parser, and --volume.
func (f *runFlags) mountSpecs() ([]*structpb.Struct, error) {
	all := f.mounts.Value()
	for _, text := range f.volume {
		spec, err := volumeMount(text)
		if err != nil {
			return nil, err
		}
		all = append(all, spec)
	}
	var specs []*structpb.Struct
	for _, m := range all {
		spec, err := object(m)
		if err != nil {
			return nil, err
		}
		specs = append(specs, spec)
	}
	return specs, nil
}
