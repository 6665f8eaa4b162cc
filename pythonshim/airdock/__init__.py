"""Run containers from Airflow on a Docker Engine that is somewhere else.

Reading order: :mod:`airdock.operators.docker` (what a DAG says),
:mod:`airdock.request` and :mod:`airdock.engine` (how it becomes a request of
the protocol), :mod:`airdock.run` (one run from start to settlement),
:mod:`airdock.plugin` (the plugin process and the wire to it).
"""

from __future__ import annotations

__version__ = "0.1.0"
