"""Cutting the ranked items to what is asked for: no near-duplicates, at most so many, at most so many tokens.

With a token budget the items come first, in order, as many as fit; what is left is spent on the text around them, one
neighbour at a time from the best item down, because what was meant often stands in the line before or after.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from everlore.core.tokens import estimate
from everlore.recall.candidates import Ranked

_SAME = 0.9
_CITATION = 16  # tokens that date, speaker and source of an item cost when it is written out


@dataclass(frozen=True, slots=True)
class Piece:
    """One item of the answer with the text to show and what it costs in tokens, citation included."""

    ranked: Ranked
    text: str
    tokens: int


def cut_to_budget(ranked: Sequence[Ranked], limit: int, budget: int | None) -> list[Piece]:
    """Return at most `limit` items that cost at most `budget` tokens together; None means any number of tokens."""
    chosen: list[Piece] = []
    seen: list[tuple[frozenset[str], str]] = []
    spent = 0
    for item in ranked:
        if len(chosen) == limit:
            break
        words = frozenset(item.candidate.text.lower().split())
        if any(_repeats(words, item.candidate.text, other) for other in seen):
            continue
        cost = estimate(item.candidate.text) + _CITATION
        if budget is not None and spent + cost > budget:
            continue
        seen.append((words, item.candidate.text))
        chosen.append(Piece(item, item.candidate.text, cost))
        spent += cost
    return _widen(chosen, budget - spent) if budget is not None else chosen


def _repeats(words: frozenset[str], text: str, other: tuple[frozenset[str], str]) -> bool:
    if text == other[1]:
        return True
    smaller, larger = sorted((words, other[0]), key=len)
    return len(smaller) >= 12 and len(words & other[0]) >= _SAME * len(larger)


def _widen(pieces: list[Piece], left: int) -> list[Piece]:
    """Add the text before and after the items while it fits; text that is an item itself is not shown twice."""
    shown = {piece.ranked.candidate.text for piece in pieces}
    widened = []
    for piece in pieces:
        candidate = piece.ranked.candidate
        text, tokens = piece.text, piece.tokens
        for neighbour, before in ((candidate.previous, True), (candidate.following, False)):
            cost = estimate(neighbour) + 1
            if not neighbour or neighbour in shown or cost > left:
                continue
            shown.add(neighbour)
            joined = f"{neighbour}\n{text}" if before else f"{text}\n{neighbour}"
            left -= cost
            text, tokens = joined, tokens + cost
        widened.append(Piece(piece.ranked, text, tokens))
    return widened
