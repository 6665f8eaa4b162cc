// Command reference is a plugin of protoc that writes airdock.proto, with its
// comments, as a page of the docs. scripts/docs.sh runs it.
package main

import (
	"fmt"
	"regexp"
	"strings"

	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/pluginpb"
)

func main() {
	protogen.Options{}.Run(func(plugin *protogen.Plugin) error {
		plugin.SupportedFeatures = uint64(pluginpb.CodeGeneratorResponse_FEATURE_PROTO3_OPTIONAL)
		for _, file := range plugin.Files {
			if file.Generate {
				write(plugin.NewGeneratedFile("protocol.md", ""), file)
			}
		}
		return nil
	})
}

func write(page *protogen.GeneratedFile, file *protogen.File) {
	syntax := file.Desc.SourceLocations().ByPath(protoreflect.SourcePath{12})
	page.P(prose(syntax.LeadingComments))
	for _, service := range file.Services {
		page.P("## ", service.Desc.Name(), "\n\n", prose(string(service.Comments.Leading)))
		for _, method := range service.Methods {
			answer := link(method.Output.Desc)
			if method.Desc.IsStreamingServer() {
				answer = "a stream of " + answer
			}
			page.P("### ", method.Desc.Name(), "\n\nTakes ", link(method.Input.Desc), ", answers with ", answer, ".\n\n", prose(string(method.Comments.Leading)))
		}
	}
	for _, message := range file.Messages {
		writeMessage(page, message)
	}
	for _, enum := range file.Enums {
		writeEnum(page, enum)
	}
}

func writeMessage(page *protogen.GeneratedFile, message *protogen.Message) {
	if message.Desc.IsMapEntry() {
		return
	}
	page.P("## ", title(message.Desc), "\n\n", prose(string(message.Comments.Leading)))
	if len(message.Fields) > 0 {
		page.P("| field | number | type | |\n| --- | --- | --- | --- |")
	}
	for _, field := range message.Fields {
		text := string(field.Comments.Leading + field.Comments.Trailing)
		if field.Oneof != nil && !field.Oneof.Desc.IsSynthetic() {
			text = fmt.Sprintf("One of `%s`. %s", field.Oneof.Desc.Name(), text)
		}
		page.P("| `", field.Desc.Name(), "` | ", field.Desc.Number(), " | ", kind(field.Desc), " | ", cell(text), " |")
	}
	page.P()
	for _, inner := range message.Messages {
		writeMessage(page, inner)
	}
	for _, inner := range message.Enums {
		writeEnum(page, inner)
	}
}

func writeEnum(page *protogen.GeneratedFile, enum *protogen.Enum) {
	page.P("## ", title(enum.Desc), "\n\n", prose(string(enum.Comments.Leading)))
	page.P("| value | number | |\n| --- | --- | --- |")
	for _, value := range enum.Values {
		page.P("| `", value.Desc.Name(), "` | ", value.Desc.Number(), " | ", cell(string(value.Comments.Leading+value.Comments.Trailing)), " |")
	}
	page.P()
}

// kind is the type of a field as the file spells it.
func kind(field protoreflect.FieldDescriptor) string {
	switch {
	case field.IsMap():
		return fmt.Sprintf("map of %s to %s", kind(field.MapKey()), kind(field.MapValue()))
	case field.IsList():
		return "repeated " + one(field)
	case field.HasOptionalKeyword():
		return "optional " + one(field)
	}
	return one(field)
}

func one(field protoreflect.FieldDescriptor) string {
	switch field.Kind() {
	case protoreflect.MessageKind:
		return link(field.Message())
	case protoreflect.EnumKind:
		return link(field.Enum())
	}
	return field.Kind().String()
}

// title is the name within the file: Output.Stream.
func title(of protoreflect.Descriptor) string {
	return strings.TrimPrefix(string(of.FullName()), string(of.ParentFile().Package())+".")
}

// link leads to what this page has, and only names what it has not.
func link(to protoreflect.Descriptor) string {
	if strings.HasPrefix(string(to.FullName()), "google.") {
		return "`" + string(to.FullName()) + "`"
	}
	anchor := strings.ToLower(strings.ReplaceAll(title(to), ".", ""))
	return "[" + title(to) + "](#" + anchor + ")"
}

// special is code, which stays as it is, or what Markdown would take for its own.
var special = regexp.MustCompile("`[^`]*`|[\\\\*_<\\[\\]|]")

func escaped(text string) string {
	return special.ReplaceAllStringFunc(text, func(found string) string {
		if found[0] == '`' {
			return found
		}
		return "\\" + found
	})
}

// indent is the one space between // and a comment's text.
var indent = regexp.MustCompile(`(?m)^ `)

func prose(comment string) string { return escaped(indent.ReplaceAllString(comment, "")) }

func cell(comment string) string { return escaped(strings.Join(strings.Fields(comment), " ")) }
