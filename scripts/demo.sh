#!/usr/bin/env bash
# Runs the tutorial task as a user would, in an Airflow home of its own.
# Usage: demo.sh AIRFLOW_VENV ENGINE_DIR; the engine is in the environment.
set -euo pipefail
venv=$(cd "$1" && pwd) dir=$2
export AIRFLOW_HOME="$PWD/.cache/demo-home" AIRFLOW__CORE__DAGS_FOLDER="$PWD/dags"
export AIRFLOW__CORE__LOAD_EXAMPLES=False AIRFLOW__USAGE_DATA_COLLECTION__ENABLED=False
mkdir -p "$AIRFLOW_HOME"
"$venv/bin/airflow" db migrate >"$AIRFLOW_HOME/migrate.log" 2>&1 || { cat "$AIRFLOW_HOME/migrate.log"; exit 1; }
"$venv/bin/airflow" tasks test tutorial-provider-docker-run call-docker-run 2>&1 | tee "$AIRFLOW_HOME/task.log"
# Airflow 3.3 exits with 0 when the task failed, too.
grep -q 'new_state=success' "$AIRFLOW_HOME/task.log" || { echo 'The task failed: see above.' >&2; exit 1; }
cat <<TEXT

The task above ran in a container on a Docker Engine, over mutual TLS.
  engine   $DOCKER_HOST, started by this command, its state in $dir
  at a shell:
    eval "\$(bin/devengine env --dir $dir)"
    bin/airdock run --rm bash ls -al /
  Airflow  $venv, its home in $AIRFLOW_HOME
Stop the engine and remove what it left with: make down
TEXT
