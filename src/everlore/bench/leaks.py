"""Refusing data that gives its answers away: gold items that can be told from the rest by their ids alone.

A benchmark whose evidence sessions are all called `answer_...` measures whoever indexes ids. So features of the id that
say nothing about content (what stands before the first digit, the shape of its characters, the length) are looked at one
by one: if one of them picks out nearly all gold items and nearly no other, the data is refused. A value of a feature
counts only when several items share it, so that ids which are all different prove nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from everlore.core.errors import InvalidInput

_ENOUGH_GOLD = 8
_ENOUGH_OTHER = 20
_SHARED = 4
_CAUGHT = 0.95
_FALSE = 0.01

_FEATURES: dict[str, Callable[[str], str]] = {
    "the text before the first digit": lambda name: re.split(r"\d", name, maxsplit=1)[0].lower(),
    "the text after the last digit": lambda name: re.split(r"\d", name)[-1].lower(),
    "the shape": lambda name: re.sub(r"9+", "9", re.sub(r"\d", "9", re.sub(r"[^\W\d_]+", "a", name))),
    "the letter case": lambda name: f"{name.isupper()}{name.islower()}",
    "the length": lambda name: str(len(name)),
}


def refuse_telling_ids(what: str, gold: Iterable[str], other: Iterable[str]) -> None:
    """Raise `InvalidInput` if ids alone tell gold items from the others; `what` names the kind of item."""
    chosen, rest = list(gold), list(other)
    if len(chosen) < _ENOUGH_GOLD or len(rest) < _ENOUGH_OTHER:
        return
    for name, feature in _FEATURES.items():
        if _separates([feature(item) for item in chosen], [feature(item) for item in rest]):
            raise InvalidInput(
                f"{name} of {what} ids tells the {len(chosen)} gold ones from the {len(rest)} others, such as {chosen[0][:40]!r}",
                field="data",
                hint="give all items ids of one form; a score on this data would measure the ids",
            )


def _separates(gold: Sequence[str], other: Sequence[str]) -> bool:
    """Tell whether values of a feature split the two lists, told by the values either of them shares among its items."""
    in_gold, in_other = Counter(gold), Counter(other)

    def share(counts: Counter[str], values: set[str]) -> float:
        return sum(counts[value] for value in values) / counts.total()

    marks = {v for v, n in in_gold.items() if n >= _SHARED and n / len(gold) > in_other[v] / len(other)}
    plain = {v for v, n in in_other.items() if n >= _SHARED and n / len(other) > in_gold[v] / len(gold)}
    by_gold = share(in_gold, marks) >= _CAUGHT and share(in_other, marks) <= _FALSE
    by_other = share(in_other, plain) >= 1 - _FALSE and share(in_gold, plain) <= 1 - _CAUGHT
    return by_gold or by_other
