"""Walks find what a walk by brute force finds, over any graph, at any moment, for anybody."""

from __future__ import annotations

from math import log2
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from everlore.app.open import open_app
from everlore.core import ids
from everlore.core.config import Config
from everlore.graph import entities
from everlore.graph.walks import Graph, Lens, path, walk
from everlore.memory import life
from everlore.memory.changes import Changes
from everlore.store import namespaces
from everlore.store.sight import EVERYTHING, Sight

KINDS = ["related", "mentions", "supports"]
PATHS = ["acme/web", "acme/api", "other"]
EDGE = st.tuples(
    st.integers(0, 8), st.integers(0, 8), st.sampled_from(KINDS), st.sampled_from([0.25, 0.5, 0.9, 1.0]),
    st.integers(0, 5), st.none() | st.integers(6, 9), st.booleans(),
)  # fmt: skip


class Drawn:
    """A drawn graph in a store: memories and entities by turns, each at one of the paths, some private."""

    def __init__(self, app: Any, edges: list[Any], places: list[int], merged: bool) -> None:
        self.edges, self.app = [edge for edge in edges if edge[0] != edge[1]], app
        with app.write() as unit:
            changes = Changes(unit, app.clock())
            self.nodes, self.private = [], set[int]()
            self.paths = [PATHS[places[number % len(places)]] for number in range(9)]
            for number, place in enumerate(self.paths):
                node = namespaces.ensure(unit, place, 1)
                if number % 3 == 2:
                    self.nodes.append(entities.make(changes, "name", f"thing {number}", node).uid)
                    continue
                hidden = number % 4 == 1
                draft = life.Draft(f"memory number {number}", visibility="private" if hidden else "unit")
                self.nodes.append(life.create(changes, draft, node, "somebody").uid)
                if hidden:
                    self.private.add(number)
            self.roots = list(range(9))
            if merged and self.paths[2] == self.paths[5]:
                entities.merge(
                    changes, entities.entity_of(unit, self.nodes[5]), entities.entity_of(unit, self.nodes[2])
                )
                self.roots[5] = 2
            for source, target, kind, weight, since, until, gone in self.edges:
                unit.run(
                    "link_insert", uid=ids.fresh(1), kind=kind, source=self.nodes[source], target=self.nodes[target], weight=weight,
                    valid_from=since, valid_until=until, recorded=1, recorded_until=50 if gone else None, evidence=None,
                )  # fmt: skip
            changes.finish(actor="test", operation="remember", namespace=None, reason=None)

    def sees(self, number: int, place: str | None) -> bool:
        return place is None or (number not in self.private and (self.paths[number] == place))

    def live(self, at: int, kinds: tuple[str, ...], place: str | None) -> list[tuple[int, int, float]]:
        """Return every step in either direction between roots."""
        found = []
        for source, target, kind, weight, since, until, gone in self.edges:
            in_force = since <= at and (until is None or until > at) and not gone and (not kinds or kind in kinds)
            if in_force and self.sees(source, place) and self.sees(target, place):
                found += [
                    (self.roots[source], self.roots[target], weight),
                    (self.roots[target], self.roots[source], weight),
                ]
        return found

    def brute(self, start: int, depth: int, at: int, kinds: tuple[str, ...], place: str | None) -> dict[int, float]:
        """Return the best of all simple paths to each node."""
        steps = self.live(at, kinds, place)
        degree = {number: sum(1 for source, _, _ in steps if source == number) for number in range(9)}
        best: dict[int, float] = {}

        def go(here: int, score: float, left: int, visited: frozenset[int]) -> None:
            for source, to, weight in steps if left else []:
                if source == here and to not in visited:
                    reached = score * weight / log2(2 + degree[here])
                    best[to] = max(best.get(to, 0.0), reached)
                    go(to, reached, left - 1, visited | {to})

        go(start, 1.0, depth, frozenset({start}))
        return best


@settings(max_examples=60)
@given(
    st.lists(EDGE, max_size=18), st.lists(st.integers(0, 2), min_size=1, max_size=4), st.integers(0, 8), st.integers(1, 5),
    st.integers(0, 9), st.sampled_from([(), ("related",), ("related", "mentions")]), st.booleans(), st.booleans(), st.integers(1, 9),
)  # fmt: skip
def test_a_walk_finds_the_best_path_to_every_node(edges, places, start, depth, at, kinds, narrow, merged, limit):
    with (
        TemporaryDirectory() as directory,
        open_app(Config(Path(directory), durability="normal", start_daemon=False)) as app,
    ):
        drawn = Drawn(app, edges, places, merged)
        place = drawn.paths[start] if narrow else None
        if not drawn.sees(start, place) or (narrow and drawn.roots[start] != start):
            return
        start = drawn.roots[start]
        with app.read() as unit:
            node = namespaces.find(unit, place) if place else None
            sight = Sight("bot", node.lineage) if node else EVERYTHING
            graph = Graph(unit, Lens(at, kinds=kinds, sight=sight))
            expected = drawn.brute(start, depth, at, kinds, place)
            found = {
                drawn.nodes.index(each.node): each.score
                for each in walk(graph, drawn.nodes[start], depth=depth, limit=50)
            }
            assert found == pytest.approx(expected)
            few = [each.score for each in walk(graph, drawn.nodes[start], depth=depth, limit=limit)]
            assert few == pytest.approx(sorted(expected.values(), reverse=True)[:limit])
            for number in {drawn.roots[number] for number in range(9)} - {start}:
                joined = path(graph, drawn.nodes[start], drawn.nodes[number], by="strongest", depth=depth)
                assert (joined is not None) == (number in expected)
                if joined is not None:
                    assert joined.score == pytest.approx(expected[number])
                    short = path(graph, drawn.nodes[start], drawn.nodes[number], depth=depth)
                    assert short is not None
                    fewest = next(d for d in range(1, 6) if number in drawn.brute(start, d, at, kinds, place))
                    assert len(short.steps) == fewest
                    assert short.steps[-1].to == drawn.nodes[number]
