"""Run a container as a task."""

from __future__ import annotations

import os
import pickle
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from tempfile import TemporaryDirectory
from typing import Any

from airdock._protocol.parameters import ContainerParameters
from airdock.connection import registry_logins
from airdock.exit import check_exit
from airdock.files import Templates, file_objects, output_objects
from airdock.masking import mask
from airdock.operators.docker_build import DockerBuildOperator as DockerBuildOperator
from airdock.operators.docker_volume import DockerVolumeOperator as DockerVolumeOperator
from airdock.output import OUTPUT_LIMIT, OutputLog, Tail
from airdock.request import binary, request_parameters, run_origin
from airdock.results import PICKLE_LIMIT, RETURN_LIMIT, RETURN_PATH, ResultFiles


class DockerOperator(ContainerParameters):
    """
    Run a command in a container on a Docker Engine, near or far.

    The parameters of ContainerParameters, and those of EngineParameters but for ``airdock_conn_id``, are
    those of the DockerOperator of apache-airflow-providers-docker 4.6.1, by name, default and type; objects
    of docker.types are taken, and docker is not needed for it. Those of ContainerOptions come on top.
    docs/differences.md says what is deliberately otherwise.

    The container's lines appear in the task's log as they are printed, those of stderr with the mark
    ``[stderr]``. The result is ``/airflow/xcom/return.json`` if the container leaves one, or else the
    last line of stdout. A task that is killed, or times out, stops its container.

    :raises ValueError: a parameter has a value that it cannot have.
    """

    template_ext: Sequence[str] = (".sh", ".bash", ".env")
    #: What reads ``retrieve_output_path``; a subclass may name cloudpickle or dill.
    pickling_library: Any = pickle

    def _complete(self) -> None:
        if self.port_bindings and self.network_mode == "host":
            raise ValueError('port_bindings cannot be used with network_mode="host".')
        if self.retrieve_output and not self.retrieve_output_path:
            raise ValueError("retrieve_output needs retrieve_output_path.")

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

    def execute(self, context: Any) -> Any:
        """
        Run the container and return the task's result.

        :raises ContainerFailedError: the container's exit code is not 0.
        :raises ContainerSkippedError: its exit code is one of ``skip_on_exit_code``.
        :raises AirdockError: it could not be run; one subclass for each reason.
        """
        private_environment = self.render_template(Templates(self._private_environment), context)
        secret_files = self.render_template(Templates(self._secret_files), context)
        mask(value for value in (*private_environment.values(), *secret_files.values()) if value is not None)
        results, keep = self._result_files(), self._tail()
        output = OutputLog(self.log, keep, merge=self.xcom_merge_stderr, flood_lines=self.flood_lines)
        with ExitStack() as stack:
            request = {
                "origin": run_origin(context["ti"]),
                "parameters": self._request_parameters(private_environment, stack),
                "registry_auth": registry_logins(self.docker_conn_id),
                "files": self._files(secret_files, stack),
                "outputs": list(output_objects(self.output_files)),
                "results": results.request(),
            }
            ended = self.call(
                *(context, "Run", request, output, results),
                remove=self.on_kill_action == "delete_container" or self.auto_remove != "never",
                keep=self.on_kill_action == "keep_container",
            )
        check_exit(ended.exit, self.log, self.skip_on_exit_code)
        return self._result(results, keep)

    def _files(self, secret_files: Mapping[str, str | bytes], stack: ExitStack) -> list[dict[str, Any]]:
        secrets = [
            {"path": path, "content": binary(f"The secret file {path}", content), "mode": 0o400}
            for path, content in secret_files.items()
        ]
        return [*secrets, *file_objects(self.input_files, stack)]

    def _request_parameters(self, private_environment: Mapping[str, Any], stack: ExitStack) -> dict[str, Any]:
        given = self._given()
        if self.mount_tmp_dir and self.host_tmp_dir:
            folder = TemporaryDirectory(prefix="airflowtmp", dir=self.host_tmp_dir)
            given["host_tmp_dir"] = stack.enter_context(folder)
        return request_parameters({**given, "private_environment": private_environment}, os.environ)

    def _result_files(self) -> ResultFiles:
        if self.retrieve_output and self.retrieve_output_path:
            return ResultFiles({self.retrieve_output_path: PICKLE_LIMIT})
        return ResultFiles({RETURN_PATH: RETURN_LIMIT} if self.do_xcom_push else {})

    def _tail(self) -> Tail | None:
        if not self.do_xcom_push or self.retrieve_output:
            return None
        return Tail(None if self.xcom_all else OUTPUT_LIMIT)

    def _result(self, results: ResultFiles, keep: Tail | None) -> Any:
        if self.retrieve_output and self.retrieve_output_path:
            return results.pickle(self.retrieve_output_path, self.pickling_library)
        if results.has(RETURN_PATH):
            return results.json(RETURN_PATH)
        lines = keep.lines() if keep is not None else []
        if keep is not None and not keep.whole():
            self.log.warning("The last line is longer than %d characters: no result.", OUTPUT_LIMIT)
            return None
        return (lines if self.xcom_all else lines[-1]) if lines else None
