"""From a place on the disk to the namespace of its project, and back.

A root keeps the namespace it was first given, so that a namespace may be renamed and two directories of one name never
meet: the second gets a number. Two checkouts of one repository, told by the address of its origin, share a namespace, and
so do two places whose markers name the same project.
"""

from __future__ import annotations

from everlore.core.types import Namespace
from everlore.sessions.place import Place
from everlore.store import namespaces
from everlore.store.contract import Unit


def known(unit: Unit, place: Place, workspace: str) -> Namespace | None:
    """Return the namespace of a place if it has one already."""
    if place.named or place.workspace:
        found = _named(place, workspace) if place.named else None
        return namespaces.find(unit, found) if found else _kept(unit, place, place.workspace or workspace)
    return _kept(unit, place, None)


def ensure(unit: Unit, place: Place, workspace: str, now: int) -> Namespace:
    """Return the namespace of a place, giving it one where it has none; `workspace` is where projects go by default."""
    if (found := known(unit, place, workspace)) is not None:
        return found
    path = _named(place, workspace) if place.named else _free(unit, place, place.workspace or workspace)
    namespace = namespaces.ensure(unit, path, now)
    unit.run(
        "place_insert", root=str(place.root), namespace=namespace.id, identity=place.identity, recorded=now,
    )  # fmt: skip
    return namespace


def _named(place: Place, workspace: str) -> str:
    return f"{place.workspace or workspace}/{place.project}"


def _kept(unit: Unit, place: Place, workspace: str | None) -> Namespace | None:
    row = unit.one("place_by_root", root=str(place.root))
    if row is None or (workspace and not row[2].lower().startswith(f"{workspace.lower()}/")):
        return None
    return namespaces.by_id(unit, row[0])


def _free(unit: Unit, place: Place, workspace: str) -> str:
    """Return the first path of the project's name that no other project has."""
    number = 1
    while True:
        path = f"{workspace}/{place.project}" + (f"-{number}" if number > 1 else "")
        found = namespaces.find(unit, path)
        if found is None or _is_ours(unit, place, found):
            return path
        number += 1


def _is_ours(unit: Unit, place: Place, namespace: Namespace) -> bool:
    """Tell whether a namespace is nobody's yet, or that of the same repository, here or where it was before it moved."""
    others = unit.rows("places_of", namespace=namespace.id)
    if not others:
        return True
    return place.identity is not None and any(identity == place.identity for _, identity in others)
