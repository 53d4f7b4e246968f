"""The one source of now, passed in so that a test or a replay can set it."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache

Clock = Callable[[], int]
"""Returns Unix milliseconds, UTC."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST = -62_135_596_800_000
LAST = 253_402_300_799_999
"""The milliseconds that can be written as a date: from the year 1 to the year 9999."""


def system() -> int:
    """Return the machine's clock in Unix milliseconds."""
    return time.time_ns() // 1_000_000


def to_ms(moment: datetime) -> int:
    """Return Unix milliseconds of an aware datetime; a naive one counts as UTC. Raise `OverflowError` outside of dates."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    milliseconds = (aware - _EPOCH) // timedelta(milliseconds=1)
    if not FIRST <= milliseconds <= LAST:
        raise OverflowError(f"{moment} is not between the years 1 and 9999 of UTC")
    return milliseconds


def to_iso(ms: int | None) -> str | None:
    """Return ISO 8601 in UTC with a Z, milliseconds only when they are not zero; None stays None."""
    if ms is None:
        return None
    seconds, rest = divmod(ms, 1000)
    return f"{_second(seconds)}.{rest:03}Z" if rest else f"{_second(seconds)}Z"


@lru_cache(4096)
def _second(seconds: int) -> str:
    """Return a second without its zone; what is listed together was often written in one second."""
    return (_EPOCH + timedelta(seconds=seconds)).isoformat(timespec="seconds").removesuffix("+00:00")


def to_datetime(ms: int) -> datetime:
    """Return the aware UTC datetime of Unix milliseconds."""
    return _EPOCH + timedelta(milliseconds=ms)
