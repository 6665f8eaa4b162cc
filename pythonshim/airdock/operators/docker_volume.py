"""Make, fill, read and remove a volume as a task."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial
from typing import Any, ClassVar, Literal

from airdock.operators.engine_parameters import EngineParameters, assign, one_of
from airdock.request import run_origin

#: For each operation the parameters that are those of a method of Volumes.
_OPERATIONS = {
    "create": ("driver", "driver_opts", "labels"),
    "put": ("source", "path", "tar", "mirror", "mode", "create"),
    "get": ("path", "target", "optional", "max_bytes", "links"),
    "inspect": (),
    "list": (),
    "remove": ("force",),
    "prune": (),
}


class DockerVolumeOperator(EngineParameters):
    """
    Work on a volume of a Docker Engine, near or far.

    The result is a dict, or for ``list`` a list of dicts, with the fields of the answers in
    ``airdock.hooks.answers``. A task that is killed, or times out, stops its transfer; each file is then
    the old one or the new one. docs/files.md says how volumes are used.

    Paths ``source``, ``tar`` and ``target`` are the worker's. All parameters are templated except those
    that say otherwise. Those of EngineParameters come on top.

    :param operation: ``create`` a volume, ``put`` files into it, ``get`` files out of it, ``inspect`` or
        ``remove`` it, ``list`` volumes, or ``prune``: remove those that no container uses. (not templated)
    :param volume: the volume's name; for ``list`` a part of it. Without one ``create`` has the engine
        make one, and ``remove`` with a scope removes all that belong to the run.
    :param volume_scope: ``dag_run``: the volume belongs to this run of the DAG. The same name is another
        volume in another run, and it is made when it is missing. (not templated)
    :param source: what ``put`` puts: a ``pathlib.Path``, or text that begins with ``/`` and is one line,
        is a file or a folder, whose content becomes that of ``path``; any other text, and bytes, is a
        file's content.
    :param tar: a tar in place of ``source``, plain or compressed, which is unpacked at ``path``.
    :param path: path in the volume, for ``get`` also a pattern such as ``**/*.csv``. Default: its top.
    :param target: where ``get`` copies to. What ends in ``/`` is a folder.
    :param mirror: have ``put`` delete what is at ``path`` and not in the source. (not templated)
    :param file_owner: whom ``put`` gives the files: ``UID[:GID]``, ``source`` for the numbers that the
        source has; default: 0:0. (``owner`` is Airflow's own.)
    :param mode: permission bits of a file that is put by itself. (not templated)
    :param create: have ``put`` make the volume when it is missing. (not templated)
    :param driver: driver of a volume that ``create`` makes. ``list`` takes it as a filter.
    :param driver_opts: options of the driver.
    :param labels: labels of a volume that ``create`` makes. ``list`` and ``prune`` take them as a filter,
        where an empty value fits any.
    :param force: have ``remove`` accept that the volume is not there. (not templated)
    :param optional: have ``get`` accept that nothing is at ``path``. (not templated)
    :param max_bytes: the most that ``get`` copies, in bytes. Default: 16 GiB. (not templated)
    :param links: what ``get`` does with symbolic links that lead out of what it copies: ``refuse``,
        ``skip`` or ``keep``. (not templated)
    :raises ValueError: ``operation`` is none of the seven.
    """

    template_fields: Sequence[str] = (
        *EngineParameters.template_fields,
        *("volume", "source", "tar", "path", "target", "file_owner", "driver", "driver_opts", "labels"),
    )
    template_fields_renderers: ClassVar[dict[str, str]] = {"driver_opts": "json", "labels": "json"}

    def __init__(
        self,
        *,
        operation: Literal["create", "put", "get", "inspect", "list", "remove", "prune"],
        volume: str = "",
        volume_scope: Literal["dag_run"] | None = None,
        source: str | bytes | os.PathLike[str] | None = None,
        tar: str | os.PathLike[str] | None = None,
        path: str = "",
        target: str | os.PathLike[str] = "",
        mirror: bool = False,
        file_owner: str = "",
        mode: int | None = None,
        create: bool = False,
        driver: str | None = None,
        driver_opts: Mapping[str, str] | None = None,
        labels: Mapping[str, str] | None = None,
        force: bool = False,
        optional: bool = False,
        max_bytes: int | None = None,
        links: Literal["refuse", "skip", "keep"] = "refuse",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        one_of("operation", operation, _OPERATIONS)
        assign(self, locals())

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
        given = {parameter: getattr(self, parameter) for parameter in _OPERATIONS[self.operation]}
        if self.operation == "put":
            given["owner"] = self.file_owner
        return getattr(volumes, self.operation)(name, scope=scope, **given)
