"""The tree of namespaces: found or made by path, with the lineage of row ids that scopes a search."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from everlore.core import ids, namespaces
from everlore.core.errors import Conflict, NotFound
from everlore.core.types import Namespace
from everlore.store.contract import Row, Unit
from everlore.store.sight import EVERYTHING, Sight

_NEAR = 5
"""Candidates that an error names."""


def find(unit: Unit, path: str) -> Namespace | None:
    """Return the namespace at `path`, or None; raise `InvalidInput` when the path is malformed."""
    row = unit.one("namespace_by_key", key="/".join(namespaces.parse(path)).lower())
    return _namespace(row) if row else None


def require(unit: Unit, path: str, seen: Sight = EVERYTHING) -> Namespace:
    """Return the namespace at `path`; raise `NotFound` with the nearest candidates, also where the caller may not know it."""
    found = find(unit, path)
    if found and seen.knows(found):
        return found
    last = namespaces.parse(path)[-1].replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    like = unit.rows("namespace_like", pattern=f"%{last}%", limit=_NEAR if seen.all else -1)
    near = _known(like, seen) or _known(unit.rows("namespaces"), seen)
    raise NotFound(
        f"there is no namespace {path!r}",
        field="namespace",
        hint=f"there are: {', '.join(near)}" if near else "the store is empty",
    )


def known(unit: Unit, seen: Sight) -> list[str]:
    """Return the paths of some namespaces that a caller may know."""
    return _known(unit.rows("namespaces"), seen)


def _known(rows: Iterable[Row], seen: Sight) -> list[str]:
    nodes = (_namespace(row) for row in rows)
    return [node.path for node in islice(filter(seen.knows, nodes), _NEAR)]


def ensure(unit: Unit, path: str, now: int) -> Namespace:
    """Return the namespace at `path`, making it and its ancestors where they are missing."""
    segments = namespaces.parse(path)
    found: Namespace | None = None
    for depth in range(1, len(segments) + 1):
        here = "/".join(segments[:depth])
        row = unit.one("namespace_by_key", key=here.lower())
        if row is None:
            uid = _uid(unit, here, now)
            parent = found.id if found else None
            node = unit.run("namespace_insert", uid=uid, parent=parent, path=here, key=here.lower(), recorded=now)
            lineage = (*(found.lineage if found else ()), node)
            unit.run("namespace_set_lineage", id=node, lineage=" ".join(map(str, lineage)))
            found = Namespace(node, uid, here, lineage)
        else:
            found = _namespace(row)
    assert found is not None
    return found


def by_id(unit: Unit, node: int) -> Namespace:
    """Return the namespace with this row id, which exists."""
    row = unit.one("namespace_by_id", id=node)
    assert row is not None
    return _namespace(row)


def by_uid(unit: Unit, uid: str) -> Namespace:
    """Return the namespace with this uid, which exists."""
    row = unit.one("namespace_by_uid", uid=uid)
    assert row is not None
    return _namespace(row)


def move(unit: Unit, uid: str, before: str, after: str) -> list[int]:
    """Give the node that lies at `before` the path `after`, with all below it; return the row ids of what moved.

    The parent of `after` exists. Raise `Conflict` when the node lies elsewhere by now or the place is taken.
    """
    node = by_uid(unit, uid)
    if node.path != before:
        raise Conflict(f"{before} lies at {node.path} by now", field="namespace")
    below = [_namespace(row) for row in unit.rows("namespaces_in", pattern=f"% {node.id} %")]
    for each in below:
        path = after + each.path[len(before) :]
        segments = namespaces.parse(path)
        taken = find(unit, path)
        if taken is not None and taken.id not in {moved.id for moved in below}:
            raise Conflict(f"there is a namespace {path} already", field="to", hint="move what it holds one by one")
        above = find(unit, "/".join(segments[:-1])) if len(segments) > 1 else None
        if above is None and len(segments) > 1:
            gone = "/".join(segments[:-1])
            raise Conflict(
                f"there is no namespace {gone} any more", field="to", hint="it was moved away: move it back first"
            )
        lineage = (*(above.lineage if above else ()), each.id)
        unit.run(
            "namespace_move", id=each.id, parent=above.id if above else None, path=path, key=path.lower(),
            lineage=" ".join(map(str, lineage)),
        )  # fmt: skip
    return [each.id for each in below]


def covers_everything(unit: Unit, node: Namespace) -> bool:
    """Return whether nothing is kept outside of this node's subtree, so that a search needs no scope."""
    return unit.one("namespace_outside", pattern=f"% {node.id} %") is None


def _uid(unit: Unit, path: str, now: int) -> str:
    """Return the id of a path on every machine, or a fresh one where a node that was moved away has that already."""
    uid = ids.derived("namespace", path.lower())
    return uid if unit.one("namespace_by_uid", uid=uid) is None else ids.fresh(now)


def _namespace(row: Row) -> Namespace:
    return Namespace(row[0], row[1], row[2], tuple(map(int, row[3].split())))
