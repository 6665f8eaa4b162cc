"""From a run's events to the task's log, and from its end to the task's."""

from __future__ import annotations

from collections.abc import Container
from datetime import timezone
from typing import TYPE_CHECKING

from airdock._compat import Logger
from airdock.exceptions import ContainerFailedError, ContainerSkippedError, StoppedError
from airdock.output import STDERR, STDOUT, OutputLog
from airdock.progress import PullLog, TransferLog, amount
from airdock.report import block, headline
from airdock.results import ResultFiles
from airdock.run import Run

if TYPE_CHECKING:
    from airdock._protocol.airdock_pb2 import Exit, OutputFetched, Started, TransferProgress

_STREAM_STDERR = 2


def follow(run: Run, log: Logger, output: OutputLog, results: ResultFiles) -> Exit:
    """
    Write a run's events into the log as they come and return the last one, its Exit.

    :param run: the run, started.
    :param log: the task's logger.
    :param output: where its output goes.
    :param results: where the files go that it brings back.
    :raises AirdockError: the run failed.
    """
    pull, transfer = PullLog(log), TransferLog(log)
    try:
        for event in run.events():
            kind = event.WhichOneof("event")
            if kind == "output":
                stream = STDERR if event.output.stream == _STREAM_STDERR else STDOUT
                output.write(stream, event.output.text)
            elif kind == "result_file":
                piece = event.result_file
                results.add(piece.path, piece.found, piece.data)
            elif kind == "pull_progress":
                pull.write(event.pull_progress)
            elif kind == "transfer_progress":
                transfer.write(event.transfer_progress)
                _log_copied(log, event.transfer_progress)
            elif kind == "output_fetched":
                _log_fetched(log, event.output_fetched)
            elif kind == "started":
                pull.close()
                _log_started(log, event.started)
    finally:
        pull.close()
    return event.exit


def check_exit(exit_: Exit, log: Logger, skip_on_exit_code: int | Container[int] | None) -> None:
    """
    Raise what an Exit means for the task, if it does not mean success.

    :param exit_: the end of the run.
    :param log: the task's logger.
    :param skip_on_exit_code: the exit code or codes with which the task is skipped.
    :raises StoppedError: the container was stopped on request.
    :raises ContainerSkippedError: its exit code says so.
    :raises ContainerFailedError: its exit code is not 0.
    """
    if exit_.stopped:
        raise StoppedError(f"The container was stopped on request. {headline(exit_)}")
    skip = [skip_on_exit_code] if isinstance(skip_on_exit_code, int) else skip_on_exit_code or ()
    if exit_.exit_code in skip:
        raise ContainerSkippedError(f"{headline(exit_)} The task is skipped.", exit_code=exit_.exit_code)
    if exit_.exit_code == 0:
        if exit_.oom_kills:
            log.warning("%s", block(exit_))
        return
    log.error("%s", block(exit_))
    raise ContainerFailedError(
        headline(exit_),
        exit_code=exit_.exit_code,
        signal=exit_.signal,
        explanation=exit_.explanation,
        engine_error=exit_.engine_error,
        container_id=exit_.container_id,
        oom_kills=exit_.oom_kills,
        started_at=exit_.started_at.ToDatetime(timezone.utc) if exit_.HasField("started_at") else None,
        finished_at=exit_.finished_at.ToDatetime(timezone.utc) if exit_.HasField("finished_at") else None,
        peak_memory=exit_.peak_memory,
        memory_limit=exit_.memory_limit,
        cpu_seconds=exit_.cpu_seconds,
        stderr=exit_.stderr_tail.splitlines()[-20:],
    )


def _log_started(log: Logger, started: Started) -> None:
    log.info(
        "Container %s (%s) of image %s %s on %s",
        started.name,
        started.container_id[:12],
        started.image,
        "found, and followed," if started.adopted else "runs",
        started.host,
    )


def _log_copied(log: Logger, progress: TransferProgress) -> None:
    if progress.done and not progress.fetch:
        log.info("Copied %s to %s in the container.", amount(progress.files, progress.bytes), progress.path)


def _log_fetched(log: Logger, output: OutputFetched) -> None:
    if output.found:
        log.info("Fetched %s from %s to %s.", amount(output.files, output.bytes), output.path, output.target)
    else:
        log.info("The container has nothing at %s: no file is fetched.", output.path)
