"""One build of an image, and its events on their way into the task's log."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from airdock._compat import Logger
from airdock.exceptions import AirdockError, StoppedError
from airdock.output import STDERR, STDOUT, OutputLog
from airdock.progress import INTERVAL, PushLog, size_words
from airdock.run import Run

if TYPE_CHECKING:
    from airdock._protocol.airdock_pb2 import BuildResult, Event, StepFinished, StepProgress, StepWarning

_STREAM_STDERR = 2
#: What is kept of a step that has to wait for its turn: its last pieces of output and their characters.
WAITING_PIECES = 500
WAITING_CHARACTERS = 64 << 10


class Build(Run):
    """
    A build, from the start of its plugin to the end of it. Leaving the ``with`` block cancels it.

    :param request: a BuildRequest in JSON form.
    :param log: the task's logger.
    :param environ: the environment of the worker.
    :param plugin: as for a Run.
    """

    operation = "Build"
    final = "build_result"
    what = "build"

    def _settle_with_another_plugin(self) -> None:
        """Nothing is left to settle: the engine cancels a build when its plugin's connection ends."""


def follow_build(build: Build, log: Logger) -> BuildResult:
    """
    Write a build's events into the log as they come and return the last one, its result.

    :param build: the build, started.
    :param log: the task's logger.
    :raises AirdockError: the build failed; the message shows the Dockerfile's lines where it has them.
    """
    steps, push = BuildLog(log), PushLog(log)
    try:
        for event in build.events():
            if event.WhichOneof("event") == "push_progress":
                steps.close()
                push.write(event.push_progress)
            else:
                steps.write(event)
    except StoppedError:
        raise
    except AirdockError as error:
        push.close()
        steps.close()
        log.error("%s", error)  # with its lines, which a traceback may not show as such
        raise
    finally:
        push.close()
        steps.close()
    log.info("%s", _summary(event.build_result))
    return event.build_result


class BuildLog:
    """
    Writes a build's steps into a log, each as a fold of its own.

    Steps run side by side and folds cannot. One step is shown live; what the others do is kept, in
    bounded memory, until that one is finished. Then those that finished meanwhile follow, whole, and the
    next one of the rest is live.

    :param log: the task's logger.
    :param clock: a monotonic clock, in seconds.
    """

    def __init__(self, log: Logger, clock: Callable[[], float] = time.monotonic) -> None:
        self._log = log
        self._clock = clock
        self._live: _Step | None = None
        self._waiting: dict[int, _Step] = {}
        self._names: dict[int, str] = {}

    def write(self, event: Event) -> None:
        """Log an event of a step, at once or when it is the step's turn. Other events are not ours."""
        kind = event.WhichOneof("event") or ""
        if kind == "step_started":
            self._start(event.step_started.number, event.step_started.name)
        elif kind == "step_output":
            output = event.step_output
            stream = STDERR if output.stream == _STREAM_STDERR else STDOUT
            self._add(output.number, stream, output.text)
        elif kind == "step_progress":
            if step := self._running(event.step_progress.number):
                step.progress(event.step_progress, self._clock())
        elif kind == "step_warning":
            self._add(event.step_warning.number, "", _warning(event.step_warning))
        elif kind == "step_finished":
            self._finish(event.step_finished)

    def close(self) -> None:
        """Log what still waits and close the fold that is open: also after a build that failed."""
        while self._waiting:
            self._show(self._waiting.pop(next(iter(self._waiting))))
        if self._live is not None:
            self._live.hide()
            self._live = None

    def _running(self, number: int) -> _Step | None:
        if self._live is not None and self._live.number == number:
            return self._live
        return self._waiting.get(number)

    def _start(self, number: int, name: str) -> _Step:
        self._names[number] = name
        step = self._running(number)
        if step is None:
            step = _Step(self._log, number, name, self._clock())
            if self._live is None or self._live.end:
                self._show(step)
            else:
                self._waiting[number] = step
        step.end = ""
        return step

    def _add(self, number: int, stream: str, text: str) -> None:
        step = self._running(number)
        if step is None:  # a remark on a step whose fold is closed: it gets another one
            step = self._start(number, self._names.get(number, f"step {number}"))
            step.end = "(the step was finished before)"
        step.add(stream, text)

    def _finish(self, finished: StepFinished) -> None:
        step = self._running(finished.number) or self._start(finished.number, finished.name)
        step.end = _end(finished)
        if step is not self._live or not self._waiting:
            return  # The fold stays open, for the step may start again, until another one needs its place.
        for waiting in [waiting for waiting in self._waiting.values() if waiting.end]:
            self._show(self._waiting.pop(waiting.number))
        for number in list(self._waiting)[:1]:
            self._show(self._waiting.pop(number))

    def _show(self, step: _Step) -> None:
        if self._live is not None:
            self._live.hide()
        self._live = step
        step.show()


class _Step:
    """A step: live, or with what it has to say once it is its turn."""

    def __init__(self, log: Logger, number: int, name: str, now: float) -> None:
        self.number = number
        #: How it ended, once it did.
        self.end = ""
        self._log = log
        self._name = name
        self._output = OutputLog(log, {})
        self._shown = False
        self._due = now + INTERVAL
        self._pieces: deque[tuple[str, str]] = deque()
        self._size = 0
        self._dropped = 0

    def add(self, stream: str, text: str) -> None:
        """Take a piece of output; with an empty ``stream`` a remark of ours."""
        if self._shown:
            self._output.write(stream, text)
            return
        self._pieces.append((stream, text))
        self._size += len(text)
        while len(self._pieces) > 1 and (
            len(self._pieces) > WAITING_PIECES or self._size > WAITING_CHARACTERS
        ):
            self._size -= len(self._pieces.popleft()[1])
            self._dropped += 1

    def progress(self, progress: StepProgress, now: float) -> None:
        """Take a transfer's state: a line at its end, and one in INTERVAL before."""
        if progress.done and progress.current:
            self.add("", f"{progress.item} {size_words(progress.current)}")
        elif not progress.done and now >= self._due:
            self._due = now + INTERVAL
            total = f" of {size_words(progress.total)}" if progress.total else ""
            self.add("", f"{progress.item} {size_words(progress.current)}{total}")

    def show(self) -> None:
        """Open the fold, with what waited; from now on everything is logged at once."""
        self._log.info("::group::%s", self._name)
        if self._dropped:
            self._log.info("(The beginning of the output is left out: the step ran beside another one.)")
        self._shown = True
        for stream, text in self._pieces:
            self._output.write(stream, text)
        self._pieces.clear()

    def hide(self) -> None:
        """Close the fold, with how the step ended."""
        if self.end:
            self._log.info("%s", self.end)
        self._log.info("::endgroup::")


def _warning(warning: StepWarning) -> str:
    where = f"line {warning.line}: " if warning.line else ""
    url = f" ({warning.url})" if warning.url else ""
    return f"Warning: {where}{warning.message}{url}"


def _end(finished: StepFinished) -> str:
    if finished.error:
        return f"FAILED after {finished.seconds:.1f} s: {finished.error}"
    return "CACHED" if finished.cached else f"done in {finished.seconds:.1f} s"


def _summary(result: BuildResult) -> str:
    steps = result.steps_cached + result.steps_built
    names = f" as {', '.join(result.tags)}" if result.tags else ""
    return (
        f"Built {result.image_id}{names} in {result.seconds:.1f} s: {result.steps_cached} of {steps} steps "
        f"from the cache, {result.steps_built} built, {size_words(result.context_bytes)} of context sent"
    )
