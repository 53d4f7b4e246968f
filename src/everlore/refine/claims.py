"""What a statement claims, read into parts that can be held against those of another: subject words, values, polarity.

Content words are roots in order, without what is said of every subject ("is", "uses", "takes place"). A value is a
number with its unit, an amount, a time, a date or an address, in one measure, so that "2 weeks" and "14 days" are equal; a
number that names something ("sprint 41") is a content word.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from everlore.memory.values import is_label
from everlore.memory.wording import group, words
from everlore.recall.words import STOP_WORDS, root

DENIALS = group("not no never none nobody nothing neither nor cannot hardly rarely seldom")
_MODALS = group("do does did can could may might must shall should will would need needs ought dare have has had")
LIGHT = (
    STOP_WORDS
    | _MODALS
    | group(
        """
        is are was were be been use uses used using run runs running require requires required begin begins start starts
        take takes place happen happens come comes get gets ever any anymore more longer today always now new default
        all every each new currently per via date time value number lot it its we our us you your my i
        one ones other others thing things :
        """
    )
)
_ENTRIES = group("week day month scene lesson unit example option draft exercise paragraph heading")
_NUMBERED = group("error errors status response responses code codes")
_SWITCHES = group("on off up down")
_BE = group("is are be was were stays stay remains remain")
_BEFORE_MORE = group("at in during by when if while until for and or since after before")
_DAYS = group("monday tuesday wednesday thursday friday saturday sunday")
_MONTHS = group("january february march april may june july august september october november december")
_SCALES = {
    "ms": ("duration", 1.0), "s": ("duration", 1e3), "min": ("duration", 6e4), "h": ("duration", 3.6e6),
    "days": ("duration", 8.64e7), "day": ("duration", 8.64e7), "weeks": ("duration", 6.048e8), "months": ("months", 1.0),
    "years": ("months", 12.0), "kb": ("size", 1e3), "mb": ("size", 1e6), "gb": ("size", 1e9), "tb": ("size", 1e12),
    "kib": ("size", 1024.0), "mib": ("size", 1024.0**2), "gib": ("size", 1024.0**3), "percent": ("percent", 1.0),
    "eur": ("money", 1.0), "euros": ("money", 1.0), "usd": ("money", 1.0), "dollars": ("money", 1.0),
}  # fmt: skip
_CLOCK = re.compile(r"\d{1,2}:\d\d(?::\d\d)?(?:am|pm)?|\d{1,2}(?:am|pm)")
_DATE = re.compile(r"\d{4}-\d\d-\d\d|\d{1,2}/\d{1,2}(?:/\d{2,4})?|\d{1,2}\.\d{1,2}\.(?:\d{2,4})?")
_ORDINAL = re.compile(r"(\d{1,2})(?:st|nd|rd|th)")
_YEAR = re.compile(r"(?:19|20)\d\d")
_MONEY = re.compile(r"[€$£](\d+(?:\.\d+)?)(k?)")
_ACRONYM = re.compile(r"\b[A-Z]{2,}\b")
_SIGNS = re.compile(r"[^\w+]+")
_PLAIN = re.compile(r"[-+]?\d+(?:\.\d+)*")


@dataclass(frozen=True, slots=True)
class Term:
    """A content word: its root, the word as it stands in the text in lower case, and its place among all words."""

    root: str
    word: str
    place: int


@dataclass(frozen=True, slots=True)
class Quantity:
    """A value that can be compared: its kind, what it comes to, as it is written, and its place."""

    kind: str
    amount: str
    written: str
    place: int


@dataclass(frozen=True, slots=True)
class Claim:
    """A statement read: all its words, content words, quantities, and whether it denies."""

    words: tuple[str, ...]
    terms: tuple[Term, ...]
    quantities: tuple[Quantity, ...]
    denies: bool
    names: frozenset[str]


@lru_cache(maxsize=512)
def read_claim(text: str) -> Claim:
    """Read one statement; the result does not depend on anything but the text."""
    found = words(text)
    terms: list[Term] = []
    quantities: list[Quantity] = []
    acronyms = {each.lower() for each in _ACRONYM.findall(text)}
    denials, place = 0, 0
    while place < len(found):
        word = found[place]
        quantity, used = _quantity(found, place)
        if quantity is not None:
            quantities.append(quantity)
        elif word in DENIALS:
            denials += 1
        elif word in _SWITCHES and _is_state(found, place):
            terms.append(Term(word, word, place))
        elif not _SIGNS.fullmatch(word) and ((bare := _bare(word)) in acronyms or bare not in LIGHT):
            terms.append(Term(root(bare), bare, place))
        place += used
    return Claim(found, tuple(terms), tuple(quantities), denials % 2 == 1, _proper(text))


def _is_state(found: tuple[str, ...], place: int) -> bool:
    """Tell whether "on" or "off" says how something is, rather than where."""
    after = found[place + 1] if place + 1 < len(found) else ""
    return place > 0 and found[place - 1] in _BE | DENIALS and (not after or after in _BEFORE_MORE)


def _bare(word: str) -> str:
    return word.removesuffix("'s").removesuffix("'").strip("`")


def _quantity(found: tuple[str, ...], place: int) -> tuple[Quantity | None, int]:
    """Return the quantity that begins at a place, and how many words it takes."""
    word = found[place]
    lead, follower = found[place - 1] if place else "", found[place + 1] if place + 1 < len(found) else ""
    if word.startswith(("http://", "https://")):
        return Quantity("address", word.rstrip("/"), word, place), 1
    if _CLOCK.fullmatch(word):
        return Quantity("clock", word, word, place), 1
    if _DATE.fullmatch(word):
        return Quantity("date", word, word, place), 1
    if ordinal := _ORDINAL.fullmatch(word):
        return Quantity("ordinal", ordinal[1], word, place), 1
    if word.rstrip("s") in _DAYS:
        return Quantity("weekday", word.rstrip("s"), word, place), 1
    if money := _MONEY.fullmatch(word):
        return Quantity("money", f"{float(money[1]) * (1000 if money[2] else 1):g}", word, place), 1
    if not _PLAIN.fullmatch(word) or is_label(lead) or lead in _ENTRIES or follower in _NUMBERED:
        return None, 1
    if follower in _MONTHS:
        return Quantity("date", f"{word} {follower}", f"{word} {follower}", place), 2
    if _YEAR.fullmatch(word) and lead in {"in", "since", "of", "from", "until"}:
        return Quantity("year", word, word, place), 1
    if follower in _SCALES and word.count(".") < 2:
        kind, scale = _SCALES[follower]
        return Quantity(kind, f"{float(word) * scale:g}", f"{word} {follower}", place), 2
    return Quantity("number", word, word, place), 1


def _proper(text: str) -> frozenset[str]:
    """Return, in lower case, words that look like names: with a capital past the first word, a digit or a code sign."""
    bare = [word.strip("\"'([{«»}]).,;:!?`").removesuffix("'s") for word in text.split()]
    return frozenset(
        word.lower()
        for place, word in enumerate(bare)
        if word and (any(c.isupper() for c in word) or re.search(r"\d|[_/@#.-]", word)) and (place or word != "I")
    )
