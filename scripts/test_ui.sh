#!/usr/bin/env bash
# Runs the browser test of Airflow's own UI. The pictures go to build/ui.
# Usage: [CHROMIUM=…] test_ui.sh AIRFLOW_VENV UI_VENV; the engine is in the environment.
set -eu
airflow=$(cd "$1" && pwd) ui=$(cd "$2" && pwd)
# Without a font of its own the pictures would have boxes for letters.
install=(apt-get install -y --no-install-recommends chromium fonts-liberation)
if [ -z "${CHROMIUM:-}" ] && ! command -v chromium >/dev/null; then
  { "${install[@]}" || { apt-get update && "${install[@]}"; }; } >/dev/null || true
fi
browser=$(command -v "${CHROMIUM:-chromium}") || {
  printf 'missing: %s\n  %s\n  or name another Chromium: CHROMIUM=…\n' "${CHROMIUM:-chromium}" "${install[*]}" >&2
  exit 1
}
export AIRDOCK_UI_AIRFLOW=$airflow AIRDOCK_UI_BROWSER=$browser
cd pythonshim
exec "$ui/bin/python" -m pytest -q tests_ui
