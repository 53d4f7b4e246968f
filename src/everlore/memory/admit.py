"""What a statement is to one that is already kept: the same, a changed value of it, or another thing.

Two statements are compared word by word, in one spelling (`wording`). They are *the same* when nothing differs, or only
endings, hyphens, a "this" or "our" more or less, or the place of one phrase. The new one *changes a value* when all that
differs is values where values stand (`values`). Four checks object to everything else: a negation differs, a number, an
identifier, or the subject, which is any other word. A statement with an objection is never merged, however much is alike.
Doubt means another one: two memories that say the same do less harm than one that hides the truth.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Literal

from everlore.memory.opposites import NEGATIONS, opposite
from everlore.memory.values import is_number, is_value
from everlore.memory.wording import NAMING, group, names, names_something, normalize, same_letters, words

Relation = Literal["same", "value", "other"]
Check = Literal["negation", "number", "identifier", "subject"]

THRESHOLD = 0.85
"""How similar two statements must be, with no objection, to be one."""
FLOOR = 0.5
"""How similar they must be to be worth showing to a person."""
_LONGEST = 400  # words in the part that differs; beyond it words are only counted
_SHORT = 8  # words up to which two statements may be the same although most of them end otherwise
_NAMED = 4  # differing words named in a reason
_POINTING = group("this that these those")
_SOFT = group("our its we you your that which")
_AUXILIARY = group("do does did")
_MOVABLE = group("on in at from after before during when if because within under every each for to")
_CODE_NAME = re.compile(r"\w[_./\\:@#-]\w|^[#@`$./~-]|[a-z]\d|\d[a-z]|[()<>={}\[\]]")
_CODE_LINE = re.compile(r"[;{]\s*$|</\w+>|\w\([^)\s]")


@dataclass(frozen=True, slots=True)
class Comparison:
    """How a new statement relates to an old one. `similarity` is 0 to 1; `why` says it in words a person can check.

    `differs` are the checks that object to taking the two for one.
    """

    relation: Relation
    similarity: float
    why: str
    differs: tuple[Check, ...] = ()

    def duplicates(self, threshold: float) -> bool:
        """Tell whether the two say the same, or are as similar as that with nothing to object to."""
        return self.relation == "same" or (not self.differs and self.similarity >= threshold)


@dataclass(frozen=True, slots=True)
class _Difference:
    """Words `gone` from one statement, at place `at` in it, and words that `come` instead in the other."""

    gone: tuple[str, ...]
    come: tuple[str, ...]
    at: int


@lru_cache(maxsize=32)
def compare(new: str, old: str) -> Comparison:
    """Return what the statement `new` is to the statement `old`."""
    if normalize(new) == normalize(old):
        return Comparison("same", 1.0, "the same text")
    # Aligning is not symmetric, the judgement has to be: the two are always aligned in the same order.
    before, after = sorted((words(new), words(old)))
    differences, matching = _differences(before, after)
    similarity = _share(matching, before, after)
    if differences is None:
        return Comparison("other", similarity, "much differs", ("subject",))
    if new.rstrip().endswith("?") != old.rstrip().endswith("?"):
        return Comparison("other", similarity, "one asks and the other states", ("subject",))
    if not differences:
        return Comparison("same", similarity, "the same words; only spelling, articles or punctuation differ")
    if _moved(before, after):
        return Comparison("same", 1.0, "the same words, with one phrase in another place")
    if similarity < FLOOR and max(len(before), len(after)) > _SHORT:
        return Comparison("other", similarity, "much differs", ("subject",))
    named = names(new) | names(old)
    heavy = [d for d in differences if not _is_light(d, before, named) and not _only_quoted(d, new, old)]
    matching += sum(max(len(d.gone), len(d.come)) for d in differences if d not in heavy)
    similarity = min(1.0, _share(matching, before, after))
    if not heavy:
        return Comparison("same", similarity, "the same words but for their endings")
    found = _objections(heavy)
    if not found:
        relation: Relation = "same" if similarity >= THRESHOLD else "other"
        return Comparison(relation, similarity, "only small words differ")
    code = _CODE_LINE.search(old) or _CODE_LINE.search(new)
    if "negation" not in found and not code and all(is_value(before, d.gone, d.come, d.at) for d in heavy):
        changes = [(d.gone, d.come) if before == words(old) else (d.come, d.gone) for d in heavy]
        spelled = ", ".join(f"{' '.join(gone)} is now {' '.join(come)}" for gone, come in changes)
        return Comparison("value", similarity, f"the same statement with another value: {spelled}", tuple(found))
    return Comparison("other", similarity, _reason(found), tuple(found))


def _share(matching: int, before: Sequence[str], after: Sequence[str]) -> float:
    total = len(before) + len(after)
    return round(2 * matching / total, 4) if total else 1.0


def _differences(before: Sequence[str], after: Sequence[str]) -> tuple[list[_Difference] | None, int]:
    """Return where two lists of words differ, None when too much does, and how many words they share."""
    head = next(
        (n for n, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), min(len(before), len(after))
    )
    rest = min(len(before), len(after)) - head
    tail = next((n for n in range(rest) if before[-1 - n] != after[-1 - n]), rest)
    left, right = before[head : len(before) - tail], after[head : len(after) - tail]
    if max(len(left), len(right)) > _LONGEST:
        return None, head + tail + sum((Counter(left) & Counter(right)).values())
    matcher = SequenceMatcher(None, left, right, autojunk=False)
    found = [
        _Difference(tuple(left[a:b]), tuple(right[c:d]), head + a)
        for tag, a, b, c, d in matcher.get_opcodes()
        if tag != "equal"
    ]
    return found, head + tail + sum(block.size for block in matcher.get_matching_blocks())


def _moved(before: Sequence[str], after: Sequence[str]) -> bool:
    """Tell whether one phrase went from the end to the front or back, in statements that negate and restrict nothing."""
    if not 4 <= len(before) == len(after) <= _LONGEST or NEGATIONS.intersection(before):
        return False
    front, back = (after, before) if after[0] in _MOVABLE else (before, after)
    if front[0] not in _MOVABLE or back[0] in _MOVABLE:
        return False
    return any(back[at] == front[0] and (*back[at:], *back[:at]) == tuple(front) for at in range(2, len(back) - 1))


def _is_light(difference: _Difference, before: Sequence[str], named: set[str]) -> bool:
    """Tell whether a difference says nothing: endings of words, a hyphen, or a "this" more or less."""
    gone, come = difference.gone, difference.come
    if not gone or not come:
        return len(gone) + len(come) == 1 and _POINTING.issuperset((*gone, *come))
    lead = before[difference.at - 1] if difference.at else ""
    after = difference.at + len(gone)
    follower = before[after] if after < len(before) else ""
    if same_letters(gone, come):
        return lead not in NAMING and not names_something(follower)
    if len(gone) != len(come) or len(gone) > 2 or named.intersection((*gone, *come)):
        return False
    leads, followers = (lead, *gone), (*gone[1:], follower)
    return all(
        a == b or (first not in NAMING and not names_something(then) and same_inflection(a, b))
        for a, b, first, then in zip(gone, come, leads, followers, strict=False)
    )


def _only_quoted(difference: _Difference, new: str, old: str) -> bool:
    """Tell whether one code word stands in backticks here and, in the same case, without them there."""
    if len(difference.gone) != 1 or len(difference.come) != 1:
        return False
    quoted, bare = sorted((difference.gone[0], difference.come[0]), key=lambda word: word[0] != "`")
    inside = quoted.strip("`")
    if not quoted.startswith("`") or inside.lower() != bare:
        return False
    return all(re.search(rf"(?<!\w){re.escape(inside)}(?!\w)", text) for text in (new, old))


def same_inflection(one: str, other: str) -> bool:
    """Tell whether two words differ in a plural or third-person ending only."""
    short, long = sorted((one, other), key=len)
    return len(short) > 2 and one.isalpha() and short.isascii() and long in {short + "s", short + "es"}


def _objections(differences: Sequence[_Difference]) -> dict[Check, list[str]]:
    """Return what each check objects to, the check that weighs most first; nothing when only small words differ."""
    found: dict[Check, list[str]] = {"negation": [], "number": [], "identifier": [], "subject": []}
    for difference in differences:
        gone, come = difference.gone, difference.come
        if (not gone or not come) and _SOFT.issuperset((*gone, *come)):
            continue
        turned = {word for one in gone for other in come if opposite(one, other) for word in (one, other)}
        denied = not NEGATIONS.isdisjoint((*gone, *come))
        for word in (*gone, *come):
            if denied and word in _AUXILIARY:
                continue
            found["negation" if word in turned or word in NEGATIONS else _kind(word)].append(word)
    return {check: said for check, said in found.items() if said}


def _kind(word: str) -> Check:
    if is_number(word) and not re.search(r"[^\W\d_]{2}", word):
        return "number"
    return "identifier" if _CODE_NAME.search(word) else "subject"


def _reason(found: dict[Check, list[str]]) -> str:
    """Return the reason in words: the first check by name, with the words it found."""
    article = {"negation": "a negation differs", "number": "a number differs", "identifier": "an identifier differs"}
    parts = [f"{article.get(check, 'another subject')}: {_some(said)}" for check, said in found.items()]
    return "; ".join(parts)


def _some(said: Iterable[str]) -> str:
    each = list(dict.fromkeys(said))
    return ", ".join(each[:_NAMED]) + (", ..." if len(each) > _NAMED else "")
