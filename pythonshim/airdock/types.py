"""What a DAG may import in place of docker.types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal


class Mount(dict[str, Any]):
    """
    A mount for the parameter ``mounts``, with the arguments of docker.types.Mount.

    It is those arguments as a dict, which ``mounts`` takes, too.

    :param target: path in the container.
    :param source: name of a volume, or path on the engine's machine; None: a volume without a name.
    :param type: what the source is.
    :param read_only: the container cannot write to it.
    :param consistency: ``default``, ``consistent``, ``cached`` or ``delegated``, which Linux ignores.
    :param propagation: of a bind: ``rprivate``, ``rslave``, ``rshared`` ...
    :param no_copy: do not fill a new volume with what the image has at the target.
    :param labels: labels of a new volume.
    :param driver_config: driver of a new volume, with its options: a dict with ``Name`` and ``Options``.
    :param tmpfs_size: size of a tmpfs, in bytes or as text such as ``64m``.
    :param tmpfs_mode: permission bits of a tmpfs.
    :param subpath: path in the volume to mount; needs API 1.45.
    """

    def __init__(
        self,
        target: str,
        source: str | None,
        type: Literal["volume", "bind", "tmpfs", "npipe"] = "volume",
        read_only: bool = False,
        consistency: str | None = None,
        propagation: str | None = None,
        no_copy: bool = False,
        labels: Mapping[str, str] | None = None,
        driver_config: Mapping[str, Any] | None = None,
        tmpfs_size: int | str | None = None,
        tmpfs_mode: int | None = None,
        subpath: str | None = None,
    ) -> None:
        given = {name: value for name, value in locals().items() if name not in ("self", "__class__")}
        super().__init__({name: value for name, value in given.items() if value is not None})
