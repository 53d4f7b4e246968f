"""The tree of namespaces: found or made by path, with the lineage of row ids that scopes a search."""

from __future__ import annotations

from everlore.core import ids, namespaces
from everlore.core.errors import NotFound
from everlore.core.types import Namespace
from everlore.store.contract import Row, Unit


def find(unit: Unit, path: str) -> Namespace | None:
    """Return the namespace at `path`, or None; raise `InvalidInput` when the path is malformed."""
    row = unit.one("namespace_by_uid", uid=_uid("/".join(namespaces.parse(path))))
    return _namespace(row) if row else None


def require(unit: Unit, path: str) -> Namespace:
    """Return the namespace at `path`; raise `NotFound` with the nearest candidates when there is none."""
    found = find(unit, path)
    if found:
        return found
    last = namespaces.parse(path)[-1].replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    near = [row[0] for row in unit.rows("namespace_like", pattern=f"%{last}%")] or [
        row[2] for row in unit.rows("namespaces")
    ][:5]
    raise NotFound(
        f"there is no namespace {path!r}",
        field="namespace",
        hint=f"there are: {', '.join(near)}" if near else "the store is empty",
    )


def ensure(unit: Unit, path: str, now: int) -> Namespace:
    """Return the namespace at `path`, making it and its ancestors where they are missing."""
    segments = namespaces.parse(path)
    found: Namespace | None = None
    for depth in range(1, len(segments) + 1):
        here = "/".join(segments[:depth])
        uid = _uid(here)
        row = unit.one("namespace_by_uid", uid=uid)
        if row is None:
            node = unit.run("namespace_insert", uid=uid, parent=found.id if found else None, path=here, recorded=now)
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


def covers_everything(unit: Unit, node: Namespace) -> bool:
    """Return whether nothing is kept outside of this node's subtree, so that a search needs no scope."""
    return unit.one("namespace_outside", pattern=f"% {node.id} %") is None


def _uid(path: str) -> str:
    """Return the id of a path on every machine; case makes no difference, in any script."""
    return ids.derived("namespace", path.lower())


def _namespace(row: Row) -> Namespace:
    return Namespace(row[0], row[1], row[2], tuple(map(int, row[3].split())))
