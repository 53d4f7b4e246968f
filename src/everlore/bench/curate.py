"""How long a curator takes over a whole store, what a second run costs, and that undo gives back what was.

The store holds generated statements and, among them, both sides of the labelled pairs of admission and contradictions, so
that there is something to find. Content is what an export holds but for since when it is believed.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from everlore.app import lines
from everlore.bench import admission, machine, workload
from everlore.bench.homes import open_store, temporary_home
from everlore.bench.speed import write_memories
from everlore.memory import life
from everlore.memory.changes import Changes
from everlore.store import namespaces

if TYPE_CHECKING:
    from everlore.app import requests
    from everlore.app.app import App
    from everlore.app.caller import Caller

_TAGGED = 40
_TAGS = ("cache", "deploy", "database", "release", "tests")


def measure(app: App, caller: Caller, request: requests.Bench) -> dict[str, Any]:
    """Fill a store with `request.size` memories, curate it twice, undo the first run, and return the report."""
    under = str(Path(request.data).expanduser()) if request.data else None
    with temporary_home(app, model=False, under=under) as config, open_store(config) as store:
        caller.progress("building", 0, 3)
        planted = _plant(store)
        for _ in write_memories(store, request.size - planted):
            pass
        before = _content(store)
        caller.progress("curating", 1, 3)
        first, seconds = _curated(store)
        again, second = _curated(store)
        caller.progress("undoing", 2, 3)
        started = time.perf_counter()
        if first.operation:
            store.call("undo", {"operation": first.operation})
        undone = time.perf_counter() - started
        report = {
            "memories": request.size, "planted": planted, "changed": first.changed, "proposed": first.proposed, "complete": first.complete,
            "seconds": round(seconds, 2), "second run": {"seconds": round(second, 3), "read": again.read, "changed": sum(again.changed.values()),
                                                         "proposed": sum(again.proposed.values())},
            "undo": {"seconds": round(undone, 2), "as before": _content(store) == before}, "machine": machine.describe(),
        }  # fmt: skip
    if request.out:
        Path(request.out).expanduser().write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=1))
    return report


def _plant(app: App) -> int:
    """Keep both sides of every labelled pair, some of them tagged; return how many memories that makes."""
    texts = [text for pair in admission.pairs() for text in (pair.old, pair.new)]
    texts += [statement.text for look in admission.looks() for statement in (look.old, look.new)]
    with app.write() as unit:
        now = app.clock()
        changes = Changes(unit, now)
        node = namespaces.ensure(unit, workload.PROJECTS[0], now)
        for number, text in enumerate(texts):
            tags = (_TAGS[number % len(_TAGS)],) if number < _TAGGED else ()
            life.create(changes, life.Draft(text, tags=tags), node, "bench")
        changes.finish(actor="bench", operation="import", namespace=node.path, reason=None)
    return len(texts)


def _curated(app: App) -> tuple[Any, float]:
    started = time.perf_counter()
    answer = app.call("curate", {"seconds": 3600, "changes": 100_000})
    return answer, time.perf_counter() - started


def _content(app: App) -> list[Any]:
    """Return all that is asserted: memories, links in force, and entities."""
    found = []
    with app.read() as unit:
        for line in lines.lines(unit, None):
            value = msgspec.to_builtins(line)
            for revision in value.get("revisions", []):
                del revision["beliefs"]
            if value.get("recorded_until") is None:
                found.append(value)
    return found
