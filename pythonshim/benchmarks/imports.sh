#!/bin/sh
# What importing each operator adds to a DAG file's parse, on top of Airflow itself: five runs each.
# Usage: PYTHON=path/to/python benchmarks/imports.sh
set -eu
PYTHON=${PYTHON:-python3}
AIRFLOW_HOME=${AIRFLOW_HOME:-$(mktemp -d)}
export AIRFLOW_HOME
PYTHONPATH=$(dirname "$0")/..
export PYTHONPATH
for module in airdock.operators.docker airflow.providers.docker.operators.docker grpc; do
    for _ in 1 2 3 4 5; do
        "$PYTHON" -W ignore -c "
import sys, time
try: from airflow.sdk import BaseOperator, DAG
except ImportError: from airflow.models import BaseOperator, DAG
import resource
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
started = time.perf_counter()
__import__('$module')
took = time.perf_counter() - started
grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory
print(f'$module {took * 1000:.0f} ms {grown / 1024:.1f} MB')
" 2>/dev/null | tail -1
    done
done
