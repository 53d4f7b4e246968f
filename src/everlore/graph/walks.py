"""Walks over links, in both directions, as they stood at a moment and as far as a caller sees.

A step from a node passes on `weight / log2(2 + d)` of what reached it, where `d` is how many links of the kinds asked for
leave or reach the node: a hub that everything mentions says little about any of it. A weight is at most 1, so no step adds
anything; the best path to a node is therefore found by always going on from the best that has been reached, and a walk
that wants the best `limit` nodes may stop at the first `limit` it reaches. For the same reason the `limit + 1` strongest
neighbours of a node are enough to read, be it a hub of thousands. No node or link out of sight is read: the statements
hold both ends of each link to it.
"""

from __future__ import annotations

import heapq
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from math import log2
from typing import Literal

from everlore.core.types import Link
from everlore.graph.links import FOREVER
from everlore.store import namespaces
from everlore.store.contract import Row, Unit
from everlore.store.sight import EVERYTHING, Sight, limits

DEPTH = 5
"""The most steps that a walk takes."""
LOOKED = 500
"""The nodes among which a strongest path is looked for."""
Direction = Literal["out", "in", "both"]
By = Literal["shortest", "strongest"]
_LINK = 10
_LEAST_DAMPING = log2(3)


@dataclass(frozen=True, slots=True)
class Lens:
    """Through what a graph is looked at: whose eyes, which moment, which links.

    `at` is when links have to be in force; `known` is the moment whose knowledge answers, None for the present. Times
    are Unix milliseconds. Without `kinds` all count.
    """

    at: int
    known: int | None = None
    kinds: tuple[str, ...] = ()
    least: float = 0.0
    sight: Sight = EVERYTHING


@dataclass(frozen=True, slots=True)
class Node:
    """A memory or an entity as a walk shows it; `kind` is the memory's or the entity's own."""

    id: str
    what: str
    kind: str
    name: str
    namespace: str
    state: str


@dataclass(frozen=True, slots=True)
class Step:
    """One link on the way: the node it was taken to, and whether it was taken along its direction."""

    link: Link
    to: str
    forward: bool


@dataclass(frozen=True, slots=True)
class Reached:
    """A node with the best way to it; `score` is what the way passes on, 1 at the start."""

    node: str
    score: float
    steps: tuple[Step, ...]


@dataclass(order=True, slots=True)
class _Label:
    """A way to a node that waits to be gone on from, the best first."""

    loss: float
    depth: int
    number: int
    node: str = field(compare=False)
    step: Step | None = field(compare=False, default=None)
    before: _Label | None = field(compare=False, default=None)

    def steps(self) -> tuple[Step, ...]:
        """Return the steps from the start to here."""
        found, here = list[Step](), self
        while here.step is not None and here.before is not None:
            found.append(here.step)
            here = here.before
        return tuple(reversed(found))


class Graph:
    """The links of one snapshot through a lens; what is read of a node is kept for the length of the call."""

    def __init__(self, unit: Unit, lens: Lens) -> None:
        self._unit = unit
        self._lens = lens
        seen = limits(unit, lens.sight)
        known = FOREVER if lens.known is None else lens.known
        self.when = {"at": lens.at, "known": known, "past": int(lens.known is not None)}
        self.seen = seen
        kinds = json.dumps(lens.kinds) if lens.kinds else None
        self._links = {"at": lens.at, "known": known, "least": lens.least, "kinds": kinds}
        self._walked = {**self._links, **seen, "past": self.when["past"]}
        self.any_merged = unit.value("graph_merged") is not None
        self._members: dict[str, tuple[str, ...]] = {}
        self._roots: dict[str, str] = {}
        self._degrees: dict[str, int] = {}

    def node(self, uid: str) -> Node | None:
        """Return one node as what it was found to be, None where there is none to see."""
        return self.nodes([uid]).get(uid)

    def nodes(self, uids: Iterable[str]) -> dict[str, Node]:
        """Return the nodes of these ids that are to be seen."""
        wanted = json.dumps(sorted(set(uids)))
        rows = self._unit.rows("graph_nodes", ids=wanted, **self.when)
        return {row[0]: _node(row) for row in rows if row[11] and self._sees(row)}

    def root(self, uid: str) -> str:
        """Return the uid of what an entity was found to be; any other uid is its own."""
        if uid not in self._roots:
            self._roots[uid] = self._unit.value("graph_root", node=uid, seen=self.seen["seen"]) or uid
        return self._roots[uid]

    def members(self, node: str) -> tuple[str, ...]:
        """Return a node and what was merged into it."""
        if not self.any_merged:
            return (node,)
        if node not in self._members:
            merged = self._unit.rows("graph_members", node=node, seen=self.seen["seen"])
            self._members[node] = (node, *(row[0] for row in merged))
        return self._members[node]

    def degree(self, node: str) -> int:
        """Return how many links of the lens a node has, of those whose other end is in sight."""
        if node not in self._degrees:
            statement, given = "graph_degree_seen", self._links | self.seen
            if self._lens.sight.all:  # read from the index alone
                statement, given = "graph_degree", self._links
            self._degrees[node] = sum(self._unit.value(statement, node=one, **given) for one in self.members(node))
        return self._degrees[node]

    def damping(self, node: str) -> float:
        """Return by what a node divides what it passes on."""
        return log2(2 + self.degree(node))

    def steps(self, node: str, direction: Direction = "both") -> Iterator[Step]:
        """Yield the steps from a node, the strongest first and the newest of equals."""
        ways = [way for way in ("out", "in") if direction in (way, "both")]
        streams = [self._stream(way, one) for one in self.members(node) for way in ways]
        merged = streams[0] if len(streams) == 1 else heapq.merge(*streams, key=_strength, reverse=True)
        return (step for step in merged if step.to != node)

    def nearest(self, node: str, most: int | None) -> list[Step]:
        """Return the strongest step to each of the first `most` neighbours, of all for None."""
        found: dict[str, Step] = {}
        for step in self.steps(node):
            if step.to not in found:
                found[step.to] = step
                if len(found) == most:
                    break
        return list(found.values())

    def _stream(self, way: str, uid: str) -> Iterator[Step]:
        forward = way == "out"
        for row in self._unit.stream(f"graph_{way}", node=uid, **self._walked):
            to = row[_LINK] if row[_LINK + 1] is None else self.root(row[_LINK])
            yield Step(Link(*row[:_LINK]), to, forward)

    def _sees(self, row: Row) -> bool:
        sight = self._lens.sight
        return sight.all or sight.covers(namespaces.by_id(self._unit, row[4]), row[9], row[10])


def walk(graph: Graph, start: str, *, depth: int = 3, limit: int = 50) -> list[Reached]:
    """Return the `limit` nodes that most reaches from `start` in at most `depth` steps, each by its best path, best first."""
    found: list[Reached] = []
    for label in _best_first(graph, graph.root(start), depth=depth, most=limit + 1):
        if label.step is not None:
            found.append(Reached(label.node, -label.loss, label.steps()))
            if len(found) == limit:
                break
    return found


class _Bound:
    """How much has to reach a node for it to be among the best `most` of those that were met so far."""

    def __init__(self, most: int | None, least: float) -> None:
        self._most = most
        self._met: set[str] = set()
        self._best: list[float] = []
        self.least = least

    def meet(self, node: str, score: float) -> None:
        """Take a node into account by what reached it first, which is at most what reaches it best."""
        if self._most is None or node in self._met:
            return
        self._met.add(node)
        if len(self._best) < self._most:
            heapq.heappush(self._best, score)
        elif score > self._best[0]:
            heapq.heapreplace(self._best, score)
        if len(self._best) == self._most:
            self.least = max(self.least, self._best[0])


def _best_first(graph: Graph, start: str, *, depth: int, most: int | None, least: float = 0.0) -> Iterator[_Label]:
    """Yield a label for each node in the order of what reaches it: the best `most`, or for None all down to `least`.

    A node that was reached again in fewer steps is gone on from again, for it may lead further within the depth; less
    reached it then, so what was read of its links the first time is enough.
    """
    waiting = [_Label(-1.0, 0, 0, start)]
    known: dict[str, list[Step]] = {}
    bound, best, nearest, number = _Bound(most, least), set[str](), dict[str, int](), 0
    bound.meet(start, 1.0)
    while waiting:
        label = heapq.heappop(waiting)
        if label.node not in best:
            best.add(label.node)
            yield label
        if label.depth >= depth or nearest.get(label.node, depth) <= label.depth:
            continue
        nearest[label.node] = label.depth
        for step, score in _onward(graph, label, bound, known):
            last = label.depth + 1 == depth and step.to in best
            if not last and nearest.get(step.to, depth + 1) > label.depth + 1:
                number += 1
                heapq.heappush(waiting, _Label(-score, label.depth + 1, number, step.to, step, label))
                bound.meet(step.to, score)


def _onward(graph: Graph, label: _Label, bound: _Bound, known: dict[str, list[Step]]) -> Iterator[tuple[Step, float]]:
    """Yield the strongest step to each neighbour and what it passes on, as long as that may be among the best."""
    if -label.loss / _LEAST_DAMPING < bound.least:
        return
    passed = -label.loss / graph.damping(label.node)
    if passed < bound.least:
        return
    again = label.node in known
    read, to = known.setdefault(label.node, []), set[str]()
    for step in read if again else graph.steps(label.node):
        score = passed * _weight(step)
        if score < bound.least or not score:
            return
        if step.to not in to:
            to.add(step.to)
            if not again:
                read.append(step)
            yield step, score


def path(graph: Graph, source: str, target: str, *, by: By = "shortest", depth: int = DEPTH) -> Reached | None:
    """Return the path between two nodes with the fewest steps, or the one that passes on most; None without one.

    Of several that are equally short the one is returned that was met first, going from both ends by the side that has
    fewer links to read. A strongest path is looked for among the `LOOKED` nodes that most reaches from the source; where
    the target is not one of them, the shortest path is the answer.
    """
    source, target = graph.root(source), graph.root(target)
    if len(graph.nodes([source, target])) < len({source, target}):  # from what is not seen no way is told
        return None
    if source == target:
        return Reached(source, 1.0, ())
    short = _shortest(graph, source, target, depth)
    if short is None or by == "shortest":
        return short
    # What the shortest path lets through is the least that a stronger one does.
    for label in _best_first(graph, source, depth=depth, most=LOOKED + 1, least=short.score):
        if label.node == target and label.depth:
            return Reached(target, -label.loss, label.steps())
    return short


def _shortest(graph: Graph, source: str, target: str, depth: int) -> Reached | None:
    sides: tuple[dict[str, Step | None], ...] = ({source: None}, {target: None})
    came: tuple[dict[str, str], ...] = ({}, {})
    edges = [[source], [target]]
    for _ in range(depth):
        if not edges[0] or not edges[1]:
            return None
        side = 0 if sum(map(graph.degree, edges[0])) <= sum(map(graph.degree, edges[1])) else 1
        met = _widen(graph, edges, sides, came, side)
        if met is not None:
            return _joined(graph, met, sides, came)
    return None


def _widen(
    graph: Graph,
    edges: list[list[str]],
    sides: Sequence[dict[str, Step | None]],
    came: Sequence[dict[str, str]],
    side: int,
) -> str | None:
    """Go one step on from all that one side reached last; return where it meets the other side."""
    reached, edges[side] = edges[side], []
    for node in sorted(reached, key=graph.degree):
        for step in graph.steps(node):
            if step.to in sides[side]:
                continue
            sides[side][step.to], came[side][step.to] = step, node
            edges[side].append(step.to)
            if step.to in sides[1 - side]:
                return step.to
    return None


def _joined(graph: Graph, met: str, sides: Sequence[dict[str, Step | None]], came: Sequence[dict[str, str]]) -> Reached:
    """Return the whole path through the node at which the two sides met."""
    steps: list[Step] = []
    here = met
    while (step := sides[0][here]) is not None:
        steps.append(step)
        here = came[0][here]
    start = here
    steps.reverse()
    here = met
    while (back := sides[1][here]) is not None:
        steps.append(Step(back.link, came[1][here], not back.forward))
        here = came[1][here]
    score, node = 1.0, start
    for step in steps:
        score *= _weight(step) / graph.damping(node)
        node = step.to
    return Reached(node, score, tuple(steps))


def _strength(step: Step) -> tuple[float, str]:
    return step.link.weight, step.link.uid


def _weight(step: Step) -> float:
    """Return what a link lets through, which is never more than all, whatever came in from elsewhere."""
    return min(step.link.weight, 1.0)


def _node(row: Row) -> Node:
    name = row[6] if row[1] == "entity" or row[6] else " ".join(str(row[7]).split())
    return Node(row[0], row[1], row[2], name, row[5], row[3])
