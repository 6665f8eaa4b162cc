"""What is measured runs in processes of its own; here they are started, timed, watched and ended.

A worker does its work once for each line that it is sent and answers with a line of JSON: its figures.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

Sample = dict[str, float]
#: Does the work once and returns what it cost.
Go = Callable[[], Sample]


class Missing(Exception):
    """A peer is not on this machine."""


class Failed(Exception):
    """A contender did not do its work."""


def tree(pid: int) -> list[int]:
    """Return a process and all that descend from it."""
    found, new = [], [pid]
    while new:
        one = new.pop()
        found.append(one)
        for listed in Path(f"/proc/{one}/task").glob("*/children"):
            try:
                new += [int(child) for child in listed.read_text().split()]
            except OSError:  # It ended while we looked.
                continue
    return found


def memory(pid: int, field: str = "VmHWM") -> int:
    """Return a field of a process's /proc/PID/status in bytes, 0 for a process that is gone."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    _, found, rest = status.partition(f"{field}:")
    return int(rest.split()[0]) * 1024 if found else 0


class Watch:
    """Looks ten times a second at a process and its descendants: the highest sum of their peaks, in MB."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._done = threading.Event()
        self.peak = 0.0
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def close(self) -> float:
        self._done.set()
        self._thread.join()
        return self.peak

    def _look(self) -> None:
        while not self._done.wait(0.1):
            self.peak = max(self.peak, sum(memory(pid) for pid in tree(self._pid)) / 1e6)


class Process:
    """
    A process of ours in a session of its own, whose standard error is kept for a message.

    :param command: its words.
    :param environ: its environment.
    :param seconds: how long one piece of work may take.
    """

    def __init__(self, command: Sequence[str], environ: Mapping[str, str], seconds: float) -> None:
        self.command = list(command)
        self._environ = dict(environ)
        self.seconds = seconds
        self._errors: Any = None
        self.child: subprocess.Popen[bytes] | None = None

    def start(self, **pipes: Any) -> subprocess.Popen[bytes]:
        self._errors = os.fdopen(os.memfd_create("stderr"), "w+b")
        self.child = subprocess.Popen(
            self.command, env=self._environ, stderr=self._errors, start_new_session=True, bufsize=0, **pipes
        )
        return self.child

    def kill(self) -> None:
        if self.child is not None and self.child.returncode is None:
            os.killpg(self.child.pid, signal.SIGKILL)
            self.child.wait()

    def reap(self, deadline: float) -> float:
        """Wait for the end; return the CPU seconds of the process and of those that it waited for."""
        assert self.child is not None
        with selectors.DefaultSelector() as selector:
            handle = os.pidfd_open(self.child.pid)
            try:
                selector.register(handle, selectors.EVENT_READ)
                if not selector.select(max(0.0, deadline - time.monotonic())):
                    self.kill()
                    raise Failed(f"it took more than {self.seconds:.0f} s: {' '.join(self.command)[:80]}")
            finally:
                os.close(handle)
        _, status, usage = os.wait4(self.child.pid, 0)
        self.child.returncode = os.waitstatus_to_exitcode(status)
        if self.child.returncode:
            raise Failed(self.said() or f"it exited with {self.child.returncode}")
        return usage.ru_utime + usage.ru_stime

    def said(self) -> str:
        """Return the end of its standard error."""
        self._errors.seek(0)
        lines = [line.strip() for line in self._errors.read().decode("utf-8", "replace").splitlines()]
        return " / ".join([line for line in lines if line][-3:])[-400:]


class Command(Process):
    """A program that does its work and ends: seconds, CPU seconds and MB of memory."""

    def __call__(self) -> Sample:
        began = time.monotonic()
        child = self.start(stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        watch = Watch(child.pid)
        try:
            cpu = self.reap(began + self.seconds)
            took = time.monotonic() - began
        finally:
            peak = watch.close()
            self._errors.close()
        return {"seconds": took, "cpu": cpu, "peak": peak}


class Worker(Process):
    """
    A worker that goes on to run.

    Its samples are what it says of itself; without ``seconds`` among it, what the answer took.
    """

    def __call__(self) -> Sample:
        began = time.monotonic()
        self.begin()
        answer = self.answer(began + self.seconds)
        return {"seconds": time.monotonic() - began, **answer}

    def begin(self) -> subprocess.Popen[bytes]:
        """Ask for one piece of work; start the worker where it does not run."""
        child = self.child or self.start(stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert child.stdin is not None
        child.stdin.write(b"\n")
        return child

    def answer(self, deadline: float) -> dict[str, Any]:
        """Wait for what the work has cost."""
        assert self.child is not None
        assert self.child.stdout is not None
        line = b""
        with selectors.DefaultSelector() as selector:
            selector.register(self.child.stdout, selectors.EVENT_READ)
            while not line.endswith(b"\n"):
                if not selector.select(max(0.0, deadline - time.monotonic())):
                    self.kill()
                    raise Failed(f"it took more than {self.seconds:.0f} s: {' '.join(self.command)[:80]}")
                piece = os.read(self.child.stdout.fileno(), 1 << 16)
                if not piece:
                    self.reap(time.monotonic() + 5)
                    raise Failed(f"it ended without an answer. {self.said()}")
                line += piece
        found: dict[str, Any] = json.loads(line)
        return found

    def close(self) -> float:
        """Let the worker end; return its CPU seconds."""
        if self.child is None or self.child.returncode is not None:
            return 0.0
        assert self.child.stdin is not None
        assert self.child.stdout is not None
        self.child.stdin.close()
        try:
            return self.reap(time.monotonic() + 30)
        finally:
            self.child.stdout.close()
            self._errors.close()


def once(go: Go) -> Go:
    """Return what does its work in the first round alone, because it takes too long."""
    done = False

    def first() -> Sample:
        nonlocal done
        if done:
            return {}
        done = True
        return go()

    return first


class FreshWorker(Worker):
    """A worker that is started for each piece of work: its memory belongs to that piece alone."""

    def __call__(self) -> Sample:
        self.child = None
        began = time.monotonic()
        watch = Watch(self.begin().pid)
        try:
            answer = self.answer(began + self.seconds)
            took = time.monotonic() - began
        except BaseException:
            self.kill()
            raise
        finally:
            peak = watch.close()
        cpu = self.close()
        return {"seconds": took, "cpu": cpu, "peak": peak, **answer}
