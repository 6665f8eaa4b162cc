#!/usr/bin/env bash
# Says what is missing on this machine and how to get it; prints nothing when
# all is there. Usage: prerequisites.sh [PYTHON]
set -u
python=${1:-python3}
missing=0
need() { printf 'missing: %s\n  %s\n' "$1" "$2" >&2; missing=1; }

if ! command -v go >/dev/null; then
  need 'go, 1.26 or newer' 'install it from your distribution or the Go project, and put its bin folder on the PATH'
else
  version=$(go env GOVERSION 2>/dev/null); version=${version#go}
  if [ "$(printf '%s\n1.26\n' "$version" | sort -V | head -n 1)" != 1.26 ] && [ "$(go env GOTOOLCHAIN)" = local ]; then
    need "go, 1.26 or newer (found $version)" 'install a newer one, or let go fetch it: export GOTOOLCHAIN=auto'
  fi
fi
if ! command -v "$python" >/dev/null; then
  need 'python3, 3.11 or 3.12' 'apt-get install python3 python3-venv'
elif ! "$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 13))'; then
  need "python3, 3.11 or 3.12 (found $("$python" -V 2>&1))" 'Airflow 2.11 and 3.3 share these versions; name one with make PYTHON=…'
elif ! "$python" -c 'import venv, ensurepip' 2>/dev/null; then
  need "the venv module of $python" 'apt-get install python3-venv'
fi
exit $missing
