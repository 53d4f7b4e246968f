"""How fast graph reads are: 100,000 links among memories and entities of which a few have thousands.

Memories are written by the code of `remember`; every sixth node is an entity. The ends of links are drawn by a power law,
so that the best linked node has some thousands and half of the nodes have a handful, weights evenly. Each operation is
timed through `App.call` from nodes drawn evenly, and walks from the best linked nodes apart; its floor is one indexed read
of a memory by id.
"""

from __future__ import annotations

from collections import Counter
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import msgspec

from everlore.bench import machine, workload
from everlore.bench.homes import open_store, temporary_home
from everlore.bench.speed import paired, write_memories
from everlore.core import ids

if TYPE_CHECKING:
    from everlore.app import requests
    from everlore.app.app import App
    from everlore.app.caller import Caller

_NODES_PER_LINK = 0.3
_ENTITIES = 6
_KINDS = ("mentions", "related", "supports", "depends_on", "derived_from")
_SKEW = 0.75
_HUBS = 50
_DAY = 86_400_000


def measure(app: App, caller: Caller, request: requests.Bench) -> dict[str, Any]:
    """Build a graph of `request.size` links, time every graph read on it, and return the report."""
    under = str(Path(request.data).expanduser()) if request.data else None
    with temporary_home(app, model=False, under=under) as config, open_store(config) as store:
        caller.progress("building", 0, 2)
        nodes, degrees = build(store, request.size)
        store.store.optimize()
        caller.progress("timing", 1, 2)
        report = {
            "links": request.size,
            "nodes": len(nodes),
            "most links": degrees.most_common(1)[0][1],
            "median links": sorted(degrees[node] for node in nodes)[len(nodes) // 2],
            "operations": _operations(store, nodes, [node for node, _ in degrees.most_common(_HUBS)]),
            "machine": machine.describe(),
        }
        caller.progress("timing", 2, 2)
    if request.out:
        Path(request.out).expanduser().write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=1))
    return report


def build(app: App, size: int) -> tuple[list[str], Counter[str]]:
    """Write the graph; return its nodes in a mixed order and how many links each has."""
    random, count = Random(7), max(int(size * _NODES_PER_LINK), 20)
    memories = [uid for rows in write_memories(app, count - count // _ENTITIES) for uid, *_ in rows]
    entities = [_entity(app, number) for number in range(count // _ENTITIES)]
    nodes = [*memories, *(row["uid"] for row in entities)]
    random.shuffle(nodes)
    weights = list(accumulate(1 / (rank + 3) ** _SKEW for rank in range(len(nodes))))
    now, degrees = app.clock(), Counter[str]()
    links: dict[tuple[str, str], dict[str, Any]] = {}
    while len(links) < size:
        source, target = random.choices(nodes, cum_weights=weights, k=2)
        if source != target and (source, target) not in links:
            since = now - random.randrange(400) * _DAY
            until = since + 30 * _DAY if random.random() < 0.1 else None
            links[source, target] = {
                "uid": ids.fresh(now - len(links)), "kind": random.choice(_KINDS), "source": source, "target": target,
                "weight": round(1 - random.random(), 3), "valid_from": since, "valid_until": until, "recorded": now - len(links),
                "recorded_until": None, "evidence": "measured",
            }  # fmt: skip
            degrees.update((source, target))
    random.shuffle(nodes)
    with app.write() as unit:
        unit.many("entity_insert", ({**row, "namespace": 1} for row in entities))
        unit.many("link_insert", links.values())
    return nodes, degrees


def _entity(app: App, number: int) -> dict[str, Any]:
    now = app.clock()
    name = f"src/{workload.PROJECTS[number % 10]}/part_{number}.py"
    return {"uid": ids.fresh(now), "kind": "path", "name": name, "recorded": now, "recorded_until": None}


def _operations(app: App, nodes: list[str], hubs: list[str]) -> dict[str, Any]:
    place = workload.PROJECTS[0]

    def timed(name: str, of: list[str], **more: object) -> dict[str, Any]:
        for node in of[:5]:
            app.call(name, {"id": node, **more})
        return paired(
            lambda n: app.call(name, {"id": of[n % len(of)], **more}),
            lambda _: app.call("list", {"namespace": place, "limit": 1}),
        )

    def joined(by: str) -> dict[str, Any]:
        ends = list(zip(nodes[:400], nodes[400:800] or nodes[::-1], strict=False))
        return paired(
            lambda n: app.call(
                "graph-path", {"source": ends[n % len(ends)][0], "target": ends[n % len(ends)][1], "by": by}
            ),
            lambda _: app.call("list", {"namespace": place, "limit": 1}),
        )

    return {
        "walk depth 3": timed("graph-walk", nodes, depth=3),
        "walk depth 3 from hubs": timed("graph-walk", hubs, depth=3),
        "walk depth 5": timed("graph-walk", nodes, depth=5),
        "walk depth 3 as of": timed("graph-walk", nodes, depth=3, as_of="2026-01-01", recorded_as_of="now"),
        "neighbors": timed("graph-neighbors", nodes),
        "neighbors of hubs": timed("graph-neighbors", hubs),
        "timeline": timed("graph-timeline", nodes),
        "timeline of hubs": timed("graph-timeline", hubs),
        "path": joined("shortest"),
        "strongest path": joined("strongest"),
    }
