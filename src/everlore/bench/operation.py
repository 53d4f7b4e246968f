"""The handler of `bench`: one entry, several measurements."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from everlore.app import answers, requests

if TYPE_CHECKING:
    from everlore.app.app import App
    from everlore.app.caller import Caller

_MEASURES = {
    "recall": "everlore.bench.recall", "ops": "everlore.bench.speed", "gate": "everlore.bench.gate", "hooks": "everlore.bench.hooks",
    "mining": "everlore.bench.mining", "handoff": "everlore.bench.handoff", "redaction": "everlore.bench.redaction",
    "injection": "everlore.bench.injection",
    "admission": "everlore.bench.admission",
    "graph": "everlore.bench.graph",
    "curate": "everlore.bench.curate",
    "vault": "everlore.bench.vault",
    "bootstrap": "everlore.bench.bootstrap",
    "lessons": "everlore.bench.lessons",
    "proxy": "everlore.bench.proxy",
    "harm": "everlore.bench.harm",
    "speak": "everlore.bench.speak",
    "web": "everlore.bench.web",
}  # fmt: skip


def run(app: App, caller: Caller, request: requests.Bench) -> answers.Measured:
    """Measure what is asked for; raise `InvalidInput` for data that cannot be measured, `Conflict` when the gate fails."""
    report = import_module(_MEASURES[request.what]).measure(app, caller, request)
    return answers.Measured(what=request.what, report=report, out=request.out)
