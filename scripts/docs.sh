#!/usr/bin/env bash
# Makes the site in site/ and fails at a broken link or anchor, a page that the
# navigation of mkdocs.yml lacks, or a docstring that names a parameter which is
# not there. Usage: docs.sh TOOLS_BIN DOCS_VENV
set -euo pipefail
tools=$(cd "$1" && pwd)
tree=$PWD/.cache/docs-tree reference=$PWD/.cache/docs-reference
rm -rf "$tree" "$reference" && mkdir -p "$tree" "$reference"
git ls-files -co --exclude-standard README.md CHANGELOG.md CONTRIBUTING.md docs dags examples protocol/airdock.proto |
  while read -r file; do if [ -f "$file" ]; then cp --parents "$file" "$tree"; fi; done
# What is made of the code is on no page in git, only in the site.
go test -count=1 -run '^TestReference$' ./cmd/airdock -args -reference "$reference/cli.md" >/dev/null
go build -o "$reference/protoc-gen-reference" ./protocol/reference
PATH="$reference:$PATH" "$tools/python" -m grpc_tools.protoc -I protocol --reference_out="$reference" protocol/airdock.proto
"$2/bin/mkdocs" build --strict
if grep -rnE ':(class|meth|mod|func|attr|data):<' site/docs/reference; then
  echo 'a docstring has a role of Sphinx, which is text in this site: write ``name``' >&2
  exit 1
fi
