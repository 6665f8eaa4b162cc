#!/usr/bin/env bash
# Measures, and writes docs/performance.md where the figures are to be kept: of a
# whole run, and with PUBLISH=1 of single scenarios, too. QUICK=1 only shows that
# all of it works. Usage: bench.sh AIRFLOW_VENV DRAWING_VENV [SCENARIO...]
set -euo pipefail
airflow=$(cd "$1" && pwd) drawing=$(cd "$2" && pwd)
shift 2
results=docs/performance/results.json
if [ -n "${QUICK:-}" ]; then
  results=build/bench/quick.json
elif [ $# -gt 0 ] && [ -z "${PUBLISH:-}" ]; then
  results=build/bench/results.json
fi
CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o .cache/bench-bin/ ./bench/...
# The CLI's own configuration stays out of it; .cache/docker holds buildx.
export PATH="$PWD/.cache/bench-bin:$PATH" DOCKER_CONFIG="$PWD/.cache/docker" AIRDOCK_PLUGIN="$PWD/bin/airdock-plugin"
"$airflow/bin/python" bench/run.py ${QUICK:+--quick} --json "$results" "$@"
if [ "$results" = docs/performance/results.json ]; then
  "$drawing/bin/python" bench/draw.py "$results" docs/performance.md
fi
