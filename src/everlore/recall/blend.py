"""Blending relevance with what is not in the text: how recent, how important and how often used an item is.

Only recipes that ask for it blend; over whole histories recency as such lowers the rank of the right answer, so the
default recipe does not. Relevance is where the item's score lies between the least and the best, recency halves every
`half_life` days, use approaches 1 by halves every five uses; a turn counts as of middling importance and never used.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from everlore.recall.candidates import Candidate, Ranked
from everlore.recall.recipes import Blend

_DAY_MS = 86_400_000
_USES = 5


def blend(ranked: Sequence[Ranked], weights: Blend, now: int) -> list[Ranked]:
    """Return the items ordered by their blended score as of `now` (Unix milliseconds)."""
    best = max((item.score for item in ranked), default=0.0)
    least = min((item.score for item in ranked), default=0.0)
    span = best - least or 1.0
    blended = [_blend(item, (item.score - least) / span, weights, now) for item in ranked]
    return sorted(blended, key=lambda item: -item.score)


def _blend(item: Ranked, relevance: float, weights: Blend, now: int) -> Ranked:
    candidate = item.candidate
    parts = {
        "relevance": weights.relevance * relevance,
        "recency": weights.recency * _recency(candidate, weights.half_life, now),
        "importance": weights.importance * candidate.importance,
        "use": weights.use * (1 - 0.5 ** (candidate.uses / _USES)),
    }
    return replace(item, score=sum(parts.values()), parts=parts)


def _recency(candidate: Candidate, half_life: float, now: int) -> float:
    last = max((moment for moment in (candidate.time, candidate.last_used) if moment is not None), default=None)
    return 0.0 if last is None else float(0.5 ** (max(now - last, 0) / _DAY_MS / half_life))
