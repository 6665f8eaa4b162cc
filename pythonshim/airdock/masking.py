"""Values that no log may show."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def mask(values: Iterable[Any]) -> None:
    """
    Have Airflow put ``***`` in place of values in everything that the task logs.

    Each line of a value is masked, too, since a container prints lines. Airflow leaves values of fewer
    than five characters alone.

    :param values: the values; anything that is no text counts as its text.
    """
    try:
        from airflow.sdk.log import mask_secret
    except ImportError:
        try:  # Airflow 2 and 3.0
            from airflow.utils.log.secrets_masker import mask_secret
        except ImportError:  # a program without Airflow keeps its own log
            return

    for value in values:
        content = value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")
        text = content.decode("utf-8", "replace")
        for secret in {text, *text.splitlines()}:
            if secret.strip():
                mask_secret(secret)
