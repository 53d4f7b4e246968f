"""The calendar that time phrases are reckoned with: ranges of midnights in one zone, and steps between them.

Invariants: a `Range` is half-open; every midnight is one of the zone of `now`; arithmetic in hours and minutes counts
real seconds, arithmetic in days and longer units counts dates, so that both hold across changes of the clock.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

Granularity = Literal[
    "minute", "hour", "part", "day", "weekend", "week", "month", "quarter", "season", "half", "year", "span", "event"
]


@dataclass(frozen=True, slots=True)
class Range:
    """A half-open range being read. `floating` means that its year or week was left to be guessed."""

    start: datetime
    end: datetime
    unit: Granularity
    floating: bool = False


STEP_DAYS = {"day": 1, "week": 7, "fortnight": 14}
STEP_MONTHS = {"month": 1, "quarter": 3, "season": 3, "half": 6, "year": 12}
PARTS = {"morning": (0, 12), "afternoon": (12, 18), "evening": (17, 24), "night": (18, 30)}
STEP_SECONDS = {"minute": 60, "hour": 3600}


def step(day: date, unit: str, count: int) -> date:
    """Return the date `count` units on, on the last day of the month where the day does not exist."""
    if unit in STEP_DAYS:
        return day + timedelta(STEP_DAYS[unit] * count)
    months = day.year * 12 + day.month - 1 + STEP_MONTHS[unit] * count
    first = date(months // 12, months % 12 + 1, 1)
    length = 31 if first.month == 12 else (first.replace(month=first.month + 1) - first).days
    return first.replace(day=min(day.day, length))


def later(moment: datetime, seconds: float) -> datetime:
    """Return the instant so many real seconds on, across changes of the clock."""
    return (moment.astimezone(UTC) + timedelta(seconds=seconds)).astimezone(moment.tzinfo)


@dataclass(frozen=True, slots=True)
class Calendar:
    """Date arithmetic around `now`. Floating dates land on `anchor` or before it, after it when `forward`."""

    now: datetime
    week_start: int
    anchor: date
    forward: bool = False

    def near(self, anchor: date, *, forward: bool) -> Calendar:
        """Return the calendar with another anchor for floating dates."""
        return replace(self, anchor=anchor, forward=forward)

    def days(self, first: date, last: date, unit: Granularity, *, floating: bool = False) -> Range:
        """Return the range from midnight of `first` to midnight of `last`, which is out of it."""
        zone = self.now.tzinfo
        return Range(datetime.combine(first, time(), zone), datetime.combine(last, time(), zone), unit, floating)

    def one(self, first: date, unit: Granularity, *, floating: bool = False) -> Range:
        """Return the range of one unit that begins on `first`."""
        last = first + timedelta(2) if unit == "weekend" else step(first, unit, 1)
        return self.days(first, last, unit, floating=floating)

    def floor(self, day: date, unit: str) -> date:
        """Return the first day of the unit that `day` is in; for a weekend, of the latest one begun."""
        if unit in {"week", "fortnight"}:
            return day - timedelta((day.weekday() - self.week_start) % 7)
        if unit == "weekend":
            return day - timedelta((day.weekday() - 5) % 7)
        if unit == "season":  # meteorological, of the northern half: they begin in March, June, September, December
            return step(day.replace(day=1), "month", -(day.month % 3))
        if unit in STEP_MONTHS:
            return day.replace(month=day.month - (day.month - 1) % STEP_MONTHS[unit], day=1)
        return day

    def whole(self, unit: Granularity, offset: int) -> Range:
        """Return the calendar week, month, … that lies `offset` of them from the one `now` is in."""
        return self.one(step(self.floor(self.now.date(), unit), "week" if unit == "weekend" else unit, offset), unit)

    def latest(self, in_year: Callable[[int], date], unit: Granularity) -> Range | None:
        """Return the nearest unit beginning on `in_year(y)` of some year y; years in which it raises have none."""
        for distance in range(-1, 9):  # 29 February can be eight years away
            try:
                day = in_year(self.anchor.year + (distance if self.forward else -distance))
            except ValueError:
                continue
            if day >= self.anchor if self.forward else day <= self.anchor:
                return self.one(day, unit, floating=True)
        return None

    def weekday(self, number: int, *, strict: bool = False) -> date:
        """Return the nearest weekday `number` (Monday is 0), never the anchor itself if `strict`."""
        if self.forward:
            return self.anchor + timedelta((number - self.anchor.weekday() - strict) % 7 + strict)
        return self.anchor - timedelta((self.anchor.weekday() - number - strict) % 7 + strict)


def part_of_day(day: Range, part: str) -> Range:
    """Return the morning, afternoon, evening or night of a day; the night ends at six the next morning."""
    first, last = PARTS[part.lower()]
    return replace(day, start=day.start + timedelta(hours=first), end=day.start + timedelta(hours=last), unit="part")
