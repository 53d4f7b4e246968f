"""How long a memory lives unless it is used, how it is promoted by use, and how strong it still is.

A short memory lives six hours, a mid one seven days, a long one for good. A use puts the end off by the whole span, and
never brings it nearer. Used often enough a short memory becomes a mid one and a mid one a long one. A fixed date, given
with the memory, is the end whatever happens, unless the memory is pinned.
"""

from __future__ import annotations

from typing import Any

from everlore.core.types import Memory, Tier
from everlore.memory.changes import Changes

HOUR = 3_600_000
DAY = 24 * HOUR
SPAN: dict[str, int | None] = {"short": 6 * HOUR, "mid": 7 * DAY, "long": None}
"""Milliseconds that a tier lives unless used; None for good."""

USES = 5
"""Uses in a tier after which a memory is promoted."""

_NEXT: dict[str, Tier] = {"short": "mid", "mid": "long"}
_HALF_LIFE = {"short": 1 * DAY, "mid": 14 * DAY, "long": 180 * DAY}


def lifetime(tier: str, now: int, *, ttl: int | None = None, until: int | None = None) -> tuple[int | None, int | None]:
    """Return (expires, ttl) of a memory made at `now`: a fixed date before a span of its own before that of its tier."""
    if until is not None:
        return until, None
    span = ttl if ttl is not None else SPAN[tier]
    return (None, None) if span is None else (now + span, span)


def due(memory: Memory, uses: int = USES) -> Tier | None:
    """Return the tier that a memory has been used into, None if it stays where it is."""
    return _NEXT.get(memory.tier) if memory.uses - memory.tier_uses >= uses else None


def promote(changes: Changes, memory: Memory, tier: Tier) -> None:
    """Put a memory into another tier; going up never brings its end nearer, going down begins its new span now."""
    order = list(SPAN)
    fixed = memory.expires is not None and memory.ttl is None
    expires, ttl = lifetime(tier, changes.now)
    if order.index(tier) > order.index(memory.tier) and expires is not None and memory.expires is not None:
        expires = max(expires, memory.expires)
    settings: dict[str, Any] = {"tier": tier, "tier_uses": memory.uses}
    if not fixed:
        settings |= {"expires": expires, "ttl": ttl}
    for name, value in settings.items():
        changes.set(f"memory.{name}", memory.uid, getattr(memory, name), value)


def strength(memory: Memory, now: int) -> float:
    """Return from 0 to 1 how much a memory still matters: its importance, halved with each half-life it was not used.

    Each use makes the half-life longer by a tenth of the first. What is pinned does not fade.
    """
    if memory.pinned:
        return 1.0
    idle = max(0, now - max(memory.created, memory.last_used or 0))
    half_life = _HALF_LIFE[memory.tier] * (1 + min(memory.uses, 50) / 10)
    faded: float = 0.5 ** (idle / half_life)
    return round(faded * (0.5 + memory.importance / 2), 4)
