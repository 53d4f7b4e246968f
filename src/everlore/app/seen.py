"""What of the record a caller may see that is no memory: turns, the sources of revisions, and operations in the journal.

An operation is seen by who sees everything that it changed, so that neither its reason nor its size tells of the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from everlore.core.types import Revision
from everlore.memory.changes import may_see
from everlore.store import journal, namespaces
from everlore.store.sight import Sight

if TYPE_CHECKING:
    from everlore.store.contract import Row, Unit
    from everlore.store.journal import Change, Entry


def may_see_turn(unit: Unit, row: Row, seen: Sight) -> bool:
    """Tell whether the turn of a row of `turn_by_uid` is seen."""
    return seen.all or seen.covers(namespaces.by_id(unit, unit.value("session_namespace", id=row[2])))


def source_of(unit: Unit, revision: Revision, seen: Sight) -> str | None:
    """Return the turn that a revision was learnt from, None where that is not seen."""
    if revision.source is None or seen.all:
        return revision.source
    row = unit.one("turn_by_uid", uid=revision.source)
    return revision.source if row is None or may_see_turn(unit, row, seen) else None


def sees_operation(unit: Unit, entry: Entry, seen: Sight) -> bool:
    """Tell whether everything that an operation changed is seen."""
    return seen.all or all(_sees(unit, change, seen) for change in entry.changes)


def last_seen(unit: Unit, seen: Sight) -> Entry | None:
    """Return the last operation that can be undone, of those that are seen with all their parts: nothing of it was purged."""
    for entry in map(journal.from_row, unit.stream("journal_undoable")):
        parts = journal.whole(unit, entry)
        if all(sees_operation(unit, part, seen) for part in parts) and not _purged(unit, parts):
            return entry
    return None


def _purged(unit: Unit, parts: Sequence[Entry]) -> bool:
    """Tell whether an operation made or changed what was purged since, so that nothing reverses it."""
    changes = [change for part in parts for change in part.changes]
    memories = {change["id"] for change in changes if change["what"].startswith(("memory.", "revision."))}
    rows = (unit.one("memory_by_uid", uid=uid) for uid in memories)
    reopened = {change["id"] for change in changes if change["what"] == "standard" and change["before"]}
    standards = (unit.one("standard_by_uid", uid=uid) for uid in reopened)
    return any(row and row[4] == "purged" for row in rows) or any(row and not row[2] for row in standards)


def _sees(unit: Unit, change: Change, seen: Sight) -> bool:
    what, uid = change["what"], str(change["id"])
    if what.startswith(("memory.", "revision.")) or what in _NAMED:
        return may_see(unit, uid, seen)
    look = _LOOKS.get(what)
    return look(unit, uid, seen) if look else not seen.place


def _link(unit: Unit, uid: str, seen: Sight) -> bool:
    ends = unit.one("link_ends", uid=uid)
    return ends is not None and all(may_see(unit, end, seen) for end in ends)


def _turns(unit: Unit, entry: str, seen: Sight) -> bool:
    nodes = {unit.value("session_namespace", id=row[0]) for row in unit.rows("sessions_of_entry", entry=int(entry))}
    return all(seen.covers(namespaces.by_id(unit, node)) for node in nodes)


def _handoff(unit: Unit, uid: str, seen: Sight) -> bool:
    row = unit.one("handoff_by_uid", uid=uid)
    return row is not None and seen.covers(namespaces.by_id(unit, row[13]))


def _standard(unit: Unit, uid: str, seen: Sight) -> bool:
    row = unit.one("standard_by_uid", uid=uid)
    return row is not None and seen.knows(namespaces.by_id(unit, row[1])) and may_see(unit, row[3], seen)


def _node(unit: Unit, uid: str, seen: Sight) -> bool:
    return seen.knows(namespaces.by_uid(unit, uid))


_NAMED = frozenset({"entity", "alias", "entity.merged"})
_LOOKS: dict[str, Callable[[Unit, str, Sight], bool]] = {
    "link": _link, "turns": _turns, "handoff.state": _handoff, "standard": _standard,
    "namespace.path": _node,
}  # fmt: skip
