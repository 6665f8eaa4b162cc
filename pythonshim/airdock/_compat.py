"""Airflow's exceptions, from where each version keeps them, and the logger that all of them give."""

from __future__ import annotations

from typing import Protocol

try:
    from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException
except ImportError:
    try:  # Airflow 2, 3.0 and 3.1
        from airflow.exceptions import AirflowException, AirflowFailException, AirflowSkipException
    except ImportError:  # a program without Airflow, which uses airdock.client
        AirflowException = AirflowFailException = AirflowSkipException = Exception

__all__ = ["AirflowException", "AirflowFailException", "AirflowSkipException", "Logger"]


class Logger(Protocol):
    """What we use of a task's logger: Airflow 2 gives one of logging, Airflow 3 one of structlog."""

    def isEnabledFor(self, level: int) -> bool: ...

    def debug(self, msg: str, *args: object) -> object: ...

    def info(self, msg: str, *args: object) -> object: ...

    def warning(self, msg: str, *args: object) -> object: ...

    def error(self, msg: str, *args: object) -> object: ...
