"""Links that might be worth making: memories of one project that name the same rare things, or say nearly the same.

A suggestion is only that. Somebody else makes it a proposal, and policy decides. What two memories share counts the more
the fewer memories name it (`1 / log2(2 + n)`); what more than `_COMMON` name tells nothing and is passed over, which keeps
the work in proportion to what is there. Pairs that are linked in any way, or ever were, are not suggested again.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from itertools import combinations, groupby
from math import log2

from everlore.core.types import Namespace
from everlore.graph import entities
from everlore.graph.entities import Entity
from everlore.memory.admit import compare
from everlore.memory.changes import head_of, memory_of
from everlore.store.contract import Unit

_COMMON = 40
_COMPARED = 10
_LEAST = 0.3


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A `related` link that might be made between two memories, by uid; `weight` is 0 to 1."""

    source: str
    target: str
    weight: float
    evidence: str


def suggestions(unit: Unit, namespace: Namespace | None, limit: int = 20) -> list[Suggestion]:
    """Return what might be linked at or below a node (everywhere for None), what speaks most for itself first."""
    shared: dict[tuple[str, str], list[tuple[float, str]]] = defaultdict(list)
    rows = unit.rows("mentioned_together", scope=f"% {namespace.id} %" if namespace else None)
    by_root: dict[str, set[str]] = defaultdict(set)
    for target, group in groupby(rows, key=lambda row: row[0]):
        by_root[_root(unit, target)].update(row[1] for row in group)
    for entity, memories in by_root.items():
        if 2 <= len(memories) <= _COMMON:
            worth = 1 / log2(2 + len(memories))
            for pair in combinations(sorted(memories), 2):
                shared[pair].append((worth, entity))
    likely = sorted(shared, key=lambda pair: (-sum(worth for worth, _ in shared[pair]), pair))[: _COMPARED * limit]
    linked = _linked(unit, {uid for pair in likely for uid in pair})
    found = [_judged(unit, pair, shared[pair]) for pair in likely if pair not in linked]
    return sorted(
        (each for each in found if each.weight >= _LEAST), key=lambda each: (-each.weight, each.source, each.target)
    )[:limit]


def _judged(unit: Unit, pair: tuple[str, str], shared: list[tuple[float, str]]) -> Suggestion:
    """Weigh a pair: three fifths what both name, up to two of the rarest things, and two fifths the words they share."""
    named = min(sum(worth for worth, _ in shared), 1.0)
    texts = [head_of(unit, memory_of(unit, uid)).text for uid in pair]
    similarity = compare(*texts).similarity
    told = ", ".join(_name(unit, uid) for _, uid in sorted(shared, reverse=True)[:3])
    more = f" and {len(shared) - 3} more" if len(shared) > 3 else ""
    evidence = f"both name {told}{more}; similarity {similarity:.2f}"
    older, newer = pair
    return Suggestion(newer, older, round(0.6 * named + 0.4 * similarity, 3), evidence)


def _linked(unit: Unit, uids: set[str]) -> set[tuple[str, str]]:
    pairs = unit.rows("linked_pairs", ids=json.dumps(sorted(uids)))
    return {(min(one, other), max(one, other)) for one, other in pairs}


def _root(unit: Unit, uid: str) -> str:
    return str(unit.value("graph_root", node=uid, seen=None) or uid)


def _name(unit: Unit, uid: str) -> str:
    row = unit.one("entity_by_uid", uid=uid)
    return entities.root(unit, Entity(*row)).name if row else uid
