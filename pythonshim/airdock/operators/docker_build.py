"""Build an image as a task."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any, ClassVar, Literal

from airdock._compat import BaseOperator
from airdock.build import Build, follow_build
from airdock.build_request import BUILDERS, build_fields, build_result_dict
from airdock.engine import EngineSpec
from airdock.exceptions import StoppedError
from airdock.logins import registry_logins
from airdock.masking import mask
from airdock.request import run_key


class DockerBuildOperator(BaseOperator):
    """
    Build an image on a Docker Engine, near or far, and push it where that is asked for.

    Each step of the build is a fold in the task's log, with the step's output as it is printed; the last
    line says what came from the cache. The result is a dict: ``image_id``, ``digest``, ``tags``,
    ``steps_cached``, ``steps_built``, ``context_bytes`` and ``seconds``. A task that is killed, or times
    out, cancels its build on the engine; nothing is tagged unless every step succeeded.

    Paths are the worker's. All parameters are templated except those that say otherwise.

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
    :param docker_url: address or addresses of the engine, with the default of DockerOperator. Empty
        counts as unset, here and in the next three.
    :param tls_ca_cert: path of the certificate of the CA that signed the engine's.
    :param tls_client_cert: path of our certificate.
    :param tls_client_key: path of its key.
    :param tls_verify: False: accept any certificate of the engine. (not templated)
    :param tls_hostname: the name to look for in the engine's certificate, if it is not the address's.
        False: any name, as long as the CA signed it. (not templated)
    :param timeout: bound on one call of the engine's API, in seconds. It does not bound the build.
        (not templated)
    :param api_version: version of the Engine API; None or ``auto``: what both sides know. (not templated)
    :raises ValueError: ``builder`` is none of the three.
    """

    template_fields: Sequence[str] = (
        "context",
        "dockerfile",
        "dockerfile_inline",
        "tags",
        "build_args",
        "target",
        "labels",
        "platform",
        "cache_from",
        "network_mode",
        "extra_hosts",
        "docker_conn_id",
        "docker_url",
        "tls_ca_cert",
        "tls_client_cert",
        "tls_client_key",
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
        docker_url: str | list[str] | None = None,
        tls_ca_cert: str | None = None,
        tls_client_cert: str | None = None,
        tls_client_key: str | None = None,
        tls_verify: bool = True,
        tls_hostname: str | bool | None = None,
        timeout: float = 60,
        api_version: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if builder not in BUILDERS:
            raise ValueError(f"builder is {builder!r}; expected one of {', '.join(BUILDERS)}.")
        # Airflow renders text: a Path would stay as it is.
        self.context = os.fspath(context) if context is not None else None
        self.dockerfile = os.fspath(dockerfile) if dockerfile is not None else None
        self.dockerfile_inline = dockerfile_inline
        self.tags = tags
        self.build_args = build_args
        self.target = target
        self.labels = labels
        self.platform = platform
        self.no_cache = no_cache
        self.pull = pull
        self.cache_from = cache_from
        self.inline_cache = inline_cache
        self.network_mode = network_mode
        self.extra_hosts = extra_hosts
        self.shm_size = shm_size
        self._secrets = dict(secrets or {})
        self.push = push
        self.push_inactivity_timeout = push_inactivity_timeout
        self.builder = builder
        self.docker_conn_id = docker_conn_id
        self.docker_url = docker_url
        self.tls_ca_cert = tls_ca_cert
        self.tls_client_cert = tls_client_cert
        self.tls_client_key = tls_client_key
        self.tls_verify = tls_verify
        self.tls_hostname = tls_hostname
        self.timeout = timeout
        self.api_version = api_version
        self._build: Build | None = None
        self._killed = False

    def execute(self, context: Any) -> dict[str, Any]:
        """
        Build the image and return what came of it.

        :raises AirdockError: it could not be built; one subclass for each reason.
        """
        secrets = self.render_template(self._secrets, context)
        build = self._build = Build(self._request(context["ti"], secrets), log=self.log, environ=os.environ)
        if self._killed:
            raise StoppedError("The task was killed before its build began.")
        with build:
            result = follow_build(build, self.log)
        return build_result_dict(result)

    def on_kill(self) -> None:
        """Cancel the build. Airflow may call this before, in the middle of and after execute."""
        if self._build is None:
            self._killed = True
        else:
            self._build.stop()

    def _request(self, ti: Any, secrets: Mapping[str, str | bytes]) -> dict[str, Any]:
        logins = registry_logins(self.docker_conn_id)
        mask(login["password"] for login in logins)
        return {
            "engine": EngineSpec.of(self).request(os.environ),
            "key": run_key(ti),
            "registry_auth": logins,
            **build_fields(
                context=self.context,
                dockerfile=self.dockerfile,
                dockerfile_inline=self.dockerfile_inline,
                tags=self.tags,
                build_args=self.build_args,
                target=self.target,
                labels=self.labels,
                platform=self.platform,
                no_cache=self.no_cache,
                pull=self.pull,
                cache_from=self.cache_from,
                inline_cache=self.inline_cache,
                network_mode=self.network_mode,
                extra_hosts=self.extra_hosts,
                shm_size=self.shm_size,
                secrets=secrets,
                push=self.push,
                push_inactivity_timeout=self.push_inactivity_timeout,
                builder=self.builder,
            ),
        }
