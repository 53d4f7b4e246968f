"""The graph: what lies around a thing, or a project's best linked things, as of any day; drawn, and as a table."""

from __future__ import annotations

from typing import Any

import msgspec

from everlore.surfaces.web.asking import Ask, Sent, Shown
from everlore.surfaces.web.rendering import parse, query

LINKS = ("related", "supports", "depends_on", "supersedes", "contradicts", "mentions", "derived_from")
NODES = (
    "memory", "entity", "fact", "decision", "convention", "preference", "procedure", "failure", "question", "goal", "artifact", "page",
    "code", "path", "package", "person", "name", "url", "project", "organization", "concept",
)  # fmt: skip
SIZES = ("100", "300", "1000", "2000", "5000")
_FIELDS = ("id", "namespace", "depth", "limit", "min_weight", "as_of", "include_ended")
_ROWS = 150
_NAME = 300


def graph(ask: Ask) -> Shown:
    """Show the page; the drawing and the table come after it."""
    return Shown("graph.html", _values(ask))


def table(ask: Ask) -> Shown:
    """Show the strongest of the links in words."""
    asked = _asked(ask)
    drawn = _draw(ask, {**asked, "limit": str(min(_ROWS, int(asked["limit"])))})
    names = {node.id: node for node in drawn.nodes}
    rows = [(names[edge.source], edge, names[edge.target]) for edge in drawn.edges[:_ROWS]]
    return Shown("graph.html", {**_values(ask), "rows": rows}, parts=("table",))


def _values(ask: Ask) -> dict[str, Any]:
    asked, kinds, nodes = _asked(ask), ask.lists.get("kinds", []), ask.lists.get("node_kinds", [])
    return {
        "filters": asked, "kinds": kinds, "node_kinds": nodes, "rows": None, "links": LINKS, "nodes": NODES, "sizes": SIZES,
        "data": query({**asked, "kinds": kinds, "node_kinds": nodes}),
    }  # fmt: skip


def data(ask: Ask) -> Sent:
    """Send what is drawn, as of `at` (ms; null is now).

    Of a link only what the drawing needs: places of its ends among the nodes, kind, and seconds from when until when it
    holds. Ids of thousands of links do not compress, and would be most of what the page weighs.
    """
    asked = _asked(ask)
    drawn = _draw(ask, asked)
    place = {node.id: number for number, node in enumerate(drawn.nodes)}
    edges = [
        (place[edge.source], place[edge.target], edge.kind, _seconds(edge.valid_from), _seconds(edge.valid_until))
        for edge in drawn.edges
        if edge.source in place and edge.target in place
    ]
    nodes = [msgspec.structs.replace(node, name=node.name[:_NAME]) for node in drawn.nodes]
    at = ask.app.instant(asked["as_of"] or None, "as_of")
    told = {
        "at": at,
        "nodes": nodes,
        "edges": edges,
        "total": drawn.total,
        "truncated": drawn.truncated,
        "span": drawn.span,
    }
    return Sent(msgspec.json.encode(told), "application/json")


def _seconds(time: str | None) -> int | None:
    return int(parse(time).timestamp()) if time else None


def _asked(ask: Ask) -> dict[str, str]:
    asked = {name: ask.query.get(name, "").strip() for name in _FIELDS}
    asked["limit"] = asked["limit"] if asked["limit"] in SIZES else "300"
    asked["depth"] = asked["depth"] if asked["depth"] in ("1", "2", "3") else "2"
    return asked


def _draw(ask: Ask, asked: dict[str, str]) -> Any:  # noqa: ANN401 - an answer
    fields = {**asked, "depth": asked["depth"] if asked["id"] else ""}
    return ask.call("graph", kinds=ask.lists.get("kinds"), node_kinds=ask.lists.get("node_kinds"), **fields)
