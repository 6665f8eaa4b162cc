"""The runner's own eyes on the engine: the images that are needed, and nothing that stays."""

from __future__ import annotations

import contextlib

import docker

from scenario import Setting

IMAGES = ("bash:latest", "python:3.11-slim")


class Sweep:
    """Removes what a scenario left on the engine, however it ended."""

    def __init__(self, setting: Setting) -> None:
        self._label = setting.label
        self._engine = docker.from_env(timeout=300).api
        self._cached = self._cache()

    def prepare(self) -> None:
        """Fetch the images that the scenarios run, so that none of them pays for it."""
        for image in IMAGES:
            if not self._engine.images(name=image):
                self._engine.pull(image)

    def clean(self) -> None:
        """Remove containers and volumes of this run, images of scenarios, and what they left in the cache."""
        mine = {"label": self._label}
        for container in self._engine.containers(all=True, filters=mine):
            with contextlib.suppress(docker.errors.APIError):
                self._engine.remove_container(container["Id"], force=True, v=True)
        for volume in self._engine.volumes(filters=mine)["Volumes"] or []:
            self._engine.remove_volume(volume["Name"], force=True)
        for image in self._engine.images(filters=mine):
            # A name may have gone to a later image, which this one does not hinder.
            self._engine.remove_image(image["Id"], force=True)
        if new := self._cache() - self._cached:
            for one in new:
                self._engine.prune_builds(filters={"id": [one]}, all=True)

    def _cache(self) -> set[str]:
        """Return the ids of the entries of BuildKit's cache."""
        return {entry["ID"] for entry in self._engine.df().get("BuildCache") or []}
