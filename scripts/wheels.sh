#!/usr/bin/env bash
# Makes the sdist, and from it a wheel for each platform. The same sources and
# the same Go give the same bytes, wherever this runs.
# Usage: wheels.sh UV PYTHON OUTPUT
set -euo pipefail
uv=$1 python=$2 output=$3
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
build() { "$uv" build --python "$python" --build-constraint requirements/wheels.txt "$@"; }

mkdir -p "$output" && rm -f "$output"/airflow_provider_airdock-*
build --sdist --out-dir "$output" pythonshim
tar -xzf "$output"/*.tar.gz -C "$scratch" --strip-components 1
for platform in linux/amd64 linux/arm64 darwin/amd64 darwin/arm64; do
  GOOS=${platform%/*} GOARCH=${platform#*/} build --wheel --out-dir "$output" "$scratch"
done
# uv leaves one, so that git ignores the folder.
rm -f "$output/.gitignore"
(cd "$output" && sha256sum ./*.tar.gz ./*.whl)
