"""The graph: what lies around a thing, or a project's best linked things, as of any day; drawn, and as a table."""

from __future__ import annotations

from typing import Any

import msgspec

from everlore.surfaces.web.asking import Ask, Sent, Shown
from everlore.surfaces.web.rendering import query

LINKS = ("related", "supports", "depends_on", "supersedes", "contradicts", "mentions", "derived_from")
NODES = (
    "memory", "entity", "fact", "decision", "convention", "preference", "procedure", "failure", "question", "goal", "artifact", "page",
    "code", "path", "package", "person", "name", "url", "project", "organization", "concept",
)  # fmt: skip
SIZES = ("100", "300", "1000", "2000", "5000")
_FIELDS = ("id", "namespace", "depth", "limit", "min_weight", "as_of", "include_ended")
_ROWS = 150


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
    """Send what is drawn."""
    return Sent(msgspec.json.encode(_draw(ask, _asked(ask))), "application/json")


def _asked(ask: Ask) -> dict[str, str]:
    asked = {name: ask.query.get(name, "").strip() for name in _FIELDS}
    asked["limit"] = asked["limit"] if asked["limit"] in SIZES else "300"
    asked["depth"] = asked["depth"] if asked["depth"] in ("1", "2", "3") else "2"
    return asked


def _draw(ask: Ask, asked: dict[str, str]) -> Any:  # noqa: ANN401 - an answer
    fields = {**asked, "depth": asked["depth"] if asked["id"] else ""}
    return ask.call("graph", kinds=ask.lists.get("kinds"), node_kinds=ask.lists.get("node_kinds"), **fields)
