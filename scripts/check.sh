#!/usr/bin/env bash
# All checks that need no engine; says what to run where one fails.
# Usage: check.sh TOOLS_BIN DOCS_VENV
set -u
tools=$(cd "$1" && pwd)
docs=$2
failed=0
step() {
  local name=$1; shift
  if "$@"; then printf 'ok      %s\n' "$name"; else printf 'FAILED  %s\n' "$name"; failed=1; fi
}
gofmt_clean() {
  local files; files=$(git ls-files -co --exclude-standard '*.go' | grep -v '\.pb\.go$' | xargs gofmt -l)
  [ -z "$files" ] || { printf 'gofmt would change (make format):\n%s\n' "$files"; return 1; }
}
generated_current() {
  local fresh; fresh=$(mktemp -d)
  scripts/generate.sh "$tools" "$fresh" &&
    diff -r "$fresh/pythonshim/airdock/_protocol" pythonshim/airdock/_protocol -x __init__.py -x __pycache__ &&
    diff "$fresh/protocol/airdock.pb.go" protocol/airdock.pb.go &&
    diff "$fresh/protocol/airdock_grpc.pb.go" protocol/airdock_grpc.pb.go
  local result=$?
  rm -rf "$fresh"
  [ $result -eq 0 ] || echo 'run: make generate'
  return $result
}
# Without Airflow, whose classes are Any then: see pythonshim/pyproject.toml.
mypy_strict() { (cd pythonshim && "$tools/mypy") && "$tools/mypy" --strict scripts; }

site_builds() {
  local said; said=$(scripts/docs.sh "$tools" "$docs" 2>&1) || { printf '%s\n' "$said"; return 1; }
}

step 'go format' gofmt_clean
step 'go vet' go vet ./...
step 'go.mod is tidy' go mod tidy -diff
step 'generated code is current' generated_current
step 'house rules and imports' go test -count=1 .
step 'staticcheck' go tool staticcheck ./...
step 'ruff check' "$tools/ruff" check -q pythonshim dags bench
step 'ruff format' "$tools/ruff" format -q --check pythonshim dags bench
step 'ruff check, scripts' "$tools/ruff" check -q --config pythonshim/pyproject.toml scripts
step 'ruff format, scripts' "$tools/ruff" format -q --check --config pythonshim/pyproject.toml scripts
step 'mypy --strict' mypy_strict
step 'site and its links' site_builds
exit $failed
