"""Scores of ranked lists, and how sure one can be of their means.

A ranked list is what recall returned, best first, cut to `DEPTH`; gold is the set of items that answer the question.

    any@k    1 if a gold item is among the first k
    frac@k   share of the gold among the first k
    mrr      1 / place of the first gold item in the list; 0 if there is none (Voorhees 1999)
    ndcg@10  gain 1 for each gold item, discounted by log2 of its place + 1, over the best that is possible
             (Järvelin and Kekäläinen 2002)
    session any@5   1 if a session with gold is among the first five sessions, in the order of their best item

Intervals are percentile bootstraps over questions (Efron 1979) with a fixed seed, so that a run can be repeated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log2
from random import Random
from statistics import fmean

DEPTH = 20
CUTS = (1, 5, 10, 20)
RESAMPLES = 1000
_SEED = 20260907


def score(ranked: Sequence[str], gold: Sequence[str], session_of: Mapping[str, str]) -> dict[str, float]:
    """Return every measure of one list; `gold` must not be empty."""
    wanted = set(gold)
    places = [place for place, item in enumerate(ranked[:DEPTH], 1) if item in wanted]
    found = {f"any@{cut}": float(any(place <= cut for place in places)) for cut in CUTS}
    share = {f"frac@{cut}": sum(place <= cut for place in places) / len(wanted) for cut in CUTS}
    ideal = sum(1 / log2(place + 1) for place in range(1, min(len(wanted), 10) + 1))
    sessions = list(dict.fromkeys(session_of[item] for item in ranked[:DEPTH] if item in session_of))[:5]
    return {
        **found,
        **share,
        "mrr": 1 / places[0] if places else 0.0,
        "ndcg@10": sum(1 / log2(place + 1) for place in places if place <= 10) / ideal,
        "session any@5": float(
            bool({session_of[item] for item in wanted if item in session_of}.intersection(sessions))
        ),
    }


def is_newest_first(ranked: Sequence[str], newest: Sequence[str], stale: Sequence[str]) -> bool | None:
    """Tell whether the best newest item stands above every stale one; None if neither is in the list."""
    place = {item: at for at, item in reversed(list(enumerate(ranked[:DEPTH])))}
    best = min((place[item] for item in newest if item in place), default=None)
    rival = min((place[item] for item in stale if item in place), default=None)
    if best is None and rival is None:
        return None
    return best is not None and (rival is None or best < rival)


def mean(values: Sequence[float]) -> float | None:
    """Return the mean to four places, None of nothing."""
    return round(fmean(values), 4) if values else None


def interval(values: Sequence[float]) -> list[float]:
    """Return the 95 % bootstrap interval of the mean as [low, high]; empty for nothing."""
    if not values:
        return []
    choose, size = Random(_SEED).choices, len(values)
    means = sorted(sum(choose(values, k=size)) / size for _ in range(RESAMPLES))
    return [round(percentile(means, share), 4) for share in (0.025, 0.975)]


def percentile(ordered: Sequence[float], share: float) -> float:
    """Return the value below which `share` of sorted values lie, interpolated between neighbours."""
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def spread(milliseconds: Sequence[float]) -> dict[str, float]:
    """Return p50, p95 and p99 of durations in milliseconds and how many there were."""
    ordered = sorted(milliseconds)
    if not ordered:
        return {"n": 0}
    named = {"p50_ms": 0.5, "p95_ms": 0.95, "p99_ms": 0.99}
    return {name: round(percentile(ordered, share), 3) for name, share in named.items()} | {"n": len(ordered)}
