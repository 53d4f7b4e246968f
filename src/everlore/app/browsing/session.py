"""One session whole: what was said and done in it, what was learnt from it, what it was told, and what it left.

What was told is the ledger's: a conversation is a client and its own id of the session. It is shown with the page of turns
between which it was told, by the clock.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import groupby
from typing import TYPE_CHECKING

import msgspec

from everlore.app import answers, handoffs, requests
from everlore.app.authority import sight
from everlore.app.caller import Caller
from everlore.app.transcripts import called, session_view
from everlore.core.clock import to_iso
from everlore.memory.changes import may_see
from everlore.store import namespaces
from everlore.store.sight import Sight, limits

if TYPE_CHECKING:
    from everlore.app.app import App
    from everlore.store.contract import Row, Unit

_SAYS, _TITLE = 300, 120


def session(app: App, caller: Caller, request: requests.Session) -> answers.SessionShown:
    """Return a session with a page of its turns."""
    after = -1 if request.after is None else request.after
    with app.read() as unit:
        seen = sight(unit, caller)
        identity, uid, _ = called(unit, seen, request.id, "id")
        within = limits(unit, seen)
        head = unit.one("session_whole", session=identity, seen=within["seen"])
        assert head is not None
        rows = unit.rows("session_turns", session=identity, after=after, limit=request.limit + 1)
        turns = [_turn(row) for row in rows[: request.limit]]
        following = turns[-1].position if len(rows) > request.limit else None
        told = [
            each
            for each in _told(unit, seen, identity, head)
            if (request.after is None or each.after > after) and (following is None or each.after <= following)
        ]
        return answers.SessionShown(
            session=session_view(head), turns=turns, next=following, told=told,
            learnt=[_learnt(row) for row in unit.rows("session_learnt", session=identity, most=_SAYS, **within)],
            page=next((page for (page,) in unit.rows("pages_from", source=uid) if may_see(unit, page, seen)), None),
            handoff=_handoff(unit, seen, identity),
        )  # fmt: skip


def _turn(row: Row) -> answers.SessionTurn:
    return answers.SessionTurn(
        id=row[0], turn=row[1], position=row[2], speaker=row[3], role=row[4], time=to_iso(row[5]), text=row[6], caption=row[7], event=row[8],
        detail=msgspec.json.decode(row[9]) if row[9] else {},
    )  # fmt: skip


def _learnt(row: Row) -> answers.LearntView:
    return answers.LearntView(
        id=row[0], kind=row[1], state=row[2], title=row[3], text=row[4], turn=row[5], position=row[6]
    )


def _told(unit: Unit, seen: Sight, identity: int, head: Row) -> list[answers.ToldView]:
    if head[2] is None:  # of what was imported nobody knows what it was told
        return []
    rows = unit.rows("session_told", client=head[2], external=head[1], most=_TITLE)
    if not rows:
        return []
    times, latest = list[int](), 0
    places = [-1]
    for position, at in unit.rows("session_times", session=identity):
        latest = max(latest, at)  # turns may have come in another order than they were said in
        times.append(latest)
        places.append(position)
    views = []
    for _, group in groupby(rows, key=lambda row: row[0]):
        some = list(group)
        first = some[0]
        views.append(
            answers.ToldView(
                entry=first[0], at=to_iso(first[1]) or "", after=places[bisect_right(times, first[1])], surface=first[2], operation=first[3],
                tokens=first[4], withheld=bool(first[5]), items=[_item(row) for row in some if row[6] and _sees(unit, seen, row)],
            )
        )  # fmt: skip
    return views


def _item(row: Row) -> answers.TitledItem:
    return answers.TitledItem(
        id=row[6],
        revision=row[7],
        tokens=row[8],
        role=row[9],
        why=row[10],
        used=row[11],
        title=" ".join(row[12].split()),
    )


def _sees(unit: Unit, seen: Sight, row: Row) -> bool:
    """Tell whether an item is seen; one that is neither a memory nor a turn any more is told of to who sees everything."""
    if seen.all or row[13] is None:
        return seen.all
    return seen.covers(namespaces.by_id(unit, row[13]), row[14] or "unit", row[15] or "")


def _handoff(unit: Unit, seen: Sight, identity: int) -> answers.HandoffView | None:
    last = unit.one("handoff_last_of_session", session=identity)
    row = unit.one("handoff_by_uid", uid=last[1]) if last else None
    return handoffs.view(row) if row and seen.covers(namespaces.by_id(unit, row[13])) else None
