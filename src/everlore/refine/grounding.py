"""Whether what a model said is in what it cites: names, numbers, identifiers, most of its words, and the right way round.

A claim cites the labels of sources that the model was given. It is refused with a reason where it cites nothing or a label
that was not given, or where the cited texts, and no others, do not hold

    numbers       each one, with its unit where both give one; "three" is 3, "1,000" is 1000, nothing is converted
    identifiers   what stands in backticks or has `_ / \\ . : @ # =` or digits inside, letter by letter but for case
    names         words with a capital; one at the start of a sentence only if neither it nor its family is in the source
    words         at least two in five of its content words
    polarity      a claim in the words of one cited sentence that denies what the sentence does not, or the other way round

Everything is compared in one spelling (NFKC, decimal digits of any script as ASCII), so that look-alike letters make another
name. Doubt refuses: a claim that is lost can be asked for again, one that was made up would be believed. Nothing here knows
a model or writes.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from everlore.graph.everyday import PROSE
from everlore.memory.wording import UNITS, group, words
from everlore.recall.words import STOP_WORDS, root

_LEAST = 0.4
_SAME = 0.85
_NUMBER = re.compile(r"[-+]?[$€£]?\d+(?:[.,:]\d+)*%?")
_CODE = re.compile(r"[^\W_][_/\\.:@#=][^\W_]|^(?:--?|[/~.@#$])[^\W\d_]|\d")
_NAME = re.compile(r"[^\W\d_](?:[^\W_]|['’-](?=[^\W_]))*")
_OPENING = re.compile(r"(?:^|[.!?:;\n\"“(]|^\s*[-*+>]|\d[.)])\s*[\"“(*_`]*$")
_SENTENCE = re.compile(r"(?<=[.!?;])\s+|\n+")
_DENYING = group("not no never nobody nothing neither nor none cannot without nowhere")
_OPENERS = STOP_WORDS | PROSE | group(
    """
    use using run running keep keeping avoid prefer always never set setting make ensure add remove store write read check
    try start stop call called let put get take give ask tell note rule decision decided team project user users people
    today currently previously instead whenever every either neither both since unless until although though rather
    please someone everyone everybody everything nobody none given based due according known must shall may might also only
    """
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Claim:
    """What a model states, and the labels of the sources that it cites for it."""

    text: str
    sources: Sequence[str]


def objection(claim: Claim, given: Mapping[str, str]) -> str:
    """Return why a claim is refused, empty if it is not; `given` are the texts by the labels that the model saw."""
    if not claim.text.strip():
        return "it says nothing"
    if not claim.sources:
        return "it cites nothing"
    if unknown := [label for label in claim.sources if label not in given]:
        return f"it cites {_shown(unknown)}, which was not given"
    return unsupported(claim.text, [given[label] for label in dict.fromkeys(claim.sources)])


def unsupported(text: str, cited: Sequence[str], *, short: bool = False) -> str:
    """Return what in a text is not in the cited ones, empty if all is; a `short` text, such as a title, may be in other words."""
    claim, source = _spelled(text), _read("\n".join(cited))
    said = words(claim)
    for sort, missing in (
        ("the number", _numbers(said, source)),
        ("the identifier", _identifiers(said, source)),
        ("the name", _names(claim, source)),
    ):
        if missing:
            return f"{sort} {_shown(missing)} is not in what it cites"
    content = _content(said)
    if content and not short and sum(map(source.has, content)) < _LEAST * len(content):
        return "most of its words are not in what it cites"
    return "" if short else _turned(said, content, cited)


@dataclass(frozen=True, slots=True)
class _Source:
    text: str
    words: tuple[str, ...]
    known: frozenset[str]
    roots: frozenset[str]
    numbers: frozenset[tuple[str, str]]

    def has(self, word: str) -> bool:
        return word in self.known or root(word) in self.roots


@lru_cache(maxsize=64)
def _read(text: str) -> _Source:
    spelled = _spelled(text)
    said = words(spelled)
    plain = {match[0].casefold() for match in _NAME.finditer(spelled)}
    parts = {part for word in plain | set(said) for part in re.split(r"[-'’]", word)}
    known = frozenset(plain | parts | {word.strip("`") for word in said})
    roots = frozenset(map(root, known))
    return _Source(spelled.casefold(), said, known, roots, frozenset(_measured(said)))


def _spelled(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text)
    return "".join(
        str(unicodedata.decimal(char)) if char.isdecimal() and not char.isascii() else char for char in folded
    )


def _measured(said: Sequence[str]) -> list[tuple[str, str]]:
    """Return each number with the unit behind it, empty where there is none."""
    following = (*said[1:], "")
    return [
        (word.rstrip("%"), "percent" if word.endswith("%") else then if then in UNITS else "")
        for word, then in zip(said, following, strict=False)
        if _NUMBER.fullmatch(word)
    ]


def _numbers(said: Sequence[str], source: _Source) -> list[str]:
    values: dict[str, set[str]] = {}
    for value, unit in source.numbers:
        values.setdefault(value, set()).add(unit)
    missing = []
    for value, unit in _measured(said):
        units = values.get(value, set())
        # without a unit in the source the claim must bring none that is written nowhere
        fits = unit in units or (units and not unit) or ("" in units and unit in source.words)
        if not fits and (units or not _stands(value, source.text)):
            missing.append(f"{value} {unit}".strip())
    return missing


def _identifiers(said: Sequence[str], source: _Source) -> list[str]:
    missing = []
    for word in said:
        inner = word.strip("`").casefold()
        coded = word.startswith("`") or (_CODE.search(inner) and not _NUMBER.fullmatch(inner))
        if coded and inner and inner not in source.known and not _stands(inner, source.text):
            missing.append(inner)
        elif "-" in inner and not coded:
            missing += [
                part for part in inner.split("-") if len(part) > 3 and part not in _OPENERS and not source.has(part)
            ]
    return missing


def _stands(piece: str, text: str) -> bool:
    """Tell whether a piece stands in a text, not as a part of a longer word or number."""
    return re.search(rf"(?<![^\W_]){re.escape(piece)}(?![^\W_])(?![.,]\d)", text) is not None


def _names(claim: str, source: _Source) -> list[str]:
    missing = []
    for match in _NAME.finditer(claim):
        word, name = match[0], re.sub(r"['’]s?$", "", match[0]).casefold()
        if word == word.lower() or name in source.known or _plural(name, source.known) or name == "i":
            continue
        capital = word[1:] == word[1:].lower() and word[:1].isupper()
        if capital and _OPENING.search(claim[: match.start()]) and (name in _OPENERS or root(name) in source.roots):
            continue
        if all(part in source.known for part in re.split(r"[-'’]", name)) or source.has(
            words(name)[0] if words(name) else name
        ):
            continue
        missing.append(word)
    return missing


def _plural(name: str, known: frozenset[str]) -> bool:
    return f"{name}s" in known or (name.endswith("s") and len(name) > 3 and name[:-1] in known)


def _content(said: Sequence[str]) -> list[str]:
    return [word.strip("`") for word in said if word not in STOP_WORDS and any(map(str.isalnum, word))]


def _turned(said: Sequence[str], content: Sequence[str], cited: Sequence[str]) -> str:
    """Return that a claim denies what a sentence in its own words says, or says what the sentence denies."""
    rest = [word for word in content if word not in _DENYING]
    if not rest:
        return ""
    sentences = (part for text in cited for part in _SENTENCE.split(_spelled(text)) if part.strip())
    alike = [one for one in map(_read, sentences) if sum(map(one.has, rest)) >= _SAME * len(rest)]
    claimed = frozenset(map(root, rest))
    return "it turns round what it cites" if alike and not any(_agree(said, claimed, one) for one in alike) else ""


def _agree(said: Sequence[str], claimed: frozenset[str], one: _Source) -> bool:
    """Tell whether a claim and a sentence deny the same of what both speak of."""
    mine, theirs = _denied(said), [word for word in _denied(one.words) if not word or word in claimed]
    if all(word in one.roots for word in mine):
        return set(mine) == set(theirs)
    return len(mine) % 2 == len(theirs) % 2


def _denied(said: Sequence[str]) -> list[str]:
    """Return the root of the first word of weight behind each denial, empty where none follows."""
    return [
        next((root(then) for then in said[at + 1 :] if then not in STOP_WORDS and then not in _DENYING), "")
        for at, word in enumerate(said)
        if word in _DENYING
    ]


def _shown(found: Sequence[str]) -> str:
    return ", ".join(dict.fromkeys(found[:3]))
