"""Giving what belongs to a node another node: sessions, entities, handoffs, the directories of a project, standards.

A memory has a home too, which is a change of the memory itself.
"""

from __future__ import annotations

from everlore.core.errors import Conflict
from everlore.store import index, namespaces
from everlore.store.contract import Unit
from everlore.store.journal import Change

HOMED = frozenset({"session.home", "entity.home", "handoff.home", "place.home", "standard.home"})


def rehome(unit: Unit, change: Change) -> None:
    """Let one thing belong to the node that a change names by its uid; raise `Conflict` where it lies elsewhere by now."""
    sort, uid = change["what"].partition(".")[0], change["id"]
    before, after = (namespaces.by_uid(unit, change[side]) for side in ("before", "after"))
    if unit.value(f"{sort}_home", uid=uid) != before.id:
        raise Conflict(f"{sort} {uid} does not belong to {before.path} any more", field="operation")
    if sort != "session":
        unit.run(f"{sort}_set_home", uid=uid, namespace=after.id)
        return
    session = unit.one("session_by_uid", uid=uid)
    assert session is not None
    indexer = index.Indexer(unit)
    index.drop_session(unit, indexer, session[0])
    unit.run("tally_take_session", session=session[0], namespace=before.id)
    unit.run("session_set_home", uid=uid, namespace=after.id)
    unit.run("tally_give_session", session=session[0], namespace=after.id)
    index.append_turns(unit, indexer, session[0], 0, after)
    indexer.flush()
