"""What a conversation holds already, by the ledger: it is told what is new, what changed, and what does not hold any more."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from everlore.app.slicing.gathered import Ask
from everlore.app.slicing.picks import RESOLVED, Pick
from everlore.core.shorten import shorten
from everlore.memory.changes import may_see
from everlore.recall.roles import role_of

if TYPE_CHECKING:
    from everlore.store.contract import Row, Unit

Told = Mapping[str, int | None]
"""What was told by its id, a memory with its revision, None where that is not known."""
_TITLE = 80


def news(picks: Sequence[Pick], told: Told) -> tuple[list[Pick], int]:
    """Return the picks that were not told, or in another revision, and how many others there are."""
    fresh = []
    for pick in picks:
        if pick.id not in told:
            fresh.append(pick)
            continue
        before = told[pick.id]
        if pick.revision is not None and before is not None and pick.revision > before:
            fresh.append(replace(pick, before=before))
    return fresh, len(picks) - len(fresh)


def resolved(unit: Unit, told: Told, ask: Ask) -> list[Pick]:
    """Return what was told and does not hold any more, each once in a conversation."""
    uids = [uid for uid in told if not uid.startswith(RESOLVED) and f"{RESOLVED}{uid}" not in told]
    if not uids or ask.at is not None:
        return []
    rows = [
        row
        for row in unit.rows("slice_items", uids=json.dumps(uids))
        if _over(row, ask.now) and may_see(unit, row[0], ask.seen)
    ]
    heirs: dict[str, tuple[str, int]] = {}
    for old, heir, since in unit.rows("slice_replaced", uids=json.dumps([row[0] for row in rows])) if rows else ():
        if may_see(unit, heir, ask.seen):
            heirs[old] = heir, since
    return [_resolved(row, heirs.get(row[0]), ask.now) for row in rows]


def _over(row: Row, now: int) -> str:
    """Return how a memory came to hold no more; empty where it holds."""
    if row[4] != "active":
        return "superseded" if row[4] == "superseded" else "taken out of what is remembered"
    if not row[12] and row[13] is not None and row[13] <= now:
        return "expired"
    return "no longer true" if row[10] is not None and row[10] <= now else ""


def _resolved(row: Row, heir: tuple[str, int] | None, now: int) -> Pick:
    why = f"superseded by {heir[0]}" if heir else _over(row, now)
    since = heir[1] if heir else row[10] if row[10] is not None and row[10] <= now else now
    title = " ".join((row[6] or row[7]).split())
    return Pick(
        row[0], None, "resolved", role_of(row[2]), None, shorten(title, _TITLE), since, row[5], why, "resolved", speaker=f"{row[2]} told before",
        by=heir[0] if heir else None,
    )  # fmt: skip
