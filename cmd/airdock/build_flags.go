package main

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/docker/cli/opts"
	"github.com/spf13/pflag"

	"airdock.dev/airdock/protocol"
)

// buildFlags are the flags of `airdock build`, spelled as `docker build` and
// buildx spell them.
type buildFlags struct {
	file, progress, iidFile, builder        string
	buildArg, secret, label                 []string
	cacheFrom, cacheTo, addHost, setTag     []string
	quiet, all, push, pull, noCache         bool
	target, platform, networkMode, shmBytes string
}

func (f *buildFlags) register(flags *pflag.FlagSet) {
	flags.StringArrayVarP(&f.setTag, "tag", "t", nil, "Name of the image, NAME[:TAG]; several are possible")
	flags.StringVarP(&f.file, "file", "f", "", "Path of the Dockerfile, - for standard input (default PATH/Dockerfile)")
	flags.StringArrayVar(&f.buildArg, "build-arg", nil, "Set a build argument, NAME=VALUE, or NAME to take it from here")
	flags.StringArrayVar(&f.secret, "secret", nil, "Secret for RUN --mount=type=secret: id=NAME,src=FILE or id=NAME,env=VARIABLE")
	flags.StringVar(&f.target, "target", "", "Stage to build")
	flags.StringArrayVar(&f.label, "label", nil, "Set a label of the image, NAME=VALUE")
	flags.StringVar(&f.platform, "platform", "", "Platform of the image, OS[/ARCH[/VARIANT]]")
	flags.BoolVar(&f.noCache, "no-cache", false, "Do not use the cache")
	flags.BoolVar(&f.pull, "pull", false, "Ask the registries for newer base images")
	flags.StringArrayVar(&f.cacheFrom, "cache-from", nil, "Image whose layers may be reused, NAME or type=registry,ref=NAME")
	flags.StringArrayVar(&f.cacheTo, "cache-to", nil, "type=inline: write into the image what a later --cache-from needs")
	flags.StringVar(&f.networkMode, "network", "", "Network of RUN: default, none or host")
	flags.StringArrayVar(&f.addHost, "add-host", nil, "Entry for /etc/hosts in RUN, NAME:IP")
	flags.StringVar(&f.shmBytes, "shm-size", "", "Size of /dev/shm in RUN")
	flags.BoolVar(&f.push, "push", false, "Push the image's names after the build")
	flags.StringVar(&f.builder, "builder", "auto", "Builder of the engine: auto, buildkit, classic")
	flags.StringVar(&f.progress, "progress", "auto", "How progress is shown: auto, plain, tty")
	flags.BoolVarP(&f.quiet, "quiet", "q", false, "Show no progress; print the image's id")
	flags.StringVar(&f.iidFile, "iidfile", "", "Write the image's id to this file")
	flags.BoolVar(&f.all, "all", false, "Build each sub-folder of PATH that has a Dockerfile, named like it")
}

// request is what the flags say. The context is added by whoever knows it.
func (f *buildFlags) request() (*protocol.BuildRequest, error) {
	request := &protocol.BuildRequest{
		Key:         newKey(),
		Tags:        f.setTag,
		Target:      f.target,
		Labels:      opts.ConvertKVStringsToMap(f.label),
		Platform:    f.platform,
		NoCache:     f.noCache,
		Pull:        f.pull,
		NetworkMode: f.networkMode,
		ExtraHosts:  f.addHost,
		ShmSize:     f.shmBytes,
		Push:        f.push,
		BuildArgs:   map[string]string{},
	}
	for name, value := range opts.ConvertKVStringsToMapWithNil(f.buildArg) {
		if value != nil {
			request.BuildArgs[name] = *value
		} else if here, set := os.LookupEnv(name); set {
			request.BuildArgs[name] = here
		}
	}
	switch f.builder {
	case "auto":
	case "buildkit":
		request.Builder = protocol.Builder_BUILDER_BUILDKIT
	case "classic":
		request.Builder = protocol.Builder_BUILDER_CLASSIC
	default:
		return nil, fmt.Errorf("--builder %q is none of auto, buildkit, classic", f.builder)
	}
	return request, f.addSources(request)
}

func (f *buildFlags) addSources(request *protocol.BuildRequest) error {
	for _, text := range f.cacheFrom {
		fields, err := keyValues(text)
		switch {
		case !strings.Contains(text, "="):
			request.CacheFrom = append(request.CacheFrom, text)
		case err != nil || fields["type"] != "registry" || fields["ref"] == "":
			return fmt.Errorf("--cache-from %s is neither NAME nor type=registry,ref=NAME", text)
		default:
			request.CacheFrom = append(request.CacheFrom, fields["ref"])
		}
	}
	for _, text := range f.cacheTo {
		if fields, err := keyValues(text); err != nil || fields["type"] != "inline" {
			return fmt.Errorf("--cache-to %s: an engine's own BuildKit can only do type=inline", text)
		}
		request.InlineCache = true
	}
	for _, text := range f.secret {
		name, secret, err := readSecret(text)
		if err != nil {
			return err
		}
		if request.Secrets == nil {
			request.Secrets = map[string]*protocol.Secret{}
		}
		request.Secrets[name] = secret
	}
	return nil
}

// readSecret reads one --secret. As with the docker CLI a bare id is a variable
// or else a file of that name.
func readSecret(text string) (string, *protocol.Secret, error) {
	fields, err := keyValues(text)
	if err != nil || fields["id"] == "" {
		return "", nil, fmt.Errorf("--secret is not id=NAME,src=FILE or id=NAME,env=VARIABLE")
	}
	id, file, variable := fields["id"], fields["src"]+fields["source"], fields["env"]
	if fields["type"] == "env" && variable == "" {
		file, variable = "", file
	}
	if file == "" && variable == "" {
		if _, set := os.LookupEnv(id); set {
			variable = id
		} else {
			file = id
		}
	}
	if variable != "" {
		value, set := os.LookupEnv(variable)
		if !set {
			return "", nil, fmt.Errorf("--secret id=%s: the variable %s is not set", id, variable)
		}
		return id, &protocol.Secret{Source: &protocol.Secret_Value{Value: []byte(value)}}, nil
	}
	path, err := filepath.Abs(file)
	if err != nil {
		return "", nil, err
	}
	return id, &protocol.Secret{Source: &protocol.Secret_Path{Path: path}}, nil
}

// keyValues reads a=b,c=d, with quotes as CSV has them.
func keyValues(text string) (map[string]string, error) {
	parts, err := csv.NewReader(strings.NewReader(text)).Read()
	if err != nil {
		return nil, err
	}
	fields := map[string]string{}
	for _, part := range parts {
		name, value, found := strings.Cut(part, "=")
		if !found {
			return nil, fmt.Errorf("%q is not NAME=VALUE", part)
		}
		fields[strings.ToLower(name)] = value
	}
	return fields, nil
}
