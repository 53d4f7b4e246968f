"""What became linked with a memory or an entity, and what ceased to be, in order of time."""

from __future__ import annotations

import json
from dataclasses import dataclass

from everlore.core.types import Link
from everlore.graph.links import FOREVER
from everlore.graph.walks import Graph, Step
from everlore.store.contract import Unit

ALWAYS = -FOREVER


@dataclass(frozen=True, slots=True)
class Happening:
    """One event: a link began, ceased, or was taken back as a mistake."""

    at: int
    what: str
    step: Step


def timeline(
    unit: Unit, graph: Graph, node: str, *, since: int | None = None, until: int | None = None, limit: int = 100,
    kinds: tuple[str, ...] = (),
) -> list[Happening]:  # fmt: skip
    """Return the newest `limit` events of a node up to `until`, the earliest first.

    A link that was only told anew, with another end or weight, was not taken back and shows as it is told now.
    """
    node = graph.root(node)
    span = {
        "since": ALWAYS if since is None else since, "until": FOREVER if until is None else until, "known": graph.when["known"],
    }  # fmt: skip
    mine = set(graph.members(node))
    found: list[Happening] = []
    page, skip = max(2 * limit, 50), 0
    while len(found) < limit:
        rows = unit.rows("graph_events", nodes=json.dumps(sorted(mine)), limit=page, skip=skip, **span)
        found += _seen(unit, graph, mine, rows, kinds)
        if len(rows) < page:
            break
        skip += page
    return sorted(found[:limit], key=lambda event: event.at)


def _seen(
    unit: Unit, graph: Graph, mine: set[str], rows: list[tuple[str, int, str]], kinds: tuple[str, ...]
) -> list[Happening]:
    known = graph.when["known"]
    links = {
        row[0]: (Link(*row[:10]), row[10])
        for row in unit.rows("graph_links", ids=json.dumps([r[0] for r in rows]), known=known)
    }
    ends = {link.uid: link.target if link.source in mine else link.source for link, _ in links.values()}
    nodes = graph.nodes(ends.values())
    found = []
    for uid, at, what in rows:
        link, anew = links[uid]
        told_anew = anew is not None and (link.recorded_until or 0) <= known
        if ends[uid] in nodes and not told_anew and (not kinds or link.kind in kinds) and ends[uid] not in mine:
            found.append(Happening(at, what, Step(link, graph.root(ends[uid]), link.source in mine)))
    return found
