"""Memories by title alone, for a tree of them: no text is read but the first words of what has no title.

Few that match are found by their place and sorted. Where many do, revisions are read in the order in which they were written,
which is their order of time, until the page is full.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import msgspec

from everlore.app import answers, requests
from everlore.app.authority import sight
from everlore.app.caller import Caller
from everlore.app.freshness import marks
from everlore.app.scope import scope_pattern
from everlore.core.clock import to_iso
from everlore.core.errors import NotFound
from everlore.memory.changes import may_see
from everlore.store.sight import Sight, limits

if TYPE_CHECKING:
    from everlore.app.app import App
    from everlore.store.contract import Row, Unit

_FEW = 3_000
_LAST = 1 << 62


def pages(app: App, caller: Caller, request: requests.Pages) -> answers.PageTitles:
    """Return a page of titles."""
    with app.read() as unit:
        seen = sight(unit, caller)
        within = {"scope": scope_pattern(unit, request.namespace, seen), **limits(unit, seen)}
        filters = {
            "kind": request.kind,
            "layer": request.layer,
            "tier": request.tier,
            "pinned": request.pinned,
            "tag": request.tag,
        }
        asked = {**within, **filters, "state": request.state}
        counted = request.state == "active" and all(each is None for each in filters.values())
        total = unit.value("titles_tally", **within) if counted else unit.value("titles_count", **asked)
        by_title = request.order == "title"
        revision, title = _place(unit, seen, request.before) if request.before else (_LAST, None)
        asked |= {"revision": revision, "limit": request.limit + 1}
        if total <= _FEW:
            rows = unit.rows("titles_few", **asked, title=title if by_title else None, by_title=by_title)
        elif by_title:
            rows = unit.rows("titles_sorted", **asked, title=title)
        else:
            rows = unit.rows("titles_latest", **asked)
        shown = [_title(row) for row in rows[: request.limit]]
        marked = marks(unit, (each.id for each in shown))
    fresh = [
        msgspec.structs.replace(each, freshness=marked[each.id].text) if each.id in marked else each for each in shown
    ]
    return answers.PageTitles(pages=fresh, total=total, next=shown[-1].id if len(rows) > request.limit else None)


def _place(unit: Unit, seen: Sight, uid: str) -> tuple[int, str]:
    """Return where the memory stands after which a page begins: the row of its newest revision, and its title."""
    row = unit.one("titles_place", uid=uid) if may_see(unit, uid, seen) else None
    if row is None:
        raise NotFound(f"there is no memory {uid!r}", field="before", hint="give `next` of the page before")
    return row[0], row[1]


def _title(row: Row) -> answers.PageTitle:
    return answers.PageTitle(
        id=row[0], kind=row[1], state=row[2], layer=row[3], tier=row[4], pinned=bool(row[5]), tags=json.loads(row[6]), namespace=row[7],
        name=row[8] or " ".join(row[9].split()), titled=bool(row[8]), updated=to_iso(row[10]) or "",
    )  # fmt: skip
