"""What is told at one moment: sections between two fences, as many as fit, and the lines that cite what is remembered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from everlore.app.freshness import Mark
from everlore.app.ledger.queue import Injected
from everlore.app.steering import orders_in
from everlore.core.cite import END, FENCE, NOTICE, unfenced
from everlore.core.clock import to_iso
from everlore.core.quote import quote
from everlore.core.shorten import shorten
from everlore.core.tokens import estimate
from everlore.memory.belief import caveat

if TYPE_CHECKING:
    from everlore.store.contract import Row

HANDOFF_TOKENS = 1_100
LONGEST = 400


@dataclass(slots=True)
class Block:
    """What is being told: sections in order, while they fit, and the ids of what they hold; what is known is left out."""

    budget: int
    known: frozenset[str] = frozenset()
    sections: list[str] = field(default_factory=list)
    items: list[Injected] = field(default_factory=list)
    spoken: list[tuple[Injected, str]] = field(default_factory=list)
    tokens: int = 0

    def add(
        self, text: str, *items: str, memory: bool = False, why: str = "", revision: int | None = None, beside: Iterable[str] = ()
    ) -> bool:  # fmt: skip
        """Add a section if it fits the budget and is not known; return whether there is room for more.

        What stands `beside` its items was told with it and costs nothing more.
        """
        if self.known.issuperset(items):
            return True
        cost = estimate(text) + 1
        if self.tokens + cost > self.budget:
            return False
        self.sections.append(unfenced(text))
        self.tokens += cost
        about = [Injected(item, revision, cost // len(items), why=why, memory=memory) for item in dict.fromkeys(items)]
        self.items += [*about, *(Injected(item, why=f"beside {items[0]}") for item in beside)]
        self.spoken += [(item, self.sections[-1]) for item in about]
        return True

    def render(self, namespace: str, now: int) -> str | None:
        """Return the whole block between its fences, or None when there is nothing to tell."""
        if not self.items:
            return None
        head = f'<{FENCE} project="{namespace}" date="{(to_iso(now) or "")[:10]}">'
        return "\n".join([head, NOTICE, *self.sections, END])


@dataclass(frozen=True, slots=True)
class Waiting:
    """A handoff that may be told: under which item that is noted, what to say of where it comes from, and its text."""

    item: str
    origin: str
    text: str


def hand_over(block: Block, waiting: Waiting | None) -> None:
    """Tell the handoff that waits, if one does."""
    if waiting is not None:
        block.add(f"\n{waiting.origin}\n{quote(waiting.text)}", waiting.item, why="handed over")


def add_lines(
    block: Block, lead: str, lines: Iterable[str], items: Sequence[str], why: str, *, memory: bool = False
) -> None:
    """Add lines under a heading, as many as fit."""
    for line, item in zip(lines, items, strict=True):
        if not block.add(f"{lead}\n{line}" if lead else line, item, memory=memory, why=why):
            return
        lead = ""


def orders_of(row: Row) -> str:
    """Return what in a memory tries to steer its reader; empty if nothing does."""
    return orders_in(f"{row[2] or ''}\n{row[3]}", scanned=row[5])


def since_changed(mark: Mark | None) -> str:
    """Return what to say of a memory of which the code has changed."""
    return "" if mark is None or mark.state == "fresh" else f" · {mark.text}"


def line_of(row: Row, now: int, mark: Mark | None = None, *, always: bool = False) -> str:
    """Return a memory as it is told; `always` tells of a fresh one that it is."""
    text = f"{row[2]}\n{row[3]}" if row[2] and not row[3].startswith(row[2]) else row[3]
    about = f"{day_of(row[4])} · {row[1]}{caveat_of(row, now, ' · ')} · id {row[0]}{f' · {mark.text}' if mark and always else since_changed(mark)}"
    return f"[{about}]\n{quote(shorten(text, LONGEST))}"


def caveat_of(row: Row, now: int, lead: str) -> str:
    """Return what is to be said of when a memory is true, after `lead`; empty where nothing is."""
    said = caveat(row[6], row[7], now)
    return lead + said if said else ""


def day_of(ms: int | None) -> str:
    """Return the day of a moment."""
    return (to_iso(ms) or "undated")[:10]


def plain(text: str) -> str:
    """Return a name that somebody gave as it may stand in a line of ours."""
    return "".join(c for c in text if c.isalnum() or c in " ._-")[:40]
