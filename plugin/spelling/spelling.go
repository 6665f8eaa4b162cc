// Package spelling reads what a person gives an operator, in the spellings that
// are handy there: those of Airflow's DockerOperator, of docker-py and of the
// docker CLI. It makes of it what the protocol says, and asks no engine.
package spelling

import (
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"airdock.dev/airdock/protocol"
)

// Run returns a request whose parameters are merged under its other fields: of
// single values its own win, lists are appended, maps merged. A request without
// parameters is returned as it is. An error is an INVALID_REQUEST, and shows no
// value of an environment.
func Run(request *protocol.RunRequest) (*protocol.RunRequest, error) {
	if request.GetParameters() == nil {
		return request, nil
	}
	p := &parameters{given: request.GetParameters().AsMap()}
	merged := runRequest(p)
	if err := p.end(); err != nil {
		return nil, err
	}
	container, own := merged.GetContainer(), request.GetContainer()
	ours := slices.Concat(own.GetEnvironment(), own.GetPrivateEnvironment())
	container.Environment = withoutNames(container.GetEnvironment(), ours)
	container.PrivateEnvironment = withoutNames(container.GetPrivateEnvironment(), ours)
	mergeOver(merged, request)
	merged.Parameters = nil
	return merged, nil
}

// Build is Run for a build.
func Build(request *protocol.BuildRequest) (*protocol.BuildRequest, error) {
	if request.GetParameters() == nil {
		return request, nil
	}
	p := &parameters{given: request.GetParameters().AsMap()}
	merged := buildRequest(p)
	if err := p.end(); err != nil {
		return nil, err
	}
	mergeOver(merged, request)
	merged.Parameters = nil
	if merged.GetContext() == nil && merged.GetDockerfile() == nil {
		return nil, invalid("the build has neither a context nor a Dockerfile: give context, dockerfile or dockerfile_inline")
	}
	return merged, nil
}

// mergeOver merges a request over another one. To proto.Merge a duration is two
// numbers, each with a value of its own.
func mergeOver(base, over proto.Message) {
	over.ProtoReflect().Range(func(field protoreflect.FieldDescriptor, _ protoreflect.Value) bool {
		if message := field.Message(); message != nil && message.FullName() == "google.protobuf.Duration" {
			base.ProtoReflect().Clear(field)
		}
		return true
	})
	proto.Merge(base, over)
}

// withoutNames leaves out the variables that stand in others, too.
func withoutNames(variables, others []string) []string {
	names := map[string]bool{}
	for _, variable := range others {
		names[nameOf(variable)] = true
	}
	return slices.DeleteFunc(variables, func(variable string) bool { return names[nameOf(variable)] })
}

func nameOf(variable string) string {
	name, _, _ := strings.Cut(variable, "=")
	return name
}

func invalid(format string, args ...any) error {
	return protocol.Errorf(protocol.ErrorKind_INVALID_REQUEST, format, args...)
}
