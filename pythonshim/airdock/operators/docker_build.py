"""Build an image as a task."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Any, ClassVar, Literal

from airdock.connection import registry_logins
from airdock.operators.engine_parameters import EngineParameters, assign, one_of
from airdock.request import build_fields


class DockerBuildOperator(EngineParameters):
    """
    Build an image on a Docker Engine, near or far, and push it where that is asked for.

    Each step of the build is a fold in the task's log, with the step's output as it is printed; the last
    line says what came from the cache. The result is a dict: ``image_id``, ``digest``, ``tags``,
    ``steps_cached``, ``steps_built``, ``context_bytes`` and ``seconds``. A task that is killed, or times
    out, cancels its build on the engine; nothing is tagged unless every step succeeded.

    Paths are the worker's. All parameters are templated except those that say otherwise. Those of
    EngineParameters come on top.

    :param context: folder that COPY and ADD copy from, with its ``.dockerignore``; or a tar, plain or
        compressed, whose name ends as such a file's does (``.tar``, ``.tar.gz``, ``.tgz`` ...). None: the
        build has only its Dockerfile.
    :param dockerfile: path within the context, or an absolute path of any file. Default: ``Dockerfile``.
    :param dockerfile_inline: text of a Dockerfile, in place of a file.
    :param tags: names of the image. None: it is found by the id in the result.
    :param build_args: values of the Dockerfile's ARGs; None leaves one out. They can be read in the
        image's history: for a password use ``secrets``.
    :param target: the stage to build. Default: the last.
    :param labels: labels of the image as a dict, or a list of names.
    :param platform: ``OS[/ARCH[/VARIANT]]`` of the image.
    :param no_cache: do not use what earlier builds left. (not templated)
    :param pull: ask the registries for newer base images. (not templated)
    :param cache_from: images whose layers may be reused.
    :param inline_cache: write into the image what a later ``cache_from`` needs. (not templated)
    :param network_mode: network of RUN: ``default``, ``none`` or ``host``.
    :param extra_hosts: host name to IP address, for RUN.
    :param shm_size: size of ``/dev/shm`` in RUN, in bytes or as text. BuildKit heeds it from engine 23.0
        on. (not templated)
    :param secrets: id to value, for ``RUN --mount=type=secret,id=ID``. They are in no layer and no
        history, and masked in logs. (templated, not shown in the UI)
    :param push: push every tag after the build. (not templated)
    :param push_inactivity_timeout: how long a push may make no progress. (not templated)
    :param builder: ``buildkit``, ``classic``, or ``auto``: BuildKit where the engine has it.
        (not templated)
    :param docker_conn_id: connection of Airflow's type ``docker`` with a registry's login, or several,
        for base images and the push.
    :raises ValueError: ``builder`` is none of the three.
    """

    template_fields: Sequence[str] = (
        *EngineParameters.template_fields,
        *("context", "dockerfile", "dockerfile_inline", "tags", "build_args", "target", "labels", "platform"),
        *("cache_from", "network_mode", "extra_hosts", "docker_conn_id"),
    )
    # No template_ext: a context or a secret that ends in .sh is not the name of a template.
    template_fields_renderers: ClassVar[dict[str, str]] = {"build_args": "json", "labels": "json"}

    def __init__(
        self,
        *,
        context: str | os.PathLike[str] | None = None,
        dockerfile: str | os.PathLike[str] | None = None,
        dockerfile_inline: str | None = None,
        tags: str | list[str] | None = None,
        build_args: Mapping[str, Any] | None = None,
        target: str | None = None,
        labels: dict[str, str] | list[str] | None = None,
        platform: str | None = None,
        no_cache: bool = False,
        pull: bool = False,
        cache_from: str | list[str] | None = None,
        inline_cache: bool = False,
        network_mode: str | None = None,
        extra_hosts: Mapping[str, str] | Iterable[str] | None = None,
        shm_size: int | str | None = None,
        secrets: Mapping[str, str | bytes] | None = None,
        push: bool = False,
        push_inactivity_timeout: float | timedelta | None = None,
        builder: Literal["auto", "buildkit", "classic"] = "auto",
        docker_conn_id: str | list[str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        one_of("builder", builder, ("auto", "buildkit", "classic"))
        # Airflow renders text: a Path would stay as it is.
        context = os.fspath(context) if context is not None else None
        dockerfile = os.fspath(dockerfile) if dockerfile is not None else None
        secrets = dict(secrets or {})
        self._parameters = assign(self, locals(), private=["secrets"]) - {"docker_conn_id"}

    def execute(self, context: Any) -> dict[str, Any]:
        """
        Build the image and return what came of it.

        :raises AirdockError: it could not be built; one subclass for each reason.
        """
        from airdock.hooks.answers import BuiltImage, answer  # Not when a DAG file is parsed: 5 ms.

        given = {name: getattr(self, name) for name in self._parameters}
        fields = build_fields(given, self.render_template(self._secrets, context))
        fields["registry_auth"] = registry_logins(self.docker_conn_id)
        return asdict(answer(BuiltImage, self.call(context, "Build", fields).build_result))
