"""A build's steps, as folds in a log."""

from __future__ import annotations

from support import RecordingLog

from airdock._protocol.airdock_pb2 import Event, Output, StepFinished, StepOutput, StepProgress, StepStarted
from airdock.build import WAITING_CHARACTERS, WAITING_PIECES, BuildLog


class Steps:
    def __init__(self) -> None:
        self.log = RecordingLog()
        self.time = 0.0
        self.build = BuildLog(self.log, lambda: self.time)

    def start(self, number: int) -> None:
        self.build.write(Event(step_started=StepStarted(number=number, name=f"step {number}")))

    def say(self, number: int, text: str, stream: Output.Stream.ValueType = Output.STDOUT) -> None:
        self.build.write(Event(step_output=StepOutput(number=number, stream=stream, text=text)))

    def end(self, number: int, cached: bool = False, error: str = "") -> None:
        finished = StepFinished(number=number, name=f"step {number}", cached=cached, seconds=1, error=error)
        self.build.write(Event(step_finished=finished))

    def progress(self, number: int, current: int, total: int = 0, done: bool = False) -> None:
        progress = StepProgress(number=number, item="sending", current=current, total=total, done=done)
        self.build.write(Event(step_progress=progress))

    def lines(self) -> list[str]:
        return self.log.lines()


def fold(number: int, *lines: str, end: str = "done in 1.0 s") -> list[str]:
    return [f"::group::step {number}", *lines, *([end] if end else []), "::endgroup::"]


def test_steps_one_after_the_other() -> None:
    steps = Steps()
    steps.start(1)
    steps.end(1, cached=True)
    steps.start(2)
    steps.say(2, "out\n")
    steps.say(2, "err\n", Output.STDERR)
    steps.end(2)
    steps.build.close()
    assert steps.lines() == fold(1, end="CACHED") + fold(2, "out", "[stderr] err")


def test_the_first_of_parallel_steps_is_live_and_the_others_follow_whole() -> None:
    steps = Steps()
    for number in (1, 2, 3):
        steps.start(number)
    steps.say(2, "two\n")
    steps.say(1, "one\n")
    assert steps.lines() == ["::group::step 1", "one"]
    steps.say(3, "three\n")
    steps.end(3)
    steps.end(1)
    assert steps.lines() == fold(1, "one") + fold(3, "three") + ["::group::step 2", "two"]
    steps.say(2, "two again\n")
    assert steps.lines()[-1] == "two again"
    steps.end(2, error="exit code: 3")
    steps.build.close()
    assert steps.lines()[-4:] == ["two", "two again", "FAILED after 1.0 s: exit code: 3", "::endgroup::"]


def test_a_step_that_starts_again_keeps_its_fold() -> None:
    steps = Steps()
    steps.start(1)
    steps.end(1)
    steps.start(1)
    steps.say(1, "more\n")
    steps.end(1)
    steps.start(2)
    assert steps.lines() == [*fold(1, "more"), "::group::step 2"]


def test_late_output_holds_nothing_up() -> None:
    steps = Steps()
    steps.start(1)
    steps.end(1)
    steps.start(2)
    steps.end(2)
    steps.say(1, "late\n")
    steps.start(3)
    assert steps.lines()[-1] == "::group::step 3"
    assert "late" in steps.lines()
    steps.build.close()
    assert steps.lines().count("::endgroup::") == 4


def test_what_waits_is_bounded() -> None:
    steps = Steps()
    steps.start(1)
    steps.start(2)
    for number in range(WAITING_PIECES + 100):
        steps.say(2, f"line {number}\n")
    steps.say(2, "x" * WAITING_CHARACTERS + "\n")
    steps.say(2, "the end\n")
    steps.build.close()
    lines = steps.lines()
    assert lines[2].startswith("::group::step 2")
    assert "left out" in lines[3]
    assert lines[-2] == "the end"
    assert sum(map(len, lines)) < WAITING_CHARACTERS + 1000


def test_a_transfer_has_a_line_now_and_then_and_one_at_its_end() -> None:
    steps = Steps()
    steps.start(1)
    steps.progress(1, 1)
    steps.time = 11
    steps.progress(1, 1_000_000, 3_000_000)
    steps.progress(1, 2_000_000, 3_000_000)
    steps.progress(1, 3_000_000, 3_000_000, done=True)
    assert steps.lines()[1:] == ["sending 1.0 MB of 3.0 MB", "sending 3.0 MB"]


def test_closing_twice_closes_once() -> None:
    steps = Steps()
    steps.start(1)
    steps.start(2)
    steps.build.close()
    steps.build.close()
    assert steps.lines() == fold(1, end="") + fold(2, end="")
