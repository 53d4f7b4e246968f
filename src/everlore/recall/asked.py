"""What a question asks a value for: the time it is about, and the sort of value that would answer it.

The time is the present unless the question says otherwise; questions for a story or a reason are about no one time. A
question names its slot by a noun or an interrogative: "what percentage", "which date", "how many". Questions that ask
for advice, an order, a span between two events or a count over many conversations name the same words but want no
single value; they have no slot. Reading is pure; the patterns are English.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from everlore.core.when import find

Tense = Literal["present", "past", "other"]

_STORY = re.compile(
    r"^\s*(?:why|tell|explain|describe|summari[sz]e|list|walk)\b|\bfor what reason\b|\bwhat(?:'s| is| was) the reason\b"
    r"|\bover time\b|\bhistory\b|\bevol\w+|\bdevelop(?:ed)?\b|\bgr[eo]wn?\b|\bdiffer\w*|\beach (?:time|change)\b|\bin (?:what|which) order\b"
    r"|\border in which\b|\bbetween\b(?! (?:which|what)\b)",
    re.IGNORECASE,
)
_PAST = re.compile(
    r"\b(?:was|were|did|had|used to|originally|initially|at first|in the beginning|back then|previously|formerly"
    r"|prior to)\b",
    re.IGNORECASE,
)
_ELSEWHERE = re.compile(
    r"\bbetween\b|\border in which\b|\bin (?:what|which) order\b|\bchronolog\w*|\bacross\b.*\bsessions?\b"
    r"|\b(?:affect|impact|influence|compare|help|improve|suggest|recommend)\w*\b|\bshould i\b"
    r"|\bhow (?:will|would|might|could|can|do|should)\b"
    r"|\bhow many (?:\w+ ){0,2}(?:different|days|weeks|months)\b(?!.*\b(?:a|per) week\b)",
    re.IGNORECASE,
)
_SLOTS = tuple(
    (re.compile(pattern, re.IGNORECASE), frozenset(kinds.split()))
    for pattern, kinds in (
        (r"\bpercent\w*|\brate\b|\bcoverage\b|\baccuracy\b", "percent number"),
        (
            r"\bbudget\b|\bcosts?\b|\bprice\b|\bsalary\b|\bspend\w*|\bfees?\b|\bhow much (?:money|do|is)\b",
            "money number",
        ),
        (r"\bwhen\b|\b(?:what|which) (?:date|day|time)\b|\bdeadline\b", "date"),
        (r"\bversion\b", "version number"),
        (
            r"\bhow (?:long|old|often|far back)\b|\btimeout\b|\binterval\b|\bhow much time\b|\bretention\b",
            "duration number",
        ),
        (
            r"\bhow (?:many|much|big|large|high|far|fast)\b|\b(?:limit|maximum|minimum|size|number|threshold|port|quota"
            r"|count|amount|target|cap|goal)\b",
            "number percent duration size money",
        ),
    )
)


@dataclass(frozen=True, slots=True)
class Asked:
    """Which time a question is about. `until` is the end of a past time it names, milliseconds UTC, not included."""

    tense: Tense
    until: int | None = None


def past_named(text: str, now: datetime) -> tuple[int | None, int] | None:
    """Return the past time that a text names, milliseconds UTC: its begin, None where that is open, and its end, not included."""
    named = [
        (phrase.end, phrase.start)
        for phrase in find(text, now)
        if phrase.end is not None and phrase.bound != "since" and phrase.end <= now
    ]
    if not named:
        return None
    end, start = max(named, key=lambda each: each[0])
    return None if start is None else round(start.timestamp() * 1000), round(end.timestamp() * 1000)


def read_asked(text: str, now: datetime) -> Asked:
    """Read whether a question is about how things are, or how they were at a time before `now` (aware)."""
    if _STORY.search(text):
        return Asked("other")
    if named := past_named(text, now):
        return Asked("past", named[1])
    if _PAST.search(text):
        return Asked("past")
    return Asked("present")


def read_slot(text: str) -> frozenset[str]:
    """Return the kinds of value, as in `Value.kind`, that answer a question; empty when it wants no single value."""
    if _ELSEWHERE.search(text):
        return frozenset()
    return next((kinds for pattern, kinds in _SLOTS if pattern.search(text)), frozenset())
