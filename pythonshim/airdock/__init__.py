"""Run containers from Airflow on a Docker Engine that is somewhere else.

Reading order: protocol/parameters (what a DAG may say, of which the signatures
are made), ``airdock.operators.docker``, ``airdock.request`` and
``airdock.engine`` (how it becomes a request of the protocol), ``airdock.call``
(one call from start to settlement), ``airdock.plugin`` (the plugin process and
the wire to it).
"""

from __future__ import annotations


def __getattr__(name: str) -> str:
    # The version is the installed distribution's. Asking for it costs milliseconds that the parse of
    # a DAG file need not pay.
    if name == "__version__":
        from importlib.metadata import version

        return version("airflow-provider-airdock")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
