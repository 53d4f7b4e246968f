"""Handlers over sessions as they were: listing them, and finding what was said and done in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from everlore.app import answers, proving, requests
from everlore.app.authority import sight
from everlore.app.caller import Caller
from everlore.app.scope import scope_pattern
from everlore.app.search import recall
from everlore.core.clock import to_iso
from everlore.core.errors import Conflict, NotFound
from everlore.core.types import Namespace
from everlore.store import namespaces
from everlore.store.sight import Sight, limits

if TYPE_CHECKING:
    from everlore.app.app import App
    from everlore.store.contract import Row, Unit

_ABOUT = 120


def sessions(app: App, caller: Caller, request: requests.Sessions) -> answers.SessionList:
    """Return sessions, the latest first."""
    with app.read() as unit:
        seen = sight(unit, caller)
        before, under = _before(app, unit, seen, request.before)
        scope = scope_pattern(unit, request.namespace, seen)
        rows = unit.rows(
            "sessions_listed",
            scope=scope,
            client=request.client,
            before=before,
            under=under,
            proofs=proving.NAMESPACE,
            seen=limits(unit, seen)["seen"],
            limit=request.limit + 1,
        )
    shown = [session_view(row) for row in rows[: request.limit]]
    return answers.SessionList(sessions=shown, next=shown[-1].id if len(rows) > request.limit else None)


def _before(app: App, unit: Unit, seen: Sight, text: str | None) -> tuple[int | None, int]:
    """Return before which end, and below which row of that end, a page of sessions begins."""
    row = unit.one("session_by_uid", uid=text) if text else None
    if row is not None and seen.covers(namespaces.by_id(unit, row[2])):
        return row[6] or 0, row[0]
    return app.instant(text, "before", edge="start"), 0


def session_view(row: Row) -> answers.SessionView:
    """Return the session that a row of `sessions_listed` spells."""
    return answers.SessionView(
        id=row[0], session=row[1], client=row[2], namespace=row[3], cwd=row[4], branch=row[5], started=to_iso(row[6]), ended=to_iso(row[7]),
        closed=to_iso(row[8]), turns=row[9], parent=row[10], about=" ".join((row[11] or "").split())[:_ABOUT] or None,
    )  # fmt: skip


def called(unit: Unit, seen: Sight, name: str, field: str) -> tuple[int, str, Namespace]:
    """Return row id, uid and node of the one session that has this as its id or as its client's; raise `NotFound` or `Conflict`."""
    found = [(row[0], row[1], namespaces.by_id(unit, row[2])) for row in unit.rows("sessions_called", name=name)]
    found = [each for each in found if seen.covers(each[2])]
    if not found:
        raise NotFound(f"there is no session {name[:80]!r}", field=field, hint="`lore sessions` lists them")
    if len(found) > 1:
        ids = ", ".join(f"{uid} in {node.path}" for _, uid, node in found[:5])
        raise Conflict(f"{len(found)} sessions are called {name[:80]!r}", field=field, hint=f"give one id: {ids}")
    return found[0]


def search(app: App, caller: Caller, request: requests.TranscriptsSearch) -> answers.Recalled:
    """Return the turns that bear on a question, by the same ranking as recall, from turns alone."""
    asked = requests.Recall(
        query=request.query,
        namespace=request.namespace,
        cwd=request.cwd,
        limit=request.limit,
        kinds=["turn"],
        as_of=request.as_of,
    )
    return recall(app, caller, asked)
