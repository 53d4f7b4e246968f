"""Named things: found by name or alias from a node upwards, made, and merged and split without loss.

An entity belongs to a node and is found from everything below it; the nearest node that knows a name answers, and within
one node two things of the same name are told apart by asking. Merging says that one entity is another: from then on its
name, aliases and links count for that one, while its own rows stay as they are, so that splitting brings it back whole.
Code, paths and URLs are told apart by case, all else is not.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from everlore.core import ids
from everlore.core.errors import Conflict, InvalidInput, NotFound
from everlore.core.types import Namespace
from everlore.memory.changes import Changes
from everlore.store import namespaces
from everlore.store.contract import Row, Unit
from everlore.store.sight import EVERYTHING, Sight, limits

CASED = frozenset({"code", "path", "url"})
LONGEST = 300


@dataclass(frozen=True, slots=True)
class Entity:
    """A named thing at a node, by row id; `merged` is the uid of the entity that it was found to be."""

    id: int
    uid: str
    namespace: int
    kind: str
    name: str
    recorded: int
    recorded_until: int | None
    merged: str | None


def clean(name: str, field: str = "name") -> str:
    """Return a name as it is kept: composed, on one line; raise `InvalidInput` if nothing is left or it is too long."""
    kept = " ".join(unicodedata.normalize("NFC", name).split())
    if not kept or len(kept) > LONGEST:
        raise InvalidInput(f"{field}: a name has 1 to {LONGEST} characters", field=field)
    return kept


def entity_of(unit: Unit, uid: str, sight: Sight = EVERYTHING) -> Entity:
    """Return the entity with this uid; raise `NotFound`, also where the caller may not see it."""
    row = unit.one("entity_by_uid", uid=uid)
    found = Entity(*row) if row else None
    if found is None or found.recorded_until is not None or not sight.covers(namespaces.by_id(unit, found.namespace)):
        raise NotFound(f"there is no entity {uid!r}", field="id", hint="`lore entity list` prints names and ids")
    return found


def called(unit: Unit, name: str, namespace: Namespace, kind: str | None = None) -> list[Entity]:
    """Return the entities of this name or alias at the nearest node from `namespace` upwards, as what they were found to be.

    With a kind that heeds case, only those written the same.
    """
    rows = unit.rows("entities_called", name=name, nodes=json.dumps(namespace.lineage))
    found = [Entity(*row) for row in rows]
    if kind in CASED:
        found = [each for each in found if each.name == name or name in aliases(unit, each)]
    for node in reversed(namespace.lineage):
        here = [each for each in found if each.namespace == node]
        exact = [each for each in here if each.name == name] or here
        if exact:
            return list({each.uid: each for each in (root(unit, one) for one in exact)}.values())
    return []


def root(unit: Unit, entity: Entity, sight: Sight = EVERYTHING) -> Entity:
    """Return what an entity was found to be, itself if it was not merged, as far as that is seen."""
    if entity.merged is None:
        return entity
    uid = unit.value("graph_root", node=entity.uid, seen=limits(unit, sight)["seen"])
    return Entity(*_row(unit, uid))


def resolve(unit: Unit, name: str, namespace: Namespace | None, sight: Sight = EVERYTHING) -> Entity:
    """Return the one entity with this uid, or of this name as seen from a node; raise `NotFound` or `InvalidInput`."""
    row = unit.one("entity_by_uid", uid=name)
    if row is not None:
        return entity_of(unit, name, sight)
    wanted = clean(name)
    if namespace is not None:
        found = [
            each for each in called(unit, wanted, namespace) if sight.covers(namespaces.by_id(unit, each.namespace))
        ]
        if len(found) == 1:
            return found[0]
        if found:
            raise _ambiguous(name, found)
        raise NotFound(f"nothing is called {name!r} in {namespace.path}", field="name", hint=_HINT)
    everywhere = [row[0] for row in unit.rows("namespaces")]
    rows = unit.rows("entities_called", name=wanted, nodes=json.dumps(everywhere))
    seen = (each for each in (Entity(*row) for row in rows) if sight.covers(namespaces.by_id(unit, each.namespace)))
    distinct = {each.uid: each for each in (root(unit, one, sight) for one in seen)}
    if len(distinct) == 1:
        return next(iter(distinct.values()))
    if distinct:
        raise _ambiguous(name, distinct.values())
    raise NotFound(f"nothing is called {name!r}", field="name", hint=_HINT)


_HINT = "`lore entity list` shows names, `lore entity add` makes one"


def _ambiguous(name: str, found: Iterable[Entity]) -> InvalidInput:
    named = ", ".join(f"{each.name} ({each.kind}) {each.uid}" for each in list(found)[:5])
    return InvalidInput(f"{name!r} names several things", field="name", hint=f"give the id of one: {named}")


def make(changes: Changes, kind: str, name: str, namespace: Namespace) -> Entity:
    """Write a new entity at a node."""
    uid = ids.fresh(changes.now)
    changes.unit.run(
        "entity_insert", uid=uid, namespace=namespace.id, kind=kind, name=clean(name), recorded=changes.now, recorded_until=None
    )  # fmt: skip
    changes.note("entity", uid, False, True, kind=kind)
    return Entity(*_row(changes.unit, uid))


def aliases(unit: Unit, entity: Entity) -> list[str]:
    """Return the other names of an entity, without those of what was merged into it."""
    return [row[0] for row in unit.rows("aliases_of", entity=entity.id) if row[2] is None]


def add_alias(changes: Changes, entity: Entity, name: str) -> bool:
    """Give an entity another name; return whether it is new."""
    unit, name = changes.unit, clean(name, "aliases")
    known = {row[0].lower(): row for row in unit.rows("aliases_of", entity=entity.id)}
    row = known.get(name.lower())
    if name.lower() == entity.name.lower() or (row is not None and row[2] is None):
        return False
    if row is not None:  # it was taken back and is given again
        changes.apply({"what": "alias", "id": entity.uid, "before": False, "after": True, "digest": _hash(row[0])})
        return True
    unit.run("alias_insert", entity=entity.uid, name=name, recorded=changes.now, recorded_until=None)
    changes.note("alias", entity.uid, False, True, digest=_hash(name))
    return True


def merge(changes: Changes, entity: Entity, into: Entity) -> None:
    """Say that an entity is another one; raise `Conflict` where it has been merged already or that makes a circle."""
    if entity.merged is not None:
        raise Conflict(
            f"{entity.name} is merged into {entity.merged} already",
            field="id",
            hint="split it first: `lore entity split`",
        )
    if root(changes.unit, into).uid == entity.uid:
        raise Conflict(
            f"{into.name} is {entity.name} already", field="into", hint="an entity cannot be merged into itself"
        )
    changes.set("entity.merged", entity.uid, None, into.uid)


def split(changes: Changes, entity: Entity) -> None:
    """Make a merged entity one of its own again; raise `Conflict` where it is."""
    if entity.merged is None:
        raise Conflict(f"{entity.name} is not merged into anything", field="id")
    changes.set("entity.merged", entity.uid, entity.merged, None)


def _hash(name: str) -> str:
    return ids.content_hash(name).hex()


def _row(unit: Unit, uid: str) -> Row:
    row = unit.one("entity_by_uid", uid=uid)
    assert row is not None
    return row
