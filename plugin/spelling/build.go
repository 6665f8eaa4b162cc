package spelling

import (
	"os"
	"path/filepath"
	"regexp"

	"airdock.dev/airdock/protocol"
)

var builder = oneOf(map[string]protocol.Builder{
	"auto":     protocol.Builder_BUILDER_AUTO,
	"buildkit": protocol.Builder_BUILDER_BUILDKIT,
	"classic":  protocol.Builder_BUILDER_CLASSIC,
})

// archive is the name of a tar, plain or compressed.
var archive = regexp.MustCompile(`(?i)\.(tar(\.[a-z0-9]+)?|tgz|tbz2?|txz|tzst)$`)

func buildRequest(p *parameters) *protocol.BuildRequest {
	request := &protocol.BuildRequest{
		Tags:                  names.read(p, "tags"),
		BuildArgs:             texts.read(p, "build_args"),
		Target:                text.read(p, "target"),
		Labels:                labels.read(p, "labels"),
		Platform:              text.read(p, "platform"),
		NoCache:               flag.read(p, "no_cache"),
		Pull:                  flag.read(p, "pull"),
		CacheFrom:             names.read(p, "cache_from"),
		InlineCache:           flag.read(p, "inline_cache"),
		NetworkMode:           text.read(p, "network_mode"),
		ExtraHosts:            hosts.read(p, "extra_hosts"),
		ShmSize:               size.read(p, "shm_size"),
		Push:                  flag.read(p, "push"),
		PushInactivityTimeout: seconds.read(p, "push_inactivity_timeout"),
		Builder:               builder.read(p, "builder"),
	}
	setSources(p, request)
	return request
}

func setSources(p *parameters, request *protocol.BuildRequest) {
	context := text.read(p, "context")
	path, inline := text.read(p, "dockerfile"), text.read(p, "dockerfile_inline")
	if path != "" && inline != "" {
		p.fail("dockerfile and dockerfile_inline are given: give one of them")
	}
	if path != "" {
		request.Dockerfile = &protocol.BuildRequest_DockerfilePath{DockerfilePath: path}
	}
	if inline != "" {
		request.Dockerfile = &protocol.BuildRequest_DockerfileInline{DockerfileInline: inline}
	}
	if context == "" {
		return
	}
	context, err := filepath.Abs(context)
	if err != nil {
		p.fail("context: %w", err)
	}
	// A file of another name goes as a folder, and the build then says what is
	// wrong with it.
	if file, err := os.Stat(context); err == nil && file.Mode().IsRegular() && archive.MatchString(context) {
		request.Context = &protocol.BuildRequest_Tar{Tar: context}
		return
	}
	request.Context = &protocol.BuildRequest_Folder{Folder: context}
}
