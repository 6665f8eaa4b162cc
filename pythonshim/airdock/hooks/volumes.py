"""The volumes of an engine, for the hook and for DockerVolumeOperator."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Literal

from airdock.files import Contents, OutputFile, output_object
from airdock.hooks.answers import FetchedFiles, FilledVolume, RemovedVolumes, Volume, answer
from airdock.request import scope_name

if TYPE_CHECKING:
    from airdock._protocol.airdock_pb2 import Event

Scope = Literal["dag_run"]


class Volumes:
    """
    The volumes of an engine; ``DockerHook.volumes`` is one.

    With the scope ``dag_run`` a volume belongs to the run of the DAG that the task is of: the same name
    is another volume in another run, and the engine's name for it is in the answer.

    :param call: makes a call of that name with those fields, and returns the event that ends it.
    :param origin: where calls come from, as the request's ``origin``.
    """

    def __init__(self, call: Callable[[str, Mapping[str, Any]], Event], origin: Mapping[str, str]) -> None:
        self._call = call
        self._origin = origin

    def create(
        self,
        name: str | None = None,
        *,
        driver: str | None = None,
        driver_opts: Mapping[str, str] | None = None,
        labels: Mapping[str, str] | Iterable[str] | None = None,
        scope: Scope | None = None,
    ) -> Volume:
        """
        Make a volume, or return the one that is there with the same driver and options.

        :param name: its name. None: the engine makes one.
        :raises VolumeConflictError: it is there with another driver or other options.
        """
        fields = {
            "volume": self._volume(name, scope),
            "driver": driver,
            "driver_options": driver_opts,
            "labels": labels if isinstance(labels, Mapping) else dict.fromkeys(labels or [], ""),
        }
        return answer(Volume, self._call("VolumeCreate", fields).volume_info)

    def inspect(self, name: str, *, scope: Scope | None = None) -> Volume:
        """
        Return what the engine says of a volume.

        :raises VolumeNotFoundError: there is none of that name.
        """
        found = self._call("VolumeInspect", {"volume": self._volume(name, scope)})
        return answer(Volume, found.volume_info)

    def list(self, *, filters: Mapping[str, Any] | None = None) -> list[Volume]:
        """
        Return the volumes that fit every filter.

        :param filters: ``name`` (a part of it), ``label`` (one or several, ``NAME`` or ``NAME=VALUE``),
            ``driver``, and ``dangling``, True for those that no container uses.
        """
        found = self._call("VolumeList", _filter_fields(filters)).volume_list
        return [answer(Volume, volume) for volume in found.volumes]

    def remove(self, name: str, *, force: bool = False, scope: Scope | None = None) -> RemovedVolumes:
        """
        Remove a volume.

        :param force: one that is not there is no error.
        :raises VolumeInUseError: a container uses it.
        """
        fields = {"volume": self._volume(name, scope), "force": force}
        return self._removed("VolumeRemove", fields)

    def prune(
        self, *, filters: Mapping[str, Any] | None = None, scope: Scope | None = None
    ) -> RemovedVolumes:
        """
        Remove the volumes that fit and that no container uses.

        :param filters: ``label``, one or several, ``NAME`` or ``NAME=VALUE``.
        :param scope: ``dag_run``: those of this run.
        """
        fields = {**_filter_fields(filters), "scope": scope_name(scope), "origin": self._origin}
        return self._removed("VolumePrune", fields)

    def put(
        self,
        name: str,
        source: str | bytes | os.PathLike[str] | None = None,
        path: str = "",
        *,
        tar: str | os.PathLike[str] | None = None,
        mirror: bool = False,
        owner: str = "",
        mode: int | None = None,
        create: bool = False,
        scope: Scope | None = None,
    ) -> FilledVolume:
        """
        Put files into a volume; what is there already is not sent again.

        :param source: as ``airdock.files.InputFile`` has it. A folder's content becomes that of ``path``.
        :param path: path in the volume. Empty: its top.
        :param tar: a tar of the worker in place of ``source``, plain or compressed, unpacked at ``path``.
        :param mirror: delete what is at ``path`` and not in the source.
        :param owner: ``UID[:GID]``, ``source`` for the numbers of the source, or empty: 0:0.
        :param mode: permission bits of a file that is put by itself.
        :param create: make the volume when it is missing. With a scope that is always so.
        :raises VolumeNotFoundError: it is missing.
        """
        fields = {
            "volume": self._volume(name, scope),
            "origin": self._origin,
            "path": path,
            "tar": None if tar is None else os.path.abspath(tar),
            "mirror": mirror,
            "owner": owner,
            "mode": mode,
            "create": create,
        }
        with ExitStack() as stack:
            if source is not None:
                fields |= Contents(stack).fields("The source", source, mode)
            return answer(FilledVolume, self._call("VolumePut", fields).volume_filled)

    def get(
        self,
        name: str,
        path: str,
        target: str | os.PathLike[str],
        *,
        optional: bool = False,
        max_bytes: int | None = None,
        links: Literal["refuse", "skip", "keep"] = "refuse",
        scope: Scope | None = None,
    ) -> FetchedFiles:
        """
        Copy files of a volume to the worker, where they appear when all have arrived.

        :param path: path in the volume of a file or a folder, or a pattern; empty: all.
        :param target: path of the worker. What ends in ``/`` is a folder.
        :param optional: as ``airdock.files.OutputFile`` has it, with the next two.
        :raises VolumeNotFoundError: there is no such volume.
        :raises ContainerFileNotFoundError: it has nothing at ``path``.
        """
        output = output_object(target, OutputFile(path, optional, max_bytes, links))
        fields = {"volume": self._volume(name, scope), "origin": self._origin, "output": output}
        return answer(FetchedFiles, self._call("VolumeGet", fields).volume_fetched)

    def _volume(self, name: str | None, scope: Scope | None) -> dict[str, Any]:
        return {"name": name, "scope": scope_name(scope), "origin": self._origin}

    def _removed(self, operation: str, fields: Mapping[str, Any]) -> RemovedVolumes:
        return answer(RemovedVolumes, self._call(operation, fields).volumes_removed)


def _filter_fields(filters: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return docker-py's filters as the protocol spells them."""
    fields = dict(filters or {})
    labels = fields.pop("label", None) or []
    labels = (label.partition("=") for label in ([labels] if isinstance(labels, str) else labels))
    return {**fields, "labels": {name: value for name, _, value in labels}}
