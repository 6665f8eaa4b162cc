"""What a scenario is, and what it is given to run with."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from contenders import Command, FreshWorker, Go, Missing, Worker
from figures import Metric, Target

HERE = Path(__file__).parent
#: Prints that many lines of 100 bytes in large pieces, as a program with a buffer does.
LINES = 'yes "$(printf %099d 7)" | head -n {}'
#: The same, each with a system call of its own, as a program does that shows its lines at once.
ONE_BY_ONE = """
import os
line = b"%099d\\n" % 7
for _ in range({}):
    os.write(1, line)
"""


@dataclass(frozen=True)
class Setting:
    """
    What the scenarios run with.

    :param scale: 1 for the figures that count, less for a try.
    :param folder: for files of this run.
    :param label: NAME=VALUE, which everything on the engine carries.
    """

    scale: float
    folder: Path
    label: str
    environ: dict[str, str] = field(default_factory=lambda: dict(os.environ))

    @property
    def labels(self) -> dict[str, str]:
        """The label as docker-py wants it."""
        name, _, value = self.label.partition("=")
        return {name: value}

    def number(self, full: int, least: int = 1) -> int:
        """Return a size, scaled."""
        return max(least, int(full * self.scale))

    def program(self, name: str) -> str:
        """
        Return the path of a program.

        :raises Missing: there is none of that name on the PATH.
        """
        path = shutil.which(name, path=self.environ["PATH"])
        if path is None:
            raise Missing(f"{name} is not on the PATH")
        return path

    def python(self, script: str, *args: str) -> list[str]:
        """Return the command of a program in work/."""
        return [sys.executable, "-W", "ignore", str(HERE / "work" / script), *args]

    def command(self, *words: str, seconds: float = 120, **environ: str) -> Command:
        """Return a program as a contender."""
        return Command([self.program(words[0]), *words[1:]], self.environ | environ, seconds)

    def worker(self, stack: ExitStack, *words: str, seconds: float = 120) -> Worker:
        """Return a worker that runs until the scenario ends."""
        worker = Worker([self.program(words[0]), *words[1:]], self.environ, seconds)
        stack.callback(worker.close)
        return worker

    def fresh(self, *words: str, seconds: float = 120, **environ: str) -> FreshWorker:
        """Return a worker that is started for each piece of work."""
        return FreshWorker([self.program(words[0]), *words[1:]], self.environ | environ, seconds)


@dataclass(frozen=True)
class Scenario:
    """
    One question, its contenders, and the columns of its answer.

    :param contenders: returns what does the work, by name of the row; what is to be closed goes on the
        stack. A contender that is missing may raise when it is called.
    :param base: the row that the others are compared with.
    :param rounds: how often each contender has its turn.
    :param seconds: after this many no further round begins.
    :param warm: whether each contender has a turn before, which does not count: Python writes its bytecode
        at the first import.
    """

    name: str
    title: str
    what: str
    base: str
    metrics: Sequence[Metric]
    contenders: Callable[[Setting, ExitStack], dict[str, Go]]
    targets: Sequence[Target] = ()
    rounds: int = 3
    seconds: float = 120
    warm: bool = False
