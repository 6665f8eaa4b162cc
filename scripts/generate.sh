#!/usr/bin/env bash
# Makes the Go and Python code of protocol/airdock.proto, and the Python code that
# would say again what stands elsewhere. Usage: generate.sh TOOLS_BIN OUTPUT_ROOT
set -eu
tools=$(cd "$1" && pwd)
root=$2
python=$root/pythonshim/airdock/_protocol
mkdir -p "$root/protocol" "$python"
descriptors=$(mktemp)
trap 'rm -f "$descriptors"' EXIT
# grpcio-tools carries its own protoc; its version decides which protobuf
# runtimes accept the Python code (see docs/dependencies.md).
PATH="$tools:$PATH" "$tools/python" -m grpc_tools.protoc -I protocol \
  --go_out="$root/protocol" --go_opt=paths=source_relative \
  --go-grpc_out="$root/protocol" --go-grpc_opt=paths=source_relative \
  --python_out="$python" --pyi_out="$python" --grpc_python_out="$python" \
  --descriptor_set_out="$descriptors" --include_source_info \
  protocol/airdock.proto
# protoc's imports know no packages.
sed -i 's/^import airdock_pb2 /from airdock._protocol import airdock_pb2 /' "$python/airdock_pb2_grpc.py"
"$tools/python" scripts/generate_python.py "$descriptors" "$python"
"$tools/python" scripts/generate_parameters.py protocol/parameters "$python"
"$tools/python" scripts/generate_signature.py pythonshim/airdock "$python/signature.pyi"
"$tools/ruff" format -q --config pythonshim/pyproject.toml "$python"/{answers,end,errors,parameters,types}.py "$python/signature.pyi"
