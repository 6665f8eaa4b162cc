"""Runs containers through Airdock's Client, with a plugin that runs already.

client.py start
client.py many N
client.py hold N IMAGE CMD...   N containers side by side, for as long as they run
client.py lines IMAGE CMD...    by the wire alone: what the plugin sends is counted and not logged
client.py spawn                 start a plugin, have the engine described, end it
"""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from collections.abc import Sequence
from functools import partial
from typing import Any

from airdock.client import Client
from airdock.plugin.client import Plugin
from loop import LABELS, serve, timed

logging.getLogger("airdock").setLevel(logging.ERROR)


def many(number: int, image: str = "bash", command: Sequence[str] = ("true",)) -> None:
    """Run containers side by side through one plugin."""
    with Client() as client:
        run = partial(client.run, image, command, network_mode="none", labels=LABELS)
        threads = [threading.Thread(target=run) for _ in range(number)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def lines(image: str, command: list[str]) -> dict[str, Any]:
    """Count a container's lines."""
    folder = os.environ["DOCKER_CERT_PATH"]
    request = {
        "engine": {
            "hosts": [os.environ["DOCKER_HOST"]],
            "tls": {
                "ca": {"path": f"{folder}/ca.pem"},
                "cert": {"path": f"{folder}/cert.pem"},
                "key": {"path": f"{folder}/key.pem"},
            },
        },
        "key": f"bench.{time.time_ns()}",
        "remove": "REMOVE_FORCE",
        "container": {
            "image": image,
            "command": command,
            "network_mode": "none",
            "labels": LABELS,
            "log_driver": "json-file",
        },
    }
    count = 0

    def drain() -> None:
        nonlocal count
        for event in plugin.call("Run", request):
            if event.WhichOneof("event") == "output":
                count += event.output.text.count("\n")

    with Plugin(logging.getLogger("airdock"), os.environ) as plugin:
        cost = timed(drain)
    return cost | {"lines": count}


def spawn() -> None:
    """Start and end a plugin, with one question to the engine in between."""
    with Client() as client:
        client.info()


def main() -> None:
    what, *args = sys.argv[1:]
    if what == "start":
        with Client() as client:
            serve(lambda: timed(lambda: client.run("bash", ["true"], network_mode="none", labels=LABELS)))
    elif what == "many":
        serve(lambda: timed(lambda: many(int(args[0]))))
    elif what == "hold":
        serve(lambda: timed(lambda: many(int(args[0]), args[1], args[2:])))
    elif what == "lines":
        serve(lambda: lines(args[0], args[1:]))
    elif what == "spawn":
        serve(lambda: {"milliseconds": timed(spawn)["seconds"] * 1000})


if __name__ == "__main__":
    main()
