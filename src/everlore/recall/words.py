"""Words: how text becomes tokens, and tokens become roots that stand for a family of forms.

A root is coarser than a Porter stem: `decide`, `decided` and `decision` share one, so do `config` and `configuration`.
It is used to compare texts in memory and never stored, so it may change between releases without a rebuild. The
full-text index keeps SQLite's own Porter stems; `forms` lists what a query must add to reach a family through them.

Invariants: `root` is pure and maps every form to one string; tokens are lower case.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from importlib.resources import files

from everlore.core.compounds import MIXED_CASE, UNSPACED, pairs, pieces

STOP_WORDS = frozenset(
    """a about above after again against all also am an and any are aren as at be because been before being
    below between both but by can cannot could couldn did didn do does doesn doing don down during each else
    ever few for from further had hadn has hasn have haven having he her here hers herself him himself his how i
    if in into is isn it its itself just ll let me might more most mustn my myself no nor not of off on once
    only or other our ours ourselves out over own re same shall shan she should shouldn so some such than that
    the their theirs them themselves then there these they this those through to too under until up upon us ve
    very was wasn we were weren what when where which while who whom whose why will with won would wouldn you
    your yours yourself yourselves s t d m""".split()  # noqa: SIM905
)

_WORD = re.compile(r"[^\W_]+")
_SPACED = {number: " " for number in range(128) if not chr(number).isalnum()}
_VOWEL = re.compile("[aeiouy]")
_INFLECTIONS = frozenset(("ings", "ing", "ies", "ied", "ed", "es", "s", "e"))
_SUFFIXES = (
    *("ization", "isation", "ational", "fulness", "ousness", "iveness", "ability", "ibility", "ations", "ation"),
    *("ition", "ments", "ment", "ness", "able", "ible", "ance", "ence", "ency", "ancy", "ings", "ing", "edly", "ies"),
    *("ied", "ers", "ors", "ists", "ions", "ion", "ive", "ity", "ize", "ise", "ist", "ial", "ful", "est", "er", "or"),
    *("ed", "es", "ism", "ly", "al", "e", "s"),
)


def _groups(name: str) -> list[list[str]]:
    text = files("everlore.recall").joinpath(name).read_text(encoding="utf-8")
    return [line.split() for line in text.splitlines() if line and not line.startswith("#")]


@cache
def _heads() -> dict[str, str]:
    """Return the head of each irregular form: `chose` to `choose`."""
    return {form: group[0] for group in _groups("irregular.txt") for form in group[1:]}


@cache
def _families() -> dict[str, tuple[str, ...]]:
    families: dict[str, tuple[str, ...]] = {}
    for group in _groups("irregular.txt"):
        for form in group:
            families[form] = tuple(dict.fromkeys((*families.get(form, ()), *group)))
    return families


@cache
def _synonyms() -> dict[str, tuple[str, ...]]:
    """Return for each root the words of its groups, each word once, in the order of the file."""
    found: dict[str, dict[str, None]] = {}
    for group in _groups("lexicon.txt"):
        for word in group:
            others = found.setdefault(root(word), {})
            others.update((other, None) for other in group if root(other) != root(word))
    return {word: tuple(others) for word, others in found.items()}


def tokens(text: str) -> list[str]:
    """Return the words of a text in order, lower case, and after them the pieces of its mixed-case identifiers.

    `set maxRetries` gives set, maxretries, max, retries. Scripts written without spaces give pairs of neighbours instead.
    """
    # Every candidate and neighbour of every question passes here; for ASCII, splitting takes half of what matching does.
    found = text.lower().translate(_SPACED).split() if text.isascii() else _wide_tokens(text.lower())
    if MIXED_CASE.search(text) is not None:
        for word in _WORD.findall(text):
            if not word.islower():
                found.extend(pieces(word))
    return found


def _wide_tokens(text: str) -> list[str]:
    paired = pairs(text)
    return [*_WORD.findall(UNSPACED.sub(" ", text)), *paired] if paired else _WORD.findall(text)


@lru_cache(maxsize=65536)
def root(word: str) -> str:
    """Return the root of a lower-case word."""
    stem = _heads().get(word, word)
    if len(stem) <= 3 or not stem.isascii() or not stem.isalpha():
        return stem
    whole = stem
    for _ in range(3):
        shorter = _strip(stem)
        if shorter is None:
            break
        stem = shorter
    if stem != whole and len(stem) > 3 and stem[-1] == stem[-2] and stem[-1] not in "aeiouls":
        stem = stem[:-1]
    if len(stem) > 5 and stem.endswith("at"):
        stem = stem[:-2]
    if len(stem) > 3 and stem[-1] == "y" and stem[-2] not in "aeiou":
        stem = stem[:-1]
    return stem[:-1] if len(stem) > 3 and stem[-1] == "i" else stem


def _strip(word: str) -> str | None:
    """Take the first ending that leaves enough: three letters after an inflection, four after a derivation."""
    for suffix in _SUFFIXES:
        if not word.endswith(suffix) or (suffix == "s" and word.endswith(("ss", "us", "is"))):
            continue
        rest = word[: -len(suffix)]
        if len(rest) < (3 if suffix in _INFLECTIONS else 4) or _VOWEL.search(rest) is None:
            continue
        return rest + "i" if suffix in ("ies", "ied") else rest
    return None


@lru_cache(maxsize=8192)
def roots(text: str) -> tuple[str, ...]:
    """Return the root of each word of a text, in order."""
    return tuple(map(root, tokens(text)))


def synonyms(word: str) -> tuple[str, ...]:
    """Return words that are often used for this one, from the built-in lexicon; none for an unknown word."""
    return _synonyms().get(root(word), ())


def forms(word: str) -> tuple[str, ...]:
    """Return the word and its irregular relatives, which a Porter stem does not join: `decision` brings `decide`."""
    return tuple(dict.fromkeys((word, *_families().get(word, ()))))
