"""Keeping back what tries to steer its reader when it is read: a turn, or a memory from before the rules that tell.

What was scanned by the present rules when it was kept is not scanned again, and what a person typed and their agent answered
is theirs to say: what tools gave back, and what came from talk among others, is what may be planted. The scan is loaded
when the first text needs it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

from everlore.app import answers
from everlore.guard import SCAN_RULES
from everlore.recall.candidates import Candidate, Ranked
from everlore.recall.slice import Piece, cut_to_budget


@lru_cache(maxsize=4_096)
def steers(text: str) -> str:
    """Return what in a text tries to steer its reader, in words; empty if nothing does."""
    from everlore.guard.injection import scan

    return "; ".join(finding.kind for finding in scan(text))


_OWN = frozenset({"user", "assistant"})


def orders_in(text: str, *, scanned: int = 0, role: str | None = None) -> str:
    """Return what in a text tries to steer its reader; empty if nothing does or it needs no scan."""
    return "" if scanned == SCAN_RULES or role in _OWN else steers(text)


def without_orders(
    ranked: Sequence[Ranked], limit: int, budget: int | None
) -> tuple[list[Piece], list[answers.Quarantined]]:
    """Cut to the budget what does not try to steer its reader; return that, and what was kept back and why."""
    left, kept_back = list(ranked), list[answers.Quarantined]()
    while True:
        pieces = cut_to_budget(left, limit, budget)
        orders = {
            piece.ranked.candidate.item: why for piece in pieces if (why := _orders(piece.ranked.candidate, piece))
        }
        if not orders:
            return pieces, kept_back
        for uid, why in orders.items():
            candidate = next(item.candidate for item in left if item.candidate.item == uid)
            kind: Literal["turn", "memory"] = "turn" if candidate.kind is None else "memory"
            kept_back.append(answers.Quarantined(id=uid, kind=kind, why=why))
        left = [item for item in left if item.candidate.item not in orders]


def _orders(candidate: Candidate, piece: Piece) -> str:
    return orders_in(piece.text, scanned=candidate.scanned, role=candidate.role)
