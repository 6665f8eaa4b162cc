#!/usr/bin/env bash
# Makes the Go and Python code of protocol/airdock.proto.
# Usage: generate.sh TOOLS_BIN OUTPUT_ROOT
set -eu
tools=$(cd "$1" && pwd)
root=$2
mkdir -p "$root/protocol" "$root/pythonshim/airdock/_protocol"
# grpcio-tools carries its own protoc; its version decides which protobuf
# runtimes accept the Python code (see docs/dependencies.md).
PATH="$tools:$PATH" "$tools/python" -m grpc_tools.protoc -I protocol \
  --go_out="$root/protocol" --go_opt=paths=source_relative \
  --go-grpc_out="$root/protocol" --go-grpc_opt=paths=source_relative \
  --python_out="$root/pythonshim/airdock/_protocol" --pyi_out="$root/pythonshim/airdock/_protocol" \
  protocol/airdock.proto
