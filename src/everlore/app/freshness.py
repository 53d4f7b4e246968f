"""How fresh memories are, as the last look at their code found it; nothing here opens a file or starts git."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from everlore.store.jobs import put

if TYPE_CHECKING:
    from everlore.recall.candidates import Ranked
    from everlore.store.contract import Row, Unit

_LOOKED_AT = 200
"""Items of an answer, the best ones, of which the freshness is looked up."""

State = Literal["fresh", "drifted", "gone"]


@dataclass(frozen=True, slots=True)
class Mark:
    """Whether the code that a memory speaks of is as it was, in one word and in one phrase; `revision` is the one that was looked at."""

    state: State
    text: str
    revision: int


def marks(unit: Unit, uids: Iterable[str]) -> dict[str, Mark]:
    """Return the marks of those memories whose newest revision is anchored: the worst of its anchors, and how many more are as bad."""
    wanted = list(uids)
    by_memory: dict[str, list[Row]] = {}
    for row in unit.rows("anchors_of", uids=json.dumps(wanted)) if wanted else ():
        by_memory.setdefault(row[0], []).append(row)
    return {uid: _mark(rows) for uid, rows in by_memory.items()}


def without_drifted(unit: Unit, ranked: Sequence[Ranked]) -> tuple[list[Ranked], list[str]]:
    """Return items without the memories of which the code has changed since, and the uids of those."""
    wanted = [item.candidate for item in ranked[:_LOOKED_AT] if item.candidate.kind is not None]
    found = marks(unit, (candidate.item for candidate in wanted))
    old = {
        c.item
        for c in wanted
        if c.item in found and found[c.item].state != "fresh" and found[c.item].revision == c.revision
    }
    return [item for item in ranked if item.candidate.item not in old], sorted(old)


def ask_to_anchor(unit: Unit) -> None:
    """Have what was just written anchored after this write, where any project's directory is known."""
    if unit.one("checkout_any"):
        put(unit, "anchor")


def _mark(rows: list[Row]) -> Mark:
    _, head, state, path, spot, changed, made, moved = rows[0]
    if state == "fresh":
        return Mark("fresh", f"fresh, of {made[:7]}" if made else "fresh", head)
    path = moved or path
    where = f"{path} {spot[1:]}" if spot.startswith("@") else path
    since = f"since {changed[:7]}" if changed else "by what is not committed"
    more = sum(row[2] != "fresh" for row in rows) - 1
    return Mark(state, f"{state} {since} ({where}{f' and {more} more' if more else ''})", head)
