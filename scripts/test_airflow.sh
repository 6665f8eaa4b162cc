#!/usr/bin/env bash
# Runs the tests of pythonshim in one Airflow. Usage: test_airflow.sh VENV
set -eu
venv=$(cd "$1" && pwd)
printf '== %s\n' "$("$venv/bin/python" -c 'import airflow; print("Airflow", airflow.__version__)' 2>/dev/null | tail -n 1)"
# The official provider, which some tests compare with, would otherwise trust
# a proxy's authorities instead of the engine's.
unset REQUESTS_CA_BUNDLE CURL_CA_BUNDLE
cd pythonshim
exec "$venv/bin/python" -m pytest -q tests
