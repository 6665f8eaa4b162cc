"""Build an image as a task."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from airdock._protocol.parameters import BuildParameters
from airdock.connection import registry_logins
from airdock.request import build_fields


class DockerBuildOperator(BuildParameters):
    """
    Build an image on a Docker Engine, near or far, and push it where that is asked for.

    Each step of the build is a fold in the task's log, with the step's output as it is printed; the last
    line says what came from the cache. The result is a dict: ``image_id``, ``digest``, ``tags``,
    ``steps_cached``, ``steps_built``, ``context_bytes`` and ``seconds``. A task that is killed, or times
    out, cancels its build on the engine; nothing is tagged unless every step succeeded.

    :raises ValueError: ``builder`` is none of the three.
    """

    # No template_ext: a context or a secret that ends in .sh is not the name of a template.

    def execute(self, context: Any) -> dict[str, Any]:
        """
        Build the image and return what came of it.

        :raises AirdockError: it could not be built; one subclass for each reason.
        """
        from airdock.hooks.answers import BuiltImage, answer  # Not when a DAG file is parsed: 5 ms.

        fields = build_fields(self._given(), self.render_template(dict(self._secrets), context))
        fields["registry_auth"] = registry_logins(self.docker_conn_id)
        return asdict(answer(BuiltImage, self.call(context, "Build", fields).build_result))
