"""Handoffs as they were at another moment, from the changes that the journal holds of them.

A handoff is told the moment it is written, so that both clocks ask the same of it; with both given the earlier counts.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING

from everlore.store import journal

if TYPE_CHECKING:
    from everlore.store.contract import Row, Unit

_ALWAYS = -(1 << 62)
_STATE, _RECORDED, _EXPIRES, _CHANGED, _CLAIMED_BY = 2, 9, 10, 11, 12


def as_they_were(unit: Unit, rows: Iterable[Row], moment: int, lasts: int) -> list[Row]:
    """Return those of some handoffs that were there at a moment, as they were then; `lasts` is how long one is offered."""
    changes = _changes(unit, moment)
    found = []
    for row in rows:
        then = _then(row, changes.get(row[1]), moment, lasts)
        if then is not None:
            found.append(then)
    return found


def _then(row: Row, change: tuple[str, int, int | None] | None, moment: int, lasts: int) -> Row | None:
    if row[_RECORDED] > moment:
        return None
    state, changed, expires = change or (row[_STATE], row[_CHANGED], None)  # an imported one has no changes
    if state == "withdrawn":
        return None
    was = list(row)
    was[_EXPIRES] = (expires or row[_RECORDED] + lasts) if change else row[_EXPIRES]
    was[_STATE] = "expired" if state == "offered" and was[_EXPIRES] <= moment else state
    was[_CHANGED] = max(changed, row[_RECORDED]) if change else changed
    if state not in {"claimed", "done"}:
        was[_CLAIMED_BY] = None
    return tuple(was)


def _changes(unit: Unit, moment: int) -> dict[str, tuple[str, int, int | None]]:
    """Return of each handoff that had changed by a moment its state, since when it had that, and until when it was offered."""
    found: dict[str, tuple[str, int, int | None]] = {}
    kept: dict[str, int | None] = {}
    wanted = json.dumps(["handoff.state"])
    rows = unit.rows("journal_since", since=_ALWAYS, until=moment + 1, ids=wanted, limit=-1)
    for entry in map(journal.from_row, reversed(rows)):
        for change in entry.changes:
            if change["what"] == "handoff.state":
                uid = change["id"]
                kept[uid] = change.get("expires", kept.get(uid))
                found[uid] = (change["after"], entry.at, kept[uid])
    return found
