"""The names that Airflow 2.11 and 3 keep in different places, and the logger that both have."""

from __future__ import annotations

from typing import Protocol

try:
    from airflow.sdk import BaseOperator
except ImportError:  # Airflow 2
    from airflow.models import BaseOperator

try:
    from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException
except ImportError:  # Airflow 2, 3.0 and 3.1
    from airflow.exceptions import AirflowException, AirflowFailException, AirflowSkipException

__all__ = ["AirflowException", "AirflowFailException", "AirflowSkipException", "BaseOperator", "Logger"]


class Logger(Protocol):
    """What we use of a task's logger: Airflow 2 gives one of logging, Airflow 3 one of structlog."""

    def isEnabledFor(self, level: int) -> bool: ...

    def debug(self, msg: str, *args: object) -> object: ...

    def info(self, msg: str, *args: object) -> object: ...

    def warning(self, msg: str, *args: object) -> object: ...

    def error(self, msg: str, *args: object) -> object: ...
