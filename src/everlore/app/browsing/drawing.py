"""A part of the graph to be drawn: nodes and the links among them, of one moment, as far as a caller sees.

Around a node are those nodes that most reaches, as in a walk. Without one they are the best linked: of a part of the tree by
looking at each of its nodes, of the whole store by reading the indexes of links. A merged entity is drawn as what it was found
to be.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import msgspec

from everlore.app import answers, requests
from everlore.app.caller import Caller
from everlore.app.graphs import Look, edge_view
from everlore.core.clock import to_iso
from everlore.core.types import Link
from everlore.graph import walks

if TYPE_CHECKING:
    from everlore.app.app import App
    from everlore.store.contract import Unit

_EDGES = 3
"""The most links drawn for each node asked for."""
_SPARE = 1_000
"""Ends of links that are read beyond what is asked for, as some are put away or gone."""


def graph(app: App, caller: Caller, request: requests.Graph) -> answers.Drawn:
    """Return a part of the graph."""
    with app.read() as unit:
        drawing = _Drawing(app, unit, caller, request)
        nodes, total = drawing.around(request.id) if request.id else drawing.hubs()
        return drawing.answer(nodes, total)


class _Drawing:
    """One reading of the graph through one lens."""

    def __init__(self, app: App, unit: Unit, caller: Caller, request: requests.Graph) -> None:
        self._unit = unit
        self._request = request
        self._look = Look(app, unit, caller, request)
        self._graph = self._look.graph
        moment = self._graph.when
        self._links = {
            "at": moment["at"], "known": moment["known"], "ended": request.include_ended, "least": request.min_weight,
            "kinds": json.dumps(request.kinds) if request.kinds else None,
        }  # fmt: skip
        self._degrees = Counter[str]()

    def around(self, name: str) -> tuple[dict[str, walks.Node], int | None]:
        """Return the nodes around one, and how many there are where all were reached."""
        start, limit = self._look.start(name), self._request.limit
        reached = walks.walk(self._graph, start.id, depth=self._request.depth, limit=limit)
        found = self._graph.nodes(each.node for each in reached)
        nodes = {start.id: start} | {each.node: found[each.node] for each in reached if each.node in found}
        kept = {uid: node for uid, node in nodes.items() if uid == start.id or self._wanted(node)}
        return dict(list(kept.items())[:limit]), len(kept) if len(reached) < limit else None

    def hubs(self) -> tuple[dict[str, walks.Node], int | None]:
        """Return the best linked nodes, and how many have links where each of them is known to be seen."""
        sight, limit = self._look.sight, self._request.limit
        scope = self._look.scope or (f"% {sight.place[0]} %" if sight.place and not sight.all else None)
        name = "drawn_hubs_within" if scope else "drawn_hubs"
        where = {"scope": scope} if scope else {}
        merged, chosen = self._graph.any_merged, bool(self._request.node_kinds)
        most = -1 if merged or chosen or not sight.all else limit + _SPARE
        rows = self._unit.rows(name, **where, **self._links, most=most)
        for uid, number, _ in rows:
            self._degrees[self._graph.root(uid) if merged else uid] += number
        ranked = [uid for uid, _ in self._degrees.most_common()]
        nodes: dict[str, walks.Node] = {}
        for start in range(0, len(ranked), limit):
            if len(nodes) >= limit:
                break
            some = ranked[start : start + limit]
            found = self._graph.nodes(some)
            nodes |= {uid: found[uid] for uid in some if uid in found and self._wanted(found[uid])}
        known = rows[0][2] if rows and not merged else len(ranked)
        return dict(list(nodes.items())[:limit]), known if sight.all and not chosen else None

    def answer(self, nodes: dict[str, walks.Node], total: int | None) -> answers.Drawn:
        """Return nodes with the links among them."""
        kept, cut, span = self._among(nodes)
        self._count(nodes)
        valid = {row[0]: row[1:] for row in self._unit.rows("drawn_valid", ids=json.dumps(list(nodes)))}
        views = [self._node(node, *valid.get(uid, (None, None))) for uid, node in nodes.items()]
        more = total is None or total > len(nodes)
        return answers.Drawn(
            nodes=views,
            edges=kept,
            total=total,
            truncated=cut or (more and len(nodes) == self._request.limit),
            span=span,
        )

    def _node(self, node: walks.Node, since: int | None, until: int | None) -> answers.DrawnNode:
        what: Any = node.what
        return answers.DrawnNode(
            id=node.id, what=what, kind=node.kind, name=node.name, namespace=node.namespace, state=node.state, degree=self._degrees[node.id],
            valid_from=to_iso(since), valid_until=to_iso(until),
        )  # fmt: skip

    def _wanted(self, node: walks.Node) -> bool:
        kinds: Iterable[str] = self._request.node_kinds
        return not kinds or node.what in kinds or node.kind in kinds

    def _among(self, nodes: Iterable[str]) -> tuple[list[answers.EdgeView], bool, answers.Span | None]:
        """Return the strongest links among some nodes, whether there are more, and the span of all that leave them."""
        ends = {member: node for node in nodes for member in self._graph.members(node)}
        ids = json.dumps(list(ends))
        leave: dict[str, int] = dict(self._unit.rows("drawn_from", ids=ids, known=self._links["known"]))
        among = [(weight, uid) for uid, weight in self._unit.rows("drawn_to", ids=ids, **self._links) if uid in leave]
        among.sort(reverse=True)
        most = _EDGES * self._request.limit
        edges = []
        for row in self._unit.rows("drawn_links", ids=json.dumps([uid for _, uid in among[:most]])):
            edge = edge_view(Link(*row))
            source, target = ends[edge.source], ends[edge.target]
            if (source, target) != (edge.source, edge.target):
                edge = msgspec.structs.replace(edge, source=source, target=target)
            if source != target:
                edges.append(edge)
        first, last = (to_iso(each(leave.values())) if leave else None for each in (min, max))
        span = answers.Span(earliest=first, latest=last) if first and last else None
        return edges, len(among) > most, span

    def _count(self, nodes: Iterable[str]) -> None:
        """Find out how many links nodes have, of those whose other end is seen."""
        if not self._look.sight.all:
            self._degrees = Counter({node: self._graph.degree(node) for node in nodes})
        elif not self._degrees:
            ends = {member: node for node in nodes for member in self._graph.members(node)}
            for uid, number in self._unit.rows("drawn_degrees", ids=json.dumps(list(ends)), **self._links):
                self._degrees[ends[uid]] += number
