#!/usr/bin/env bash
# Makes the site in site/ and fails at a broken link or anchor, or a page that
# the navigation of mkdocs.yml lacks. Usage: docs.sh VENV
set -euo pipefail
tree=.cache/docs-tree
rm -rf "$tree" && mkdir -p "$tree"
git ls-files -co --exclude-standard README.md CHANGELOG.md CONTRIBUTING.md docs dags protocol/airdock.proto |
  while read -r file; do if [ -f "$file" ]; then cp --parents "$file" "$tree"; fi; done
"$1/bin/mkdocs" build --strict
