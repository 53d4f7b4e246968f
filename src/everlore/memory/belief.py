"""What the store holds true of a revision, and since when it does: the second clock of every memory.

A revision is believed while its memory is active or superseded and the revision has not been taken back. Whenever that,
or the time over which it is held true, changes, the open belief is closed and another opened, so that "what did we
believe on that day" is a question to rows and not to the journal.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from everlore.core.clock import to_iso
from everlore.core.types import Memory, Revision
from everlore.store.contract import Unit

BELIEVED = frozenset({"active", "superseded"})
"""The states in which what a memory says is held true, over its time."""


def caveat(valid_from: int | None, valid_until: int | None, now: int) -> str:
    """Return what is to be said beside a statement that is not true at a moment; empty where it is."""
    if valid_until is not None and valid_until <= now:
        return f"no longer true since {(to_iso(valid_until) or '')[:10]}"
    if valid_from is not None and valid_from > now:
        return f"not true before {(to_iso(valid_from) or '')[:10]}"
    return ""


def bring(unit: Unit, memory: Memory, revisions: Sequence[Revision], now: int) -> None:
    """Bring the open beliefs of a memory in line with what it is now."""
    for revision in revisions:
        believed = memory.state in BELIEVED and revision.recorded_until is None
        interval = (since(revision), revision.valid_until) if believed else None
        row = unit.one("belief_open", revision=revision.id)
        if row is not None and (row[1], row[2]) == interval:
            continue
        if row is not None and row[3] >= now:
            unit.run("belief_delete", id=row[0])
        elif row is not None:
            unit.run("belief_close", id=row[0], recorded_until=now)
        if interval is not None:
            unit.run(
                "belief_insert", revision=revision.id, valid_from=interval[0], valid_until=interval[1], recorded=now,
                recorded_until=None,
            )  # fmt: skip


def believed(
    unit: Unit, revisions: Iterable[int], at: int, known: int, since: int | None = None
) -> dict[int, tuple[int, int | None]]:
    """Return, of some revisions by row id, those held true at `at` as the store knew it at `known`, with their interval.

    With `since`, those held true at any moment from then to `at`.
    """
    rows = unit.rows(
        "believed", revisions=json.dumps(list(revisions)), at=at, known=known, since=at if since is None else since
    )
    return {row[0]: (row[1], row[2]) for row in rows}


def last_of_each(
    unit: Unit, held: dict[int, tuple[int, int | None]], at: int, known: int
) -> dict[int, tuple[int, int | None]]:
    """Return of revisions that are held true at one moment those that no later revision of the same memory stands over.

    One that was made to begin before the one below it leaves both true at once; a memory says one thing at a time.
    """
    over = {row[0] for row in unit.rows("believed_over", revisions=json.dumps(list(held)), at=at, known=known)}
    return {revision: interval for revision, interval in held.items() if revision not in over}


def revision_at(unit: Unit, memory: Memory, at: int, known: int) -> Revision | None:
    """Return the revision of a memory that was held true at `at` as the store knew it at `known`; the latest of several."""
    row = unit.one("believed_of", memory=memory.id, at=at, known=known)
    return Revision(*row) if row else None


def since(revision: Revision) -> int:
    """Return when a revision began to be true: as it says, else when it was recorded."""
    return revision.valid_from if revision.valid_from is not None else revision.recorded
