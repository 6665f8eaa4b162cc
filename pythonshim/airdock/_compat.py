"""Airflow's exceptions, from where each version keeps them."""

from __future__ import annotations

try:
    from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException
except ImportError:
    try:  # Airflow 2, 3.0 and 3.1
        from airflow.exceptions import AirflowException, AirflowFailException, AirflowSkipException
    except ImportError:  # a program without Airflow, which uses airdock.client
        AirflowException = AirflowFailException = AirflowSkipException = Exception

__all__ = ["AirflowException", "AirflowFailException", "AirflowSkipException"]
