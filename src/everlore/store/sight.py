"""Who sees what: every row says whom it is for, and a search asks only for what its caller may see.

A memory's *visibility* is private (its owner alone), team (agents whose place is its node or below), unit (its project,
the first two segments), org (its workspace, the first segment) or collective (everybody). What lies at or below an
agent's own place it sees too, unless it is private. A person sees everything, for the file is theirs; so does an
agent without a place, except what is private to another. A turn is seen like a memory of its unit.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from everlore.core.ids import derived
from everlore.core.types import Memory, Namespace
from everlore.store.contract import Unit

EVERYBODY = "v0"
OPEN = "open"
_DEPTH = {"org": 1, "unit": 2}


@dataclass(frozen=True, slots=True)
class Sight:
    """What one caller may see: as a person (`all`), or under a name and from the lineage of a place, if it has one."""

    name: str = ""
    place: tuple[int, ...] = ()
    all: bool = False

    def covers(self, namespace: Namespace, visibility: str = "unit", owner: str = "") -> bool:
        """Tell whether something kept at a node is seen."""
        if self.all:
            return True
        if visibility == "private":
            return bool(owner) and owner == self.name
        if not self.place or visibility == "collective":
            return True
        return _anchor(namespace, visibility) in self.place or self.place[-1] in namespace.lineage

    def knows(self, namespace: Namespace) -> bool:
        """Tell whether a node may be named: all, or for who has a place those of its workspace."""
        return self.all or not self.place or self.place[0] in namespace.lineage

    def sees(self, memory: Memory, namespace: Namespace) -> bool:
        """Tell whether a memory kept at a node is seen."""
        return self.covers(namespace, memory.visibility, memory.owner)

    def match(self) -> str | None:
        """Return the condition of a full-text query on the column `scope`; None where everything is seen."""
        if self.all:
            return None
        own = [f'"{_own(self.name)}"'] if self.name else []
        if not self.place:
            return " OR ".join([f'"{OPEN}"', *own])
        shared = [f'"{word}"' for word in (EVERYBODY, *(f"v{node}" for node in self.place))]
        return " OR ".join([*shared, f'("n{self.place[-1]}" AND "{OPEN}")', *own])


EVERYTHING = Sight(all=True)


def limits(unit: Unit, sight: Sight) -> dict[str, str | None]:
    """Return the parameters that hold a statement to what is seen: `name` of the caller, None for all; `seen` at nodes.

    `seen` is a JSON list of visibility and row id of the node, such as "unit7"; None where every node is seen.
    """
    if sight.all:
        return {"name": None, "seen": None}
    if not sight.place:
        return {"name": sight.name, "seen": None}
    rows = unit.rows(
        "namespaces_in", pattern=f"% {sight.place[0]} %"
    )  # of other workspaces nothing is seen by right of a node
    nodes = [Namespace(row[0], row[1], row[2], tuple(map(int, row[3].split()))) for row in rows]
    seen = [f"{kind}{node.id}" for node in nodes for kind in ("team", "unit", "org") if sight.covers(node, kind)]
    return {"name": sight.name, "seen": json.dumps(seen)}


def words(namespace: Namespace, visibility: str, owner: str) -> list[str]:
    """Return the words of the scope column that say who sees a row."""
    if visibility == "private":
        return [_own(owner)] if owner else []
    return [OPEN, EVERYBODY if visibility == "collective" else f"v{_anchor(namespace, visibility)}"]


def _anchor(namespace: Namespace, visibility: str) -> int:
    """Return the node within whose subtree something is shared."""
    depth = _DEPTH.get(visibility, len(namespace.lineage))
    return namespace.lineage[: depth or None][-1]


def _own(name: str) -> str:
    return f"p{derived('owner', name)}"
