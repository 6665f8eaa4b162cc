"""What a further engine costs a plugin."""

from __future__ import annotations

from contextlib import ExitStack

from contenders import Go, Sample
from figures import Metric
from scenario import Scenario, Setting


def contenders(setting: Setting, stack: ExitStack) -> dict[str, Go]:
    # To the plugin another address is another engine, with a client and connections of its own.
    relays = [setting.worker(stack, "floor", "relay") for _ in range(4)]

    def asked(number: int) -> Go:
        def go() -> Sample:
            return setting.fresh("gohost", "engines", *[str(relay()["host"]) for relay in relays[:number]])()

        return go

    return {"1 engine": asked(1), "2 engines": asked(2), "4 engines": asked(4)}


SCENARIO = Scenario(
    name="engines",
    title="Several engines in one plugin",
    what="One plugin asks each engine what it is: the first time, with the connection and its TLS handshake, "
    "and again.",
    base="1 engine",
    metrics=(
        Metric("first", "first question, ms", 1, ratio=False),
        Metric("again", "again, ms", 1, ratio=False),
        Metric("plugin_mb", "plugin MB", 1, ratio=False),
    ),
    contenders=contenders,
    rounds=5,
)
