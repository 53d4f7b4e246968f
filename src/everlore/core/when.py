"""Time phrases in English text, read as half-open ranges of the clock `now` came from.

`everlore.core.dates` finds the cores ("last week", "3 May", "March"); here what stands around one may narrow it
("early", "last week of", "… morning"), join two ("from … to …"), or turn it into a bound ("since", "before"). A bound
may also hang on an event ("since the release"): its range stays open until a resolver says when that was.

Invariants: a range is never empty and never contains its end; what follows "until" belongs to the range and what
follows "after" does not; phrases do not overlap and come in the order of the text; no text makes `find` raise.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal

from everlore.core.dates import COUNT, FORMS, ORDINALS, WEEKDAYS, Sure, either, number
from everlore.core.errors import InvalidInput
from everlore.core.reckoning import STEP_DAYS, STEP_MONTHS, Calendar, Granularity, Range, part_of_day, step

Bound = Literal["before", "until", "since", "after", "during"]

_BOUNDS: dict[str, Bound] = {
    "before": "before", "prior to": "before", "earlier than": "before", "older than": "before",
    "after": "after", "later than": "after", "newer than": "after",
    "since": "since", "starting": "since", "starting in": "since", "starting on": "since", "on or after": "since",
    "until": "until", "till": "until", "up to": "until", "up until": "until", "as of": "until", "through": "until",
    "by": "until", "on or before": "until", "no later than": "until", "during": "during",
}  # fmt: skip
_EVENTS = (
    "conference|cutover|demo|deploy|deployment|freeze|incident|interview|kickoff|launch|meeting|merge|migration|move"
    "|offsite|onboarding|outage|party|postmortem|refactor|refactoring|release|retro|retrospective|review|rewrite"
    "|rollback|rollout|sprint|standup|trip|upgrade|vacation|wedding|workshop"
)
_END = (
    r"(?=\s*[?!,.;:)]|\s*$|\s+(?:and|at|by|did|do|does|had|has|have|how|i|in|is|on|or|that|the|was|we|were|what|when"
    r"|where|which|who|why)\b)"
)

_CUE = re.compile(
    rf"(?<![\w-])(?:(?P<bound>{either(_BOUNDS)})|in|on|for|of|from|between|at|over|within|throughout|around|about)"
    r"(?:\s+(?:around|about))?(?P<the>\s+the)?\s+$", re.IGNORECASE)  # fmt: skip
_PART = re.compile(
    r"(?<![\w-])(?:(?P<early>early|(?:beginning|start)\s+of)|(?P<mid>mid|middle\s+of)|(?P<late>late|end\s+of))"
    r"(?:\s*-\s*|\s+)(?:in\s+)?(?:the\s+)?$", re.IGNORECASE)  # fmt: skip
_NTH = re.compile(
    rf"(?<![\w-])(?P<nth>{either(ORDINALS)})\s+(?:{COUNT}\s+)?(?P<unit>day|week|weekend|half|month|quarter|{either(WEEKDAYS)})s?"
    r"\s+(?:of|in)\s+(?:the\s+)?$", re.IGNORECASE)  # fmt: skip
_WEEK_OF = re.compile(r"(?<![\w-])week\s+(?:(?P<of>of)|starting|beginning|commencing)\s+(?:the\s+)?$", re.IGNORECASE)
_BESIDE = re.compile(
    rf"(?<![\w-])(?:{COUNT}\s+)?(?P<unit>day|week|month)s?\s+(?P<side>before|after)\s+(?:the\s+)?$", re.IGNORECASE
)
_DAY_PART = re.compile(r"(?:\s+(?:in\s+the|at))?\s+(?P<part>morning|afternoon|evening|night)\b", re.IGNORECASE)
_ONWARDS = re.compile(r"\s+(?:onwards?\b|on(?=\s*(?:[?!,.;)]|$)))", re.IGNORECASE)
_TO = re.compile(
    r"\s*(?:(?P<and>and)\b|(?:up\s+)?(?:to|until|till|thru|through)\b|[-–—]|\.\.)\s*(?:the\s+)?", re.IGNORECASE
)
_EVENT = re.compile(
    rf"(?<![\w-])(?P<bound>{either(_BOUNDS)})\s+(?:the|our|my|that|this)\s+"
    rf"(?P<event>(?:(?!(?:of|to|and|or|is|was|the|a|an|we|i)\b)[\w.+#-]+\s+){{0,3}}?(?:{_EVENTS})"
    rf"(?:\s+(?:of|to|with|from)\s+[\w.+#-]*\w)?){_END}", re.IGNORECASE)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Phrase:
    """A time phrase: `start` (in) to `end` (out), None where it is open; `text` is what stands at `span`.

    With an `event` both ends are open until `at` says when the event was.
    """

    start: datetime | None
    end: datetime | None
    granularity: Granularity
    span: tuple[int, int]
    text: str
    bound: Bound | None = None
    event: str | None = None

    def at(self, start: datetime, end: datetime) -> Phrase:
        """Return the phrase with its event put at [start, end)."""
        first, last = _limits(self.bound, start, end)
        return replace(self, start=first, end=last)


def _limits(bound: Bound | None, start: datetime, end: datetime) -> tuple[datetime | None, datetime | None]:
    if bound in {"before", "until"}:
        return None, start if bound == "before" else end
    if bound in {"since", "after"}:
        return start if bound == "since" else end, None
    return start, end


def find(text: str, now: datetime, week_start: int = 0) -> list[Phrase]:
    """Return the time phrases of a text.

    `now` must be aware: its zone says where a day begins. `week_start` is 0 for Monday to 6 for Sunday.
    Raises `InvalidInput` for a naive `now`, and for nothing that stands in the text.
    """
    longest_first = sorted(_candidates(text, now, week_start), key=lambda phrase: phrase.span[0] - phrase.span[1])
    taken = bytearray(len(text))
    chosen: list[Phrase] = []
    for phrase in longest_first:
        start, end = phrase.span
        if not any(taken[start:end]):
            taken[start:end] = b"\1" * (end - start)
            chosen.append(phrase)
    return sorted(chosen, key=lambda phrase: phrase.span)


def parse_instant(
    text: str, now: datetime, *, field: str = "as_of", edge: Literal["start", "end"] = "end", week_start: int = 0
) -> datetime:
    """Return the instant a person gave: an ISO date or date and time, "now", or a time phrase.

    A phrase (and a bare date) stands for its first instant with edge "start", its last millisecond with edge "end".
    Raises `InvalidInput` naming `field` for anything else, epoch numbers among them.
    """
    given = text.strip()
    if given.lower() == "now":
        return now
    if re.fullmatch(r"\d{4}-\S+[T ]\S+", given):
        try:
            moment = datetime.fromisoformat(given)
        except ValueError as error:
            raise _refusal(text, field, str(error)) from error
        return moment if moment.tzinfo else moment.replace(tzinfo=now.tzinfo)
    start, end = _whole(given, now, week_start, field)
    limit = start if edge == "start" else end
    if limit is None or limit == datetime.min.replace(tzinfo=limit.tzinfo):
        raise _refusal(text, field, f"it has no {edge}")
    return limit if edge == "start" else limit - timedelta(milliseconds=1)


def parse_interval(
    text: str, now: datetime, *, field: str = "when", week_start: int = 0
) -> tuple[datetime | None, datetime | None]:
    """Return the half-open interval of a phrase, or of two instants or phrases as `A..B` (either may be missing).

    Raises `InvalidInput` naming `field` when a side cannot be read or the interval is empty.
    """
    if ".." not in text:
        return _whole(text.strip(), now, week_start, field)
    first, last = (side.strip() for side in text.split("..", 1))
    if not first and not last:
        raise _refusal(text, field, "both sides are missing")
    start = parse_instant(first, now, field=field, edge="start", week_start=week_start) if first else None
    end = parse_instant(last, now, field=field, week_start=week_start) if last else None
    if end is not None and not re.search(r"[T ]\d\d:", last):
        end += timedelta(milliseconds=1)
    if start and end and not _precedes(start, end):
        raise _refusal(text, field, "it ends before it starts")
    return start, end


def _whole(text: str, now: datetime, week_start: int, field: str) -> tuple[datetime | None, datetime | None]:
    for phrase in _candidates(text, now, week_start, lone=True):
        if phrase.span == (0, len(text)) and not phrase.event:
            return phrase.start, phrase.end
    raise _refusal(text, field, "epoch numbers are not read" if text.isdecimal() and len(text) > 8 else "")


def _refusal(text: str, field: str, reason: str) -> InvalidInput:
    shown = text if len(text) <= 60 else text[:59] + "…"
    return InvalidInput(
        f"{shown!r} is not a time I can read" + (f": {reason}" if reason else ""),
        field=field,
        hint='write a date (2026-03-13), a date and time (2026-03-13T09:30Z) or a phrase ("last week", "since 3 May")',
    )


@dataclass(frozen=True, slots=True)
class _Core:
    """A match of a form and what it reads as, with the room that its narrowing words take."""

    match: re.Match[str]
    form: int
    left: int
    right: int
    narrowing: re.Match[str] | None
    range: Range


def _candidates(text: str, now: datetime, week_start: int, *, lone: bool = False) -> Iterator[Phrase]:
    """Yield every phrase that can be read, overlapping ones too. `lone` takes the text itself as the cue."""
    if now.tzinfo is None:
        raise InvalidInput("now must carry a time zone", field="now")
    cal = Calendar(now, week_start, now.date())
    for m in _EVENT.finditer(text):
        event = " ".join(m["event"].split())
        yield Phrase(None, None, "event", m.span(), m.group(), _BOUNDS[_words(m["bound"])], event)
    cores = [core for form in range(len(FORMS)) for core in _cores(text, form, cal)]
    starts: dict[int, list[_Core]] = {}
    for core in cores:
        starts.setdefault(core.left, []).append(core)
    for core in cores:
        if phrase := _single(text, core, lone=lone):
            yield phrase
        if joint := _TO.match(text, core.right):
            for other in starts.get(joint.end(), ()):
                if phrase := _pair(text, core, joint, other, cal):
                    yield phrase


def _words(text: str) -> str:
    return " ".join(text.lower().split())


def _cores(text: str, form: int, cal: Calendar) -> Iterator[_Core]:
    for m in FORMS[form][0].finditer(text):
        found = _read(m, form, cal)
        if found is None:
            continue
        before, left, right, narrowing = text[max(0, m.start() - 64) : m.start()], m.start(), m.end(), None
        for pattern in (_PART, _NTH, _WEEK_OF, _BESIDE):
            if (near := pattern.search(before)) and (narrow := _narrowed(near, found, cal)):
                found, narrowing, left = narrow, near, m.start() - len(near.group())
                break
        if found.unit == "day" and (part := _DAY_PART.match(text, right)):
            found, right = part_of_day(found, part["part"]), part.end()
        yield _Core(m, form, left, right, narrowing, found)


def _read(m: re.Match[str], form: int, cal: Calendar) -> Range | None:
    try:
        return FORMS[form][1](m, cal)
    except (ValueError, OverflowError):  # a date that does not exist or lies outside the calendar
        return None


def _narrowed(m: re.Match[str], whole: Range, cal: Calendar) -> Range | None:
    """Return the part of a range that "early", "the last week of" or "the week of" leaves of it, None if none does."""
    try:
        given = m.groupdict()
        if "early" in given:
            return _third(whole, cal, 0 if given["early"] else 1 if given["mid"] else 2)
        if "nth" in given:
            return _nth(m, whole, cal)
        if "side" in given:
            return _beside(m, whole, cal)
        if whole.unit != "day":
            return None
        first = whole.start.date()
        return cal.one(cal.floor(first, "week") if given["of"] else first, "week", floating=whole.floating)
    except (ValueError, OverflowError):
        return None


def _third(whole: Range, cal: Calendar, index: int) -> Range | None:
    first, last = whole.start.date(), whole.end.date()
    if whole.unit in {"quarter", "season", "half", "year"}:
        months = STEP_MONTHS[whole.unit] // 3
        cuts = [step(first, "month", months * n) for n in range(3)] + [last]
    elif whole.unit in {"week", "month"}:
        cuts = [first + timedelta(round((last - first).days * n / 3)) for n in range(4)]
    else:
        return None
    return cal.days(cuts[index], cuts[index + 1], "span", floating=whole.floating)


def _nth(m: re.Match[str], whole: Range, cal: Calendar) -> Range | None:
    nth, unit, first, last = ORDINALS[_words(m["nth"])], m["unit"].lower(), whole.start.date(), whole.end.date()
    count = 1 if m["n"] is None else 3 if m["n"].lower().endswith(("few", "several")) else number(m["n"])
    halved = unit == "half" and whole.unit == "month"
    if unit in WEEKDAYS or unit == "weekend":
        day = WEEKDAYS.get(unit, 5)
        edge = cal.near(first if nth > 0 else last - timedelta(1), forward=nth > 0).weekday(day)
        start = edge + timedelta(7 * (nth - 1 if nth > 0 else 0))
        end = start + timedelta(2 if unit == "weekend" else 1)
    elif halved:
        middle = first + timedelta((last - first).days // 2)
        start, end = (first, middle) if nth == 1 else (middle, last)
    else:
        start = step(last, unit, -count) if nth < 0 else step(first, unit, (nth - 1) * count)
        end = last if nth < 0 else step(first, unit, nth * count)
    days = STEP_DAYS.get(unit) or (0 if halved else 28 * STEP_MONTHS.get(unit, 0))
    if not first <= start < last or (last - first).days <= days:
        return None
    named: Granularity = "day" if unit in WEEKDAYS or (unit == "day" and count == 1) else "span"
    return cal.days(start, min(end, last) if unit != "weekend" else end, named, floating=whole.floating)


def _beside(m: re.Match[str], whole: Range, cal: Calendar) -> Range:
    count = 1 if m["n"] is None else 5 if m["n"].lower().endswith(("few", "several")) else number(m["n"])
    if m["side"].lower() == "before":
        last = whole.start.date()
        return cal.days(step(last, m["unit"].lower(), -count), last, "span", floating=whole.floating)
    first = whole.end.date()
    return cal.days(first, step(first, m["unit"].lower(), count), "span", floating=whole.floating)


def _cue(text: str, left: int) -> re.Match[str] | None:
    return _CUE.search(text[max(0, left - 32) : left])


def _is_sure(core: _Core, cue: str) -> bool:
    sure: Sure = FORMS[core.form][2]
    return sure(core.match, cue)


def _single(text: str, core: _Core, *, lone: bool) -> Phrase | None:
    cue = _cue(text, core.left)
    words = _words(cue.group()) if cue else "since" if lone else ""
    if not _is_sure(core, "in" if core.narrowing else words):
        return None
    bound = _BOUNDS.get(_words(cue["bound"])) if cue and cue["bound"] else None
    right, found = core.right, core.range
    if found.unit == "day" and {"around", "about"} & set(words.split(" ")):
        found = replace(found, start=found.start - timedelta(3), end=found.end + timedelta(3), unit="span")
    if words.split(" ", 1)[0] in {"from", "starting"} and (onwards := _ONWARDS.match(text, right)):
        bound, right = "since", onwards.end()
    return _phrase(text, core.left - (len(cue.group()) if cue else 0), right, found, bound)


def _pair(text: str, core: _Core, joint: re.Match[str], other: _Core, cal: Calendar) -> Phrase | None:
    """Read "from A to B": B is the first one after A, or A the latest one before B, where one of them floats."""
    cue = _cue(text, core.left)
    opener = _words(cue.group()).removesuffix(" the") if cue else ""
    opened = opener in {"from", "between", "since", "starting", "starting in"}
    sure = all(_is_sure(one, "from" if opened else "pair") for one in (core, other))
    if not sure or (joint["and"] and opener != "between"):
        return None
    first, last = core.range, other.range
    if last.floating:
        last = _again(other, cal.near(first.start.date(), forward=True)) or last
    elif first.floating:
        first = _again(core, cal.near(last.start.date(), forward=False)) or first
    if not _precedes(first.start, last.end):
        return None
    whole = Range(first.start, last.end, first.unit)
    return _phrase(text, core.left - (len(cue.group()) if cue and opened else 0), other.right, whole, None)


def _again(core: _Core, cal: Calendar) -> Range | None:
    found = _read(core.match, core.form, cal)
    return _narrowed(core.narrowing, found, cal) if found and core.narrowing else found


def _precedes(start: datetime, end: datetime) -> bool:
    """Say whether one instant is before another in real time; those outside the calendar are not."""
    try:
        return start.astimezone(UTC) < end.astimezone(UTC)
    except OverflowError:
        return False


def _phrase(text: str, left: int, right: int, found: Range, bound: Bound | None) -> Phrase | None:
    if not _precedes(found.start, found.end):  # a day that a change of the calendar left out
        return None
    start, end = _limits(bound, found.start, found.end)
    return Phrase(start, end, found.unit, (left, right), text[left:right], bound)
