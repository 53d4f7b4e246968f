"""What a statement is to one that is already kept: the same, the same in other clothes, a changed value, or another thing.

Two statements are compared word by word. They are *the same* when only case, spacing, articles, politeness or the order
of punctuation differ. The new one *changes a value* when all that differs is numbers, versions, addresses or dates that
stand where a value stands ("port 6380" and "port 6390"), not where a name stands ("worker 1" and "worker 2"). A
difference in a negation, a name or any other word makes it another statement, and another statement is never merged.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

Relation = Literal["same", "value", "other"]

_TOKEN = re.compile(r"https?://\S+|[\w@#$%&+~][\w./:@#%&+~'’-]*", re.UNICODE)
_HAS_DIGIT = re.compile(r"\d")
_SPACES = re.compile(r"\s+")
_TRAILING = ".,:;!?'’-/"

_EMPTY = frozenset(
    "a an the please also just so very really quite that this these those there then now currently actually basically "
    "remember note fyi ok okay well and hereby already still yes".split()
)
_NEGATIONS = frozenset(
    "not no never none nobody nothing neither nor without cannot can't don't doesn't didn't won't shouldn't mustn't isn't "
    "aren't wasn't weren't wouldn't couldn't hasn't haven't hadn't stop avoid unless except only but instead dont cant wont".split()
)
_CUES = frozenset(
    "is are was were be = == : to at on in of from by until after before within over under up per than equals uses use using runs "
    "run listens serves takes allows has have get gets set sets sits lives costs needs need wait waits every port "
    "limit limits timeout time-out version size budget rate interval count max maximum min minimum ttl deadline price "
    "default cap threshold window retries attempts workers replicas threads seconds minutes hours days v".split()
)
_LABELS = frozenset(
    "worker server node step phase issue ticket bug pr pull task item case test chapter section part figure table row column line "
    "page question rule layer level tier room floor gate track team unit shard replica channel sprint release milestone iteration "
    "episode season python java node.js q quarter class grade type option plan version-of".split()
)


@dataclass(frozen=True, slots=True)
class Comparison:
    """How a new statement relates to an old one. `similarity` is 0 to 1; `why` says it in words a person can check."""

    relation: Relation
    similarity: float
    why: str


def normalize(text: str) -> str:
    """Return the form in which two texts that differ in case, spacing and typography alone are equal."""
    folded = unicodedata.normalize("NFKC", text).casefold().replace("’", "'").replace("“", '"').replace("”", '"')
    return _SPACES.sub(" ", folded).strip().rstrip(".!").rstrip()


def words(text: str) -> list[str]:
    """Return the words of a text that can make a difference, case-folded; articles and fillers are left out."""
    found = []
    for token in _TOKEN.findall(unicodedata.normalize("NFKC", text).replace("’", "'")):
        trimmed = token.rstrip(_TRAILING)
        if trimmed == "A" and found:
            found.append("A")
        elif trimmed and trimmed.casefold() not in _EMPTY:
            found.append(trimmed.casefold())
    return found


def compare(new: str, old: str) -> Comparison:
    """Return what the statement `new` is to the statement `old`."""
    if normalize(new) == normalize(old):
        return Comparison("same", 1.0, "the same text")
    after, before = words(new), words(old)
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    similarity = round(matcher.ratio(), 4)
    differences = [(before[a:b], after[c:d], a) for tag, a, b, c, d in matcher.get_opcodes() if tag != "equal"]
    if not differences:
        return Comparison("same", similarity, "the same words; only articles or punctuation differ")
    if any(_NEGATIONS.intersection(gone) or _NEGATIONS.intersection(come) for gone, come, _ in differences):
        return Comparison("other", similarity, "a negation differs")
    if all(_same_inflection(gone, come) for gone, come, _ in differences):
        return Comparison("same", similarity, "the same words but for their endings")
    changed = [(gone, come) for gone, come, _ in differences if not _same_inflection(gone, come)]
    if all(_is_value(before, gone, come, at) for gone, come, at in differences if not _same_inflection(gone, come)):
        spelled = ", ".join(f"{' '.join(gone)} is now {' '.join(come)}" for gone, come in changed)
        return Comparison("value", similarity, f"the same statement with another value: {spelled}")
    return Comparison("other", similarity, "other words differ")


def _is_value(before: list[str], gone: list[str], come: list[str], at: int) -> bool:
    """Tell whether numbers were replaced by numbers in a place where a value stands."""
    if not gone or len(gone) != len(come) or len(gone) > 2:
        return False
    for old, new in zip(gone, come, strict=True):
        if old == new:
            continue
        if not (_HAS_DIGIT.search(old) and _HAS_DIGIT.search(new)):
            return False
        if old.rstrip("0123456789.,:") != new.rstrip("0123456789.,:") and not (old[0].isdigit() and new[0].isdigit()):
            return False
    lead = before[at - 1] if at else ""
    return bool(lead) and lead not in _LABELS and (lead in _CUES or any(word in _CUES for word in before[:at]))


def _same_inflection(gone: list[str], come: list[str]) -> bool:
    """Tell whether two words differ only in a plural or third-person ending."""
    if len(gone) != 1 or len(come) != 1 or _HAS_DIGIT.search(gone[0] + come[0]):
        return False
    short, long = sorted((gone[0], come[0]), key=len)
    return len(short) > 3 and long in {short + "s", short + "es"}
