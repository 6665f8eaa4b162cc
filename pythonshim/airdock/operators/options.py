"""What a container can be given beyond the official operator's parameters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from os import PathLike
from typing import Any, Literal

from airdock.files import InputFile, OutputFile, Templates
from airdock.operators.engine_parameters import EngineParameters, assign, one_of
from airdock.output import FLOOD_LINES


class ContainerOptions(EngineParameters):
    """
    The options that DockerOperator has and the official operator leaves out.

    Names are docker-py's where it has one. Sizes are bytes, or text such as ``64m``; times are seconds or
    a timedelta.

    :param image_pull_policy: ``missing``, ``always`` or ``never``. Default: ``missing``, or ``always``
        with ``force_pull``.
    :param pull_inactivity_timeout: how long a pull may make no progress.
    :param run_timeout: how long the container may run; then it is stopped and the task fails
        with RunTimeoutError. The plugin enforces it.
    :param stop_timeout: time between the stop signal and the kill. Airflow gives a task that
        it kills 5 s; what takes longer goes on in the plugin.
    :param on_kill_action: what becomes of the container of a task that is killed: ``stop_container``
        (and remove it unless ``auto_remove`` is never), ``delete_container``, or ``keep_container``,
        which leaves it running.
    :param xcom_merge_stderr: the result is the last line of stdout and stderr together, as with the
        official operator, instead of stdout's alone.
    :param flood_lines: when the container prints more lines than this at once (within 50 ms or 64 KiB), each
        record of the task's log has so many of them: Airflow takes few records much faster. 0: each line is
        a record of its own, always.
    :param secret_files: path in the container to content; each becomes a file of mode 0400 that belongs
        to the container's user. The contents are masked in logs. (templated, not shown in the UI)
    :param input_files: path in the container to what is put there before it starts: a
        ``pathlib.Path``, or text that begins with ``/`` and is one line, is a file or a folder of the
        worker; any other text, and bytes, is a file's content. More says an ``airdock.files.InputFile``,
        or a dict of its fields. (templated, paths as well)
    :param output_files: path of the worker to what is fetched after exit code 0: a path in the container
        of a file or a folder, or a pattern such as ``/out/**/*.csv``. More says an
        ``airdock.files.OutputFile``, or a dict of its fields. A relative path is one of the task's
        current folder; one that ends in ``/`` is a folder. (templated, paths as well)
    :param volume_scope: ``dag_run``: the named volumes among ``mounts`` belong to this run of the DAG,
        and are made when they are missing. DockerVolumeOperator removes them.
    :param cap_drop: Linux capabilities to drop.
    :param security_opt: security options.
    :param group_add: additional groups of the user.
    :param read_only: make the root file system read-only.
    :param init: run an init that forwards signals and reaps processes.
    :param runtime: name of the runtime.
    :param userns_mode: user namespace.
    :param sysctls: kernel parameters.
    :param platform: ``OS[/ARCH[/VARIANT]]`` of the image. (templated)
    :param stop_signal: the signal that stops the container.
    :param healthcheck: the Engine API's HealthConfig as a dict.
    :param mem_reservation: soft limit on memory.
    :param memswap_limit: limit on memory and swap together; -1 for unlimited swap.
    :param nano_cpus: limit on CPU time, in billionths of a CPU. (``cpus`` is a relative weight only.)
    :param cpuset_cpus: CPUs that may be used, for example ``0-2,4``.
    :param cpuset_mems: memory nodes that may be used.
    :param pids_limit: most processes; -1 for no limit.
    :param devices: devices of the engine's machine, ``HOST_PATH[:CONTAINER_PATH[:rwm]]``.
    :param tmpfs: path in the container to mount options.
    :param networks: networks of the container; the first takes the place of ``network_mode``. Names, or
        dicts with ``name`` and any of ``aliases``, ``ipv4_address``, ``ipv6_address``, ``mac_address``
        (needs API 1.44), ``driver_options``. (templated)
    :param annotations: annotations for the runtime; needs API 1.43.
    :param extra_config: members of the Engine API's ContainerConfig, merged last. (templated)
    :param extra_host_config: members of the Engine API's HostConfig, merged last. (templated)
    :raises ValueError: ``image_pull_policy`` or ``on_kill_action`` is none of the values above.
    """

    def __init__(
        self,
        *,
        image_pull_policy: Literal["missing", "always", "never"] | None = None,
        pull_inactivity_timeout: float | timedelta | None = None,
        run_timeout: float | timedelta | None = None,
        stop_timeout: float | timedelta | None = None,
        on_kill_action: Literal["stop_container", "delete_container", "keep_container"] = "stop_container",
        xcom_merge_stderr: bool = False,
        flood_lines: int = FLOOD_LINES,
        secret_files: Mapping[str, str | bytes] | None = None,
        input_files: Mapping[str, str | bytes | PathLike[str] | InputFile | dict[str, Any]] | None = None,
        output_files: Mapping[str, str | OutputFile | dict[str, Any]] | None = None,
        volume_scope: Literal["dag_run"] | None = None,
        cap_drop: Iterable[str] | None = None,
        security_opt: Iterable[str] | None = None,
        group_add: Iterable[str | int] | None = None,
        read_only: bool = False,
        init: bool | None = None,
        runtime: str | None = None,
        userns_mode: str | None = None,
        sysctls: Mapping[str, str] | None = None,
        platform: str | None = None,
        stop_signal: str | None = None,
        healthcheck: Mapping[str, Any] | None = None,
        mem_reservation: float | str | None = None,
        memswap_limit: float | str | None = None,
        nano_cpus: int | None = None,
        cpuset_cpus: str | None = None,
        cpuset_mems: str | None = None,
        pids_limit: int | None = None,
        devices: Iterable[str | Mapping[str, str]] | None = None,
        tmpfs: Mapping[str, str] | Iterable[str] | None = None,
        networks: Any = None,
        annotations: Mapping[str, str] | None = None,
        extra_config: Mapping[str, Any] | None = None,
        extra_host_config: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        one_of("image_pull_policy", image_pull_policy, (None, "missing", "always", "never"))
        one_of("on_kill_action", on_kill_action, ("stop_container", "delete_container", "keep_container"))
        secret_files = Templates(secret_files or {})
        input_files, output_files = Templates.of(input_files), Templates.of(output_files)
        #: Names of the container's parameters.
        self._parameters = assign(self, locals(), private=["secret_files"])

    def render_template(self, content: Any, context: Any, *args: Any, **kwargs: Any) -> Any:
        """Render as Airflow does it, and Templates as they say of themselves."""
        base = super().render_template

        def render(value: Any) -> Any:
            if isinstance(value, dict):
                return {render(name): render(item) for name, item in value.items()}
            # Jinja takes one newline away, which is then not the value's own; and it keeps Airflow from
            # taking a value that ends like a script's name for a file's.
            return base(f"{value}\n" if isinstance(value, str) else value, context, *args, **kwargs)

        return render(content) if isinstance(content, Templates) else base(content, context, *args, **kwargs)
