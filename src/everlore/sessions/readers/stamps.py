"""The times at which lines of chat logs begin, in the spellings of many programs. A time without a zone counts as UTC."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone

from everlore.core.clock import to_ms

_TIME = r"(?P<hour>\d{1,2})[:.](?P<minute>\d\d)(?:[:.](?P<second>\d\d)(?:[.,]\d+)?)?(?:[ \u202f\xa0]?(?P<half>[AaPp])\.?[Mm]\.?)?"
_DATE = r"(?P<a>\d{1,4})(?P<sign>[-/.])(?P<b>\d{1,2})(?P=sign)(?P<c>\d{1,4})"
_STAMP = re.compile(
    rf"(?P<open>[\[(])?(?:{_DATE}(?:,?[ \u202f\xa0]+|T))?{_TIME}[ ]?(?P<zone>Z|UTC|[+-]\d\d:?\d\d)?(?(open)[\])]|(?=[\s:]))(?:\s-\s|:?\s+)(?P<rest>\S.*)$"
)
_ALONE = re.compile(rf"(?:{_DATE}(?:,?[ ]+|T))?{_TIME}[ ]?(?P<zone>Z|UTC|[+-]\d\d:?\d\d)?\s*$")
_DAY_LINE = re.compile(
    r"(?:--- (?:Day changed|Log opened)|\*{4} BEGIN LOGGING AT) \w{3} (?P<month>\w{3})\s+(?P<day>\d{1,2})(?: [\d:]+)? (?P<year>\d{4})"
)
_IN_NAME = re.compile(r"(?<!\d)(\d{4})-?(\d\d)-?(\d\d)(?!\d)")
_MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec"


class Order:
    """In which order day and month stand, as the dates of a whole log tell."""

    def __init__(self) -> None:
        self._first = self._second = 0
        self._halves = False

    def see(self, stamp: Stamp) -> None:
        """Take one more date into account."""
        if stamp.parts and stamp.parts[0] < 1000:
            self._first, self._second = max(self._first, stamp.parts[0]), max(self._second, stamp.parts[1])
            self._halves = self._halves or (stamp.half and stamp.sign == "/")

    def day(self, parts: tuple[int, int, int]) -> date | None:
        """Return the day of a date in three numbers; None when there is no such day."""
        first, second, third = parts
        if first >= 1000:
            year, month, day = first, second, third
        else:
            month_first = self._second > 12 or (self._first <= 12 and self._halves)
            day, month = (second, first) if month_first else (first, second)
            year = third if third >= 100 else 2000 + third
        with suppress(ValueError):
            return date(year, month, day)
        return None


@dataclass(frozen=True, slots=True)
class Stamp:
    """A time at the beginning of a line: the numbers of its date, if it has one, and what follows on the line."""

    parts: tuple[int, int, int] | None
    sign: str
    seconds: int
    half: bool
    zone: str
    rest: str

    def instant(self, order: Order, day: date | None) -> int | None:
        """Return Unix milliseconds, on `day` when the time is all there is; None when the day is not known."""
        day = order.day(self.parts) if self.parts else day
        if day is None:
            return None
        with suppress(ValueError, OverflowError):
            moment = datetime(day.year, day.month, day.day, tzinfo=_zone(self.zone)) + timedelta(seconds=self.seconds)
            return to_ms(moment)
        return None


def find(line: str) -> Stamp | None:
    """Return the time at which a line begins; None when it begins otherwise."""
    if not line[:1].isdigit() and line[:1] not in ("[", "("):
        return None
    return _stamp(_STAMP.match(line))


def instant(text: str, order: Order, day: date | None) -> int | None:
    """Return Unix milliseconds of a time that stands by itself; None when it is none."""
    stamp = _stamp(_ALONE.match(text.strip()))
    return stamp.instant(order, day) if stamp else None


def day_line(line: str) -> date | None:
    """Return the day that an IRC client says begins."""
    found = _DAY_LINE.match(line)
    month = _MONTHS.find(found["month"]) if found else -1
    if found and month >= 0:
        with suppress(ValueError):
            return date(int(found["year"]), month // 3 + 1, int(found["day"]))
    return None


def day_in(name: str) -> date | None:
    """Return the day that a file is named after."""
    if found := _IN_NAME.search(name):
        with suppress(ValueError):
            return date(int(found[1]), int(found[2]), int(found[3]))
    return None


def _stamp(found: re.Match[str] | None) -> Stamp | None:
    if not found:
        return None
    hour, half = int(found["hour"]), (found["half"] or "").lower()
    if half and 1 <= hour <= 12:
        hour = hour % 12 + (12 if half == "p" else 0)
    minute, second = int(found["minute"]), int(found["second"] or 0)
    if hour > 23 or minute > 59 or second > 60:
        return None
    parts = (int(found["a"]), int(found["b"]), int(found["c"])) if found["a"] else None
    rest = found.groupdict().get("rest") or ""
    return Stamp(parts, found["sign"] or "", hour * 3600 + minute * 60 + second, bool(half), found["zone"] or "", rest)


def _zone(zone: str) -> timezone:
    if zone in {"", "Z", "UTC"}:
        return UTC
    minutes = int(zone[1:3]) * 60 + int(zone[-2:])
    return timezone(timedelta(minutes=-minutes if zone[0] == "-" else minutes))
