"""Handlers over sessions as they were: listing them, and finding what was said and done in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from everlore.app import answers, proving, requests
from everlore.app.authority import sight
from everlore.app.caller import Caller
from everlore.app.scope import scope_pattern
from everlore.app.search import recall
from everlore.core.clock import to_iso
from everlore.store.sight import limits

if TYPE_CHECKING:
    from everlore.app.app import App

_ABOUT = 120


def sessions(app: App, caller: Caller, request: requests.Sessions) -> answers.SessionList:
    """Return sessions, the latest first."""
    before = app.instant(request.before, "before", edge="start")
    with app.read() as unit:
        seen = sight(unit, caller)
        scope = scope_pattern(unit, request.namespace, seen)
        rows = unit.rows(
            "sessions_listed",
            scope=scope,
            client=request.client,
            before=before,
            proofs=proving.NAMESPACE,
            seen=limits(unit, seen)["seen"],
            limit=request.limit,
        )
    return answers.SessionList(sessions=[
        answers.SessionView(
            id=row[0], session=row[1], client=row[2], namespace=row[3], cwd=row[4], branch=row[5], started=to_iso(row[6]), ended=to_iso(row[7]),
            closed=to_iso(row[8]), turns=row[9], parent=row[10], about=" ".join((row[11] or "").split())[:_ABOUT] or None,
        )
        for row in rows
    ])  # fmt: skip


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
