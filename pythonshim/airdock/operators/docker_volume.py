"""Make, fill, read and remove a volume as a task."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from typing import Any

from airdock._protocol.parameters import VolumeParameters
from airdock.request import run_origin


class DockerVolumeOperator(VolumeParameters):
    """
    Work on a volume of a Docker Engine, near or far.

    The result is a dict, or for ``list`` a list of dicts, with the fields of the answers in
    ``airdock.hooks.answers``. A task that is killed, or times out, stops its transfer; each file is then
    the old one or the new one. docs/files.md says how volumes are used.

    :raises ValueError: ``operation`` is none of the seven.
    """

    def render_template(self, content: Any, context: Any, *args: Any, **kwargs: Any) -> Any:
        """Render as Airflow does it, but for the newline that Jinja takes from the end of a text."""
        content = f"{content}\n" if isinstance(content, str) else content
        return super().render_template(content, context, *args, **kwargs)

    def execute(self, context: Any) -> Any:
        """
        Do it and return what came of it.

        :raises AirdockError: it failed; one subclass for each reason.
        """
        from airdock.hooks.volumes import Volumes  # Not when a DAG file is parsed: 5 ms.

        answer = self._do(Volumes(partial(self.call, context), run_origin(context["ti"])))
        return [asdict(volume) for volume in answer] if isinstance(answer, list) else asdict(answer)

    def _do(self, volumes: Any) -> Any:
        name, scope = self.volume, self.volume_scope
        labels = [f"{label}={value}" if value else label for label, value in (self.labels or {}).items()]
        if self.operation == "list":
            return volumes.list(filters={"name": name, "label": labels, "driver": self.driver})
        if self.operation == "prune" or (self.operation == "remove" and scope and not name):
            return volumes.prune(filters={"label": labels}, scope=scope)
        given = {parameter: getattr(self, parameter) for parameter in self.operations.get(self.operation, ())}
        if self.operation == "put":
            given["owner"] = self.file_owner
        return getattr(volumes, self.operation)(name, scope=scope, **given)
