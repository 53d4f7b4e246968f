"""The journal, read from its end: who did what, when and why, and what it touched.

An operation is shown to who sees everything that it changed. What a namespace is called now is what is looked for; an entry
has the name that it had then. The chain of hashes is not walked here: `verify` does that.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

import msgspec

from everlore.app import answers, requests
from everlore.app.authority import sight
from everlore.app.caller import Caller
from everlore.app.seen import sees_operation
from everlore.core.clock import to_iso
from everlore.core.errors import NotFound
from everlore.store import journal as journals
from everlore.store import namespaces

if TYPE_CHECKING:
    from everlore.app.app import App
    from everlore.store.contract import Row, Unit

_IDS = 10


class _Change(msgspec.Struct):
    """What of a change is shown; an entry may hold thousands."""

    what: str
    id: str | int


_decoder = msgspec.json.Decoder(list[_Change])


def journal(app: App, caller: Caller, request: requests.Journal) -> answers.JournalPage:
    """Return a page of the journal."""
    since, until = app.instant(request.since, "since", edge="start"), app.instant(request.until, "until")
    with app.read() as unit:
        seen = sight(unit, caller)
        paths = None
        if request.namespace:
            node = namespaces.require(unit, request.namespace, seen)
            paths = json.dumps([row[2] for row in unit.rows("namespaces_in", pattern=f"% {node.id} %")])
        rows = unit.stream(
            "journal_listed", before=_before(unit, request.before), operation=request.operation, actor=request.actor, paths=paths,
            since=since, until=until, id=request.id,
        )  # fmt: skip
        shown: list[Row] = []
        following = None
        for row in rows:
            if not seen.all and not sees_operation(unit, journals.from_row((*row[:9], None)), seen):
                continue
            if len(shown) == request.limit:
                following = shown[-1][1]
                break
            shown.append(row)
        entries = _entries(unit, shown)
        last = unit.one("journal_last") if seen.all else None
    return answers.JournalPage(
        entries=entries, next=following, length=last[0] if last else None, head=last[2].hex() if last else None
    )


def _before(unit: Unit, uid: str | None) -> int | None:
    if uid is None:
        return None
    entry = journals.find(unit, uid)
    if entry is None:
        raise NotFound(f"there is no operation {uid!r}", field="before", hint="give `next` of the page before")
    return entry.seq


def _entries(unit: Unit, rows: list[Row]) -> list[answers.JournalEntry]:
    decoded = [_decoder.decode(row[8]) for row in rows]
    purged: set[str] = set()
    if unit.value("purges_any") is not None:  # nearly nobody's store, and there may be thousands of ids
        every = {str(change.id) for changes in decoded for change in changes}
        purged = {uid for (uid,) in unit.rows("purged_among", ids=json.dumps(sorted(every)))}
    return [_entry(row, changes, purged) for row, changes in zip(rows, decoded, strict=True)]


def _entry(row: Row, changes: list[_Change], purged: set[str]) -> answers.JournalEntry:
    ids = list(dict.fromkeys(str(change.id) for change in changes))
    gone = any(change.what.endswith(".purge") for change in changes) or not purged.isdisjoint(ids)
    return answers.JournalEntry(
        id=row[1], at=to_iso(row[3]) or "", actor=row[4], operation=row[5], namespace=row[6], reason=row[7], changes=len(changes),
        touched=dict(Counter(change.what for change in changes).most_common()), ids=ids[:_IDS], part_of=row[2], undone_by=row[9],
        undoable=bool(changes) and row[9] is None and not gone,
    )  # fmt: skip
