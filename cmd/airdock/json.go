package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"

	"airdock.dev/airdock/protocol"
)

// printJSON writes the message with the names of airdock.proto and all fields.
func printJSON(out io.Writer, info *protocol.EngineInfo) error {
	text, err := protojson.MarshalOptions{UseProtoNames: true, EmitUnpopulated: true}.Marshal(info)
	if err != nil {
		return err
	}
	var plain any
	if err := json.Unmarshal(text, &plain); err != nil {
		return err
	}
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	return encoder.Encode(plain)
}

// printObject prints the engine's object in full.
func printObject(cmd *cobra.Command, object *structpb.Struct) error {
	text, err := protojson.MarshalOptions{Multiline: true}.Marshal(object)
	if err == nil {
		fmt.Fprintln(cmd.OutOrStdout(), string(text))
	}
	return err
}

// compactJSON is a message on one line.
func compactJSON(message proto.Message) (string, error) {
	text, err := protojson.MarshalOptions{UseProtoNames: true, EmitDefaultValues: true}.Marshal(message)
	if err != nil {
		return "", err
	}
	// protojson puts in spaces, now and then.
	var line bytes.Buffer
	err = json.Compact(&line, text)
	return line.String(), err
}
