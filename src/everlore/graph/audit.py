"""What is odd about a graph, and how large it is: one pass over all nodes and links that a caller sees."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from everlore.graph.links import BOTH_WAYS
from everlore.graph.walks import Graph
from everlore.store.contract import Row, Unit

HUB = 100
"""From how many links on a node is a hub."""
_STANDING = frozenset({"active", "superseded"})


@dataclass(frozen=True, slots=True)
class Oddity:
    """One thing found: the node or link it is about, with the nodes that belong to it."""

    what: str
    nodes: tuple[str, ...]
    link: str | None = None
    kind: str = ""
    count: int = 0


@dataclass(slots=True)
class Census:
    """The nodes and links of a graph as counts, and what of them matters to an audit."""

    memories: Counter[str] = field(default_factory=Counter)
    entities: Counter[str] = field(default_factory=Counter)
    links: Counter[str] = field(default_factory=Counter)
    ended: int = 0
    dead: int = 0
    with_evidence: int = 0
    merged: int = 0
    linked_memories: int = 0
    hubs: list[tuple[str, int]] = field(default_factory=list)


class _Everything:
    """All nodes in sight, by uid, and the links between them that are known of."""

    def __init__(self, unit: Unit, graph: Graph, scope: str | None) -> None:
        self.graph = graph
        self.nodes: dict[str, Row] = {row[0]: row for row in unit.rows("graph_all_nodes", scope=scope, **graph.seen)}
        when = {name: graph.when[name] for name in ("at", "known")}
        self.links = [row for row in unit.rows("graph_all_links", **when) if self._counts(row)]

    def stands(self, uid: str) -> bool:
        """Tell whether a node is one that walks find."""
        return uid in self.nodes and self.nodes[uid][3] in _STANDING

    def root(self, uid: str) -> str:
        """Return what an entity was found to be."""
        return self.graph.root(uid) if uid in self.nodes and self.nodes[uid][6] else uid

    def inside(self, uid: str) -> bool:
        """Tell whether a node lies where was asked about and is in sight."""
        return uid in self.nodes and bool(self.nodes[uid][7]) and bool(self.nodes[uid][8])

    def _counts(self, row: Row) -> bool:
        ends = row[2], row[3]
        unseen = any(uid in self.nodes and not self.nodes[uid][7] for uid in ends)
        return not unseen and any(self.inside(uid) for uid in ends)

    def degrees(self) -> Counter[str]:
        """Return how many links in force each node has whose ends both stand."""
        count: Counter[str] = Counter()
        for row in self.links:
            if row[5] and self.stands(row[2]) and self.stands(row[3]):
                count[self.root(row[2])] += 1
                count[self.root(row[3])] += 1
        return count


def census(unit: Unit, graph: Graph, scope: str | None = None) -> Census:
    """Count what there is; `scope` is the pattern of a lineage."""
    whole, found = _Everything(unit, graph, scope), Census()
    degrees = whole.degrees()
    for uid, row in whole.nodes.items():
        if not whole.inside(uid) or not whole.stands(uid):
            continue
        if row[1] == "memory":
            found.memories[row[2]] += 1
            found.linked_memories += uid in degrees
        elif row[6]:
            found.merged += 1
        else:
            found.entities[row[2]] += 1
    for row in whole.links:
        if not (whole.stands(row[2]) and whole.stands(row[3])):
            found.dead += 1
        elif row[5]:
            found.links[row[1]] += 1
            found.with_evidence += row[6]
        else:
            found.ended += 1
    found.hubs = [each for each in degrees.most_common(5) if each[1] > 1]
    return found


def audit(unit: Unit, graph: Graph, scope: str | None = None) -> dict[str, list[Oddity]]:
    """Return what is odd, by kind of oddity, all of it.

    orphans: entities that nothing links. dead: links of which an end is gone or was put away. one way: links that hold
    both ways but are told from one end only. hubs: nodes with `HUB` links or more. contradictions: of which both sides
    are held true. duplicates: links told twice, and entities of one name at one node.
    """
    whole = _Everything(unit, graph, scope)
    degrees = whole.degrees()
    found: dict[str, list[Oddity]] = {
        name: [] for name in ("orphans", "dead", "one way", "hubs", "contradictions", "duplicates")
    }
    names: dict[tuple[int, str], list[str]] = defaultdict(list)
    for uid, row in whole.nodes.items():
        if row[1] != "entity" or row[6] or not whole.inside(uid) or not whole.stands(uid):
            continue
        names[row[4], row[5].casefold()].append(uid)
        if uid not in degrees:
            found["orphans"].append(Oddity("orphan", (uid,), kind=row[2]))
    found["hubs"] = [Oddity("hub", (uid,), count=count) for uid, count in degrees.most_common() if count >= HUB]
    found["duplicates"] = [Oddity("same name", tuple(uids)) for uids in names.values() if len(uids) > 1]
    _audit_links(whole, found)
    return found


def _audit_links(whole: _Everything, found: dict[str, list[Oddity]]) -> None:
    told: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
    for row in whole.links:
        if not (whole.stands(row[2]) and whole.stands(row[3])):
            if row[1] != "supersedes":
                found["dead"].append(Oddity("dead link", (row[2], row[3]), row[0], row[1]))
        elif row[5]:
            told[row[1], whole.root(row[2]), whole.root(row[3])].append(row)
    for (kind, source, target), rows in told.items():
        both = kind in BOTH_WAYS
        back = both and (kind, target, source) in told
        if len(rows) > 1 or (back and source < target):
            found["duplicates"].append(Oddity("told twice", (source, target), rows[-1][0], kind, len(rows) + back))
        if both and not back and all(whole.nodes[uid][1] == "memory" for uid in (source, target)):
            found["one way"].append(Oddity("one way", (source, target), rows[0][0], kind))
        if (
            kind == "contradicts"
            and not (back and source > target)
            and all(whole.nodes[uid][3] == "active" for uid in (source, target))
        ):
            found["contradictions"].append(Oddity("unresolved", (source, target), rows[0][0], kind))
