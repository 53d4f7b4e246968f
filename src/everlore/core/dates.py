"""The forms of a single date in English, each a pattern with its reader.

A form finds the core of a time phrase ("last week", "3 May", "two weeks ago", "March") and reads it as a `Range` of
midnights in the zone of `now`. `sure` says whether a match means a time at all, given the cue in front of it ("in",
"since the", or nothing): may, march, sun, 2024 and Q3 mean something else in most sentences. `everlore.core.when`
puts the forms together to phrases; nothing else uses this module.

Invariants: a date without a year or week is *floating*, and is the latest one that has begun at the calendar's anchor
(the next one when it looks forward); a reader answers None, or raises ValueError or OverflowError, for dates that do
not exist.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta

from everlore.core.reckoning import (
    STEP_MONTHS,
    STEP_SECONDS,
    Calendar,
    Granularity,
    Range,
    later,
    part_of_day,
    step,
)


def _numbered(groups: Iterable[str], first: int = 0) -> dict[str, int]:
    return {word: number for number, words in enumerate(groups, first) for word in words.split()}


MONTHS = _numbered(("january jan", "february feb", "march mar", "april apr", "may", "june jun", "july jul",
                    "august aug", "september sept sep", "october oct", "november nov", "december dec"), 1)  # fmt: skip
WEEKDAYS = _numbered(("monday mon", "tuesday tues tue", "wednesday wed", "thursday thurs thur thu", "friday fri",
                      "saturday sat", "sunday sun"))  # fmt: skip
ORDINALS = _numbered(("first 1st", "second 2nd", "third 3rd", "fourth 4th", "fifth 5th"), 1) | {"last": -1, "final": -1}
NUMBERS = _numbered(("one a an", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
                     "twelve"), 1) | {"couple of": 2, "a couple of": 2}  # fmt: skip
SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}
RELATIVE = {"last": -1, "past": -1, "previous": -1, "prior": -1, "this": 0, "current": 0,
            "next": 1, "coming": 1, "upcoming": 1}  # fmt: skip
_NEAR_DAYS = {"day before yesterday": -2, "yesterday": -1, "last night": -1, "today": 0, "tonight": 0,
              "tomorrow": 1, "day after tomorrow": 2}  # fmt: skip


def either(words: Iterable[str]) -> str:
    """Return the alternation of the words, the longest first, with any white space between their parts."""
    return "|".join(sorted(words, key=len, reverse=True)).replace(" ", r"\s+")


def number(word: str) -> int:
    """Return the count a word or numeral stands for."""
    return int(word) if word.isdecimal() else NUMBERS[" ".join(word.lower().split())]


COUNT = rf"(?P<n>\d{{1,4}}|{either(NUMBERS)}|(?:a\s+)?few|several)"
_M = rf"(?P<month>{either(MONTHS)})\b(?:\.(?=\s*\d))?"
_W = rf"(?P<weekday>{either(WEEKDAYS)})"
_Y = r"(?P<year>(?:19|20|21)\d\d)"
_D = r"(?P<day>\d{1,2})(?P<nth>st|nd|rd|th)?"
_OF = r"(?:\s*,\s*|\s+)"
_REL = rf"(?P<rel>{either(RELATIVE)})"
_UNIT = r"(?P<unit>day|week|fortnight|month|quarter|year|hour|minute)"
_TO = r"\s*(?:[-–—]|\.\.|\b(?:to|and|until|till|through)\b)\s*(?:the\s+)?"
_BEFORE = r"(?:(?<=mid-)|(?<=late-)|(?<=early-)|(?<![\w@#$€£/\\.:=+-]))"
_AFTER = r"(?![\w@$€£/\\=(%+-]|[.:]\w)"

Reader = Callable[[re.Match[str], Calendar], Range | None]
Sure = Callable[[re.Match[str], str], bool]
FORMS: list[tuple[re.Pattern[str], Reader, Sure]] = []


def _form(pattern: str, sure: Sure = lambda _match, _cue: True) -> Callable[[Reader], Reader]:
    def register(read: Reader) -> Reader:
        FORMS.append((re.compile(f"{_BEFORE}(?:{pattern}){_AFTER}", re.IGNORECASE), read, sure))
        return read

    return register


def _ends_clause(m: re.Match[str]) -> bool:
    return re.match(r"\s*(?:[?!,;.)]|$)", m.string[m.end() : m.end() + 8]) is not None


def _sure_month(m: re.Match[str], cue: str) -> bool:
    """Say whether a lone month word is a month: plain, or with a cue, or a capital in front of its noun."""
    word, capital = m["month"], m["month"][0].isupper()
    if len(word) > 3 and word.lower() not in {"march", "april", "june", "august", "sept"}:
        return True
    if cue == "pair":
        return capital
    if cue:
        return capital or (not cue.endswith("the") and (word not in {"mar", "dec", "oct"} or _ends_clause(m)))
    owned = re.search(r"(?:\b(?:the|our|my|your|their)|'s)\s+$", m.string[max(0, m.start() - 8) : m.start()])
    noun = re.match(r"\s+(?!(?:of|on|through|to|is|was|with|that|for)\b)[a-z]", m.string[m.end() : m.end() + 12])
    return bool(capital and owned and noun)


def _sure_related_month(m: re.Match[str], _cue: str) -> bool:
    """Take "last may" but not "this may break"."""
    return m["month"][0].isupper() or m["month"].lower() not in {"may", "march", "mar"} or _ends_clause(m)


def _sure_date(m: re.Match[str], cue: str) -> bool:
    """Take "3 May" and "on 3 may" but not "option 3 may work"."""
    word, more = m["month"], m.groupdict()
    if word[0].isupper() or word not in {"may", "march", "mar", "dec", "oct"} or more.get("year") or more.get("nth"):
        return True
    return cue.split(" ", 1)[0] not in {"", "pair", "in", "of", "for", "at", "over"}


def _sure_weekday(m: re.Match[str], cue: str) -> bool:
    """Take a written-out day, "last wed" and "on Mon", but not "every Monday" or "the second sun parser on mon"."""
    word, related = m["weekday"], m["rel"] is not None
    if re.search(r"\b(?:every|each)\s+$", m.string[max(0, m.start() - 8) : m.start()], re.IGNORECASE):
        return False
    if word.lower().endswith("day"):
        return True
    if word.lower() == "sun":
        return word[0].isupper() and (related or cue not in {"", "on", "in", "for", "of", "at"})
    return (word[0].isupper() and (related or bool(cue))) or (
        word.lower() not in {"sat", "mon"} and (related or cue in {"since", "before", "after", "until"})
    )


_COUNTED = re.compile(r"\s+(?:[kmg]i?b\b|px\b|ms\b|percent\b|(?!this|was|does|its|plans|goals|always)[a-z]{3,}s\b)")
_NUMBERED = re.compile(
    r"(?:\b(?:ports?|lines?|errors?|codes?|issues?|pr|ids?|pages?|sections?|versions?|rfc|tickets?|numbers?|no\.?|build"
    r"|chapters?|room|size|status|es|ecmascript|windows|server|office|limit|is|was|to|of|about|over|than|a)|[#<>*])\s*$",
    re.IGNORECASE,
)


def _sure_year(m: re.Match[str], cue: str) -> bool:
    """Take "in 2024" and "the plan, 2024" but not "port 2024", "in 2000 files" or "a limit of 2048"."""
    if cue:
        return cue.split(" ", 1)[0] not in {"on", "at", "of", "over", "around", "about", "up", "older", "pair"}
    before = m.string[max(0, m.start() - 16) : m.start()]
    return "2000" < m["year"] < "2040" and _ends_clause(m) and not _NUMBERED.search(before)


@_form(r"(?P<year>(?:19|20|21)\d\d)(?P<sep>[-/])(?P<mm>\d\d)(?P=sep)(?P<dd>\d\d)"
       r"(?P<clock>[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:Z|[+-]\d\d:\d\d)?)?")  # fmt: skip
def _iso_day(m: re.Match[str], cal: Calendar) -> Range | None:
    day = date(int(m["year"]), int(m["mm"]), int(m["dd"]))
    if not m["clock"]:
        return cal.one(day, "day")
    moment = datetime.fromisoformat(day.isoformat() + m["clock"].upper())
    moment = moment.astimezone(cal.now.tzinfo) if moment.tzinfo else moment.replace(tzinfo=cal.now.tzinfo)
    return Range(moment, later(moment, 60), "minute")


@_form(_Y + r"-(?P<mm>0[1-9]|1[0-2])")
def _iso_month(m: re.Match[str], cal: Calendar) -> Range | None:
    return cal.one(date(int(m["year"]), int(m["mm"]), 1), "month")


@_form(r"(?P<a>\d{1,2})(?P<sep>[-/.])(?P<b>\d{1,2})(?P=sep)" + _Y)
def _numeric_day(m: re.Match[str], cal: Calendar) -> Range | None:
    a, b, year = int(m["a"]), int(m["b"]), int(m["year"])
    if m["sep"] == "." or a > 12:  # dots mean day first everywhere
        return cal.one(date(year, b, a), "day")
    # With other signs the order must follow from the numbers.
    return cal.one(date(year, a, b), "day") if b > 12 or a == b else None


def _day_in_month(m: re.Match[str], cal: Calendar, day: int) -> Range | None:
    month = MONTHS[m["month"].lower()]
    if m["year"]:
        return cal.one(date(int(m["year"]), month, day), "day")
    return cal.latest(lambda year: date(year, month, day), "day")


@_form(rf"(?P<d1>\d{{1,2}})(?:st|nd|rd|th)?{_TO}{_D}\s+(?:of\s+)?{_M}(?:{_OF}{_Y})?", _sure_date)
@_form(rf"{_M}\s+(?P<d1>\d{{1,2}})(?:st|nd|rd|th)?{_TO}{_D}(?:{_OF}{_Y})?", _sure_date)
def _days_in_month(m: re.Match[str], cal: Calendar) -> Range | None:
    first = _day_in_month(m, cal, int(m["d1"]))
    if first is None or int(m["d1"]) >= int(m["day"]):
        return None
    last = first.start.date().replace(day=int(m["day"]))
    return cal.days(first.start.date(), step(last, "day", 1), "day", floating=first.floating)


@_form(rf"(?:{_W},?\s+)?(?:the\s+)?{_D}\s+(?:of\s+)?{_M}(?:{_OF}{_Y})?", _sure_date)
@_form(rf"(?:{_W},?\s+)?{_M}\s+(?:the\s+)?{_D}(?:{_OF}{_Y})?", _sure_date)
def _one_day_in_month(m: re.Match[str], cal: Calendar) -> Range | None:
    return _day_in_month(m, cal, int(m["day"]))


@_form(r"the\s+(?P<day>\d{1,2})(?:st|nd|rd|th)", lambda m, cue: cue not in {"", "of", "in", "for"} and _ends_clause(m))
def _day_of_some_month(m: re.Match[str], cal: Calendar) -> Range | None:
    for back in range(3):  # two months running never both lack a day
        month = step(cal.anchor.replace(day=1), "month", back if cal.forward else -back)
        try:
            day = month.replace(day=int(m["day"]))
        except ValueError:
            continue
        if day >= cal.anchor if cal.forward else day <= cal.anchor:
            return cal.one(day, "day", floating=True)
    return None


@_form(rf"{_REL}\s+{_M}", _sure_related_month)
@_form(rf"{_M}(?:\s+of\s+|{_OF}){_Y}")
@_form(_M, _sure_month)
def _month(m: re.Match[str], cal: Calendar) -> Range | None:
    return _named(m, cal, MONTHS[m["month"].lower()], "month")


@_form(rf"{_REL}\s+(?P<season>{either(SEASONS)})")
@_form(rf"(?P<season>{either(SEASONS)})(?:\s+of)?\s+{_Y}")
@_form(r"(?P<season>summer|autumn|winter)", lambda _m, cue: bool(cue) and cue not in {"on", "at"})
@_form(r"(?P<season>spring|fall)", lambda m, cue: m["season"].islower() and cue.endswith("the"))
def _season(m: re.Match[str], cal: Calendar) -> Range | None:
    return _named(m, cal, SEASONS[m["season"].lower()], "season")


def _named(m: re.Match[str], cal: Calendar, month: int, unit: Granularity) -> Range | None:
    """Read a month or season by the month it begins in: of a year, last, this, next, or the latest one."""
    given = m.groupdict()
    if given.get("year"):
        return cal.one(date(int(m["year"]), month, 1), unit)
    if not given.get("rel"):
        return cal.latest(lambda year: date(year, month, 1), unit)
    today, offset = cal.now.date(), RELATIVE[m["rel"].lower()]
    if not offset:  # until June "this winter" is the one that began last year
        return cal.one(date(today.year - (month == 12 and unit == "season" and today.month <= 6), month, 1), unit)
    edge = cal.floor(today, unit) - timedelta(1) if offset < 0 else step(cal.floor(today, unit), unit, 1)
    found = cal.near(edge, forward=offset > 0).latest(lambda year: date(year, month, 1), unit)
    return replace(found, floating=False) if found else None


@_form(rf"(?P<kind>[QH])(?P<q>[1-4])(?:[\s/-]?|\s+of\s+){_Y}")
@_form(rf"{_Y}[\s-]?(?P<kind>[QH])(?P<q>[1-4])")
@_form(r"(?P<kind>[Q])(?P<q>[1-4])", lambda m, cue: m["kind"] == "Q" and cue not in {"", "on", "at"})
def _quarter(m: re.Match[str], cal: Calendar) -> Range | None:
    unit: Granularity = "quarter" if m["kind"].upper() == "Q" else "half"
    month = (int(m["q"]) - 1) * STEP_MONTHS[unit] + 1
    if given := m.groupdict().get("year"):
        return cal.one(date(int(given), month, 1), unit)
    return cal.latest(lambda year: date(year, month, 1), unit)


@_form(_Y, _sure_year)
@_form(rf"{_Y}\s?[-–]\s?(?P<year2>20\d\d)", _sure_year)
def _year(m: re.Match[str], cal: Calendar) -> Range | None:
    first, last = int(m["year"]), int(m.groupdict().get("year2") or m["year"])
    if _COUNTED.match(m.string, m.end()) or not first <= last <= cal.now.year + 10:
        return None
    return cal.days(date(first, 1, 1), date(last + 1, 1, 1), "year")


@_form(rf"{_REL}\s+(?P<unit>week|weekend|month|quarter|year)")
@_form(r"(?P<unit>weekend)", lambda _m, cue: cue.endswith("the"))
@_form(r"(?P<unit>week|weekend|month|quarter|year)\s+before\s+(?P<rel>last)")
def _calendar_unit(m: re.Match[str], cal: Calendar) -> Range | None:
    unit: Granularity = m["unit"].lower()  # type: ignore[assignment]  # the pattern names granularities only
    rel = (m.groupdict().get("rel") or "").lower()
    if rel == "past" and unit != "weekend":  # "the past week" ends today, "last week" when the week did
        return _rolling(cal, unit, 1)
    offset = RELATIVE.get(rel, 0) - (m.end("unit") < m.start("rel") if rel else 0)
    weekday = unit == "weekend" and cal.now.weekday() < 5
    return cal.whole(unit, offset + (weekday and bool(rel)))  # on a weekday the weekend that has been is the last one


@_form(rf"(?<!half\s){COUNT}\s+{_UNIT}s?\s+(?:or\s+(?:so|two)\s+)?(?:ago|back)")
def _ago(m: re.Match[str], cal: Calendar) -> Range | None:
    unit = m["unit"].lower()
    near, far = (2, 5) if m["n"].lower().endswith(("few", "several")) else (number(m["n"]), number(m["n"]))
    if not near:
        return None
    if unit in STEP_SECONDS:
        now, length = cal.now, STEP_SECONDS[unit]
        past = now.second + now.microsecond / 1e6 + (now.minute * 60 if unit == "hour" else 0)
        return Range(later(now, -far * length - past), later(now, (1 - near) * length - past), unit)  # type: ignore[arg-type]
    if unit == "fortnight":
        unit, near, far = "week", 2 * near, 2 * far
    today = cal.floor(cal.now.date(), unit)
    return cal.days(step(today, unit, -far), step(today, unit, 1 - near), unit)  # type: ignore[arg-type]


@_form(rf"(?:(?:in|over|during|within|for)\s+)?(?:the\s+|these\s+)?(?:last|past|previous)\s+{COUNT}\s+{_UNIT}s?")
@_form(rf"(?:in|over|during|within)\s+the\s+(?:last|past)\s+{_UNIT}")
@_form(r"last\s+(?P<unit>hour|fortnight)")
@_form(r"past\s+(?P<unit>hour|day)")
def _last_few(m: re.Match[str], cal: Calendar) -> Range | None:
    word = (m.groupdict().get("n") or "one").lower()
    return _rolling(cal, m["unit"].lower(), 5 if word.endswith("few") else 7 if word == "several" else number(word))


def _rolling(cal: Calendar, unit: str, count: int) -> Range | None:
    """Read "the last N units": up to and with now, from the midnight N units ago (or the very minute)."""
    if not count:
        return None
    if unit in STEP_SECONDS:
        rest = 60 - cal.now.second - cal.now.microsecond / 1e6
        return Range(later(cal.now, -count * STEP_SECONDS[unit]), later(cal.now, rest), unit)  # type: ignore[arg-type]
    today = cal.now.date()
    return cal.days(step(today, unit, -count), step(today, "day", 1), "span")


@_form(rf"(?P<word>{either(_NEAR_DAYS)})")
@_form(r"this\s+(?P<part>morning|afternoon|evening)")
def _near_day(m: re.Match[str], cal: Calendar) -> Range | None:
    given = m.groupdict()
    word = " ".join((given.get("word") or "today").lower().split())
    day = cal.one(step(cal.now.date(), "day", _NEAR_DAYS[word]), "day")
    part = given.get("part") or ("night" if word.endswith("night") else None)
    return part_of_day(day, part) if part else day


@_form(rf"(?:{_REL}\s+)?{_W}", _sure_weekday)
def _weekday(m: re.Match[str], cal: Calendar) -> Range | None:
    day = WEEKDAYS[m["weekday"].lower()]
    if not m["rel"]:
        return cal.one(cal.weekday(day), "day", floating=True)
    offset, today = RELATIVE[m["rel"].lower()], cal.now.date()
    if offset == 0:
        return cal.one(cal.floor(today, "week") + timedelta((day - cal.week_start) % 7), "day")
    return cal.one(cal.near(today, forward=offset > 0).weekday(day, strict=True), "day")
