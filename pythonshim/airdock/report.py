"""How a container ended, as one block for the log and as the task's exception."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from google.protobuf.timestamp_pb2 import Timestamp

    from airdock._protocol.airdock_pb2 import Exit


def headline(exit_: Exit) -> str:
    """Return in one or two sentences how the container ended."""
    text = f"Container {exit_.container_id[:12]} exited with code {exit_.exit_code}"
    if exit_.signal:
        text += f" ({exit_.signal})"
    if exit_.explanation:
        text += f": {exit_.explanation}"
    if exit_.engine_error:
        text += f"; the engine says: {exit_.engine_error}"
    return text + "."


def block(exit_: Exit) -> str:
    """Return what is known of the end, a line each, and the last lines of stderr."""
    lines = [headline(exit_)]
    if exit_.HasField("started_at") and exit_.HasField("finished_at"):
        seconds = exit_.finished_at.ToNanoseconds() - exit_.started_at.ToNanoseconds()
        lines.append(
            f"  ran        {_time(exit_.started_at)} to {_time(exit_.finished_at)}, {seconds / 1e9:.3f} s"
        )
    if exit_.peak_memory or exit_.memory_limit:
        peak = _mebibytes(exit_.peak_memory) if exit_.peak_memory else "unknown"
        limit = f", limit {_mebibytes(exit_.memory_limit)}" if exit_.memory_limit else ""
        lines.append(f"  memory     peak {peak}{limit}")
    if exit_.cpu_seconds:
        lines.append(f"  CPU        {exit_.cpu_seconds:.2f} s")
    if exit_.oom_kills:
        lines.append(f"  OOM kills  {exit_.oom_kills}")
    if exit_.stderr_tail:
        lines.append("  the end of stderr:")
        lines += [f"    {line}" for line in exit_.stderr_tail.splitlines()[-20:]]
    return "\n".join(lines)


def _time(stamp: Timestamp) -> str:
    return stamp.ToJsonString()


def _mebibytes(size: int) -> str:
    return f"{size / (1 << 20):.1f} MiB"
