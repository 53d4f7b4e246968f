"""Search while somebody still types: every word must be there, the last one as far as it is written.

Recall answers an agent's question, weighs what it finds and may withhold. Here a person looks for something they half know:
all that has the words comes, best first, and nothing is withheld. The last word stands for the commonest words that begin
with it, taken from the table of terms, so that two letters cost no more than a word. Where no passage has all words, those
with any come; where a model has read the question, what is near in meaning comes behind what has the words.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from everlore.recall.gather import Meaning, Scope, is_seen, lineages, nodes_of, read_passages, visible
from everlore.recall.words import root, tokens

if TYPE_CHECKING:
    from everlore.store.contract import Row, Unit

COMPLETIONS = 6
"""Words that the beginning of one may stand for, the commonest first."""

_COMMON = 12_000
"""Passages that a question may promise before the newest of them are taken instead of all being weighed."""

_ENDINGS = ("", "s", "e", "ing", "ment", "ed", "er", "ion", "al", "y")
_NEAR = 40
_SNIPPET = 260
_WORD = re.compile(r"[\w\u0300-\u036f]+")
_TITLED, _MEMORY = 0.6, 0.15
"""What a score of at most 1 gains by all words standing in the title, and by being a memory."""


@dataclass(frozen=True, slots=True)
class Typed:
    """A query as it is read: whole words, and the beginning of one with what it may stand for."""

    words: tuple[str, ...]
    begun: str = ""
    completions: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether there is nothing to look for."""
        return not self.words and not self.begun


@dataclass(frozen=True, slots=True)
class Hit:
    """One memory or turn: the passage of it that was found, and what its score consists of."""

    row: Row
    score: float
    parts: dict[str, float] = field(default_factory=dict)

    @property
    def item(self) -> str:
        """The id of the memory or the turn."""
        return str(self.row[12] or self.row[3])


def read_typed(unit: Unit, text: str) -> Typed:
    """Read what was typed so far; a space at the end says that the last word is whole."""
    words = [word for word in tokens(text) if word]
    if not words or not text or text[-1].isspace() or not (text[-1].isalnum() or text[-1] == "_"):
        return Typed(tuple(dict.fromkeys(words)))
    begun = _WORD.findall(text.lower())[-1]
    rest = [word for word in words if word != begun]
    return Typed(tuple(dict.fromkeys(rest)), begun, _complete(unit, begun))


def _complete(unit: Unit, begun: str) -> tuple[str, ...]:
    """Return the commonest terms that begin so. Terms are stems: a word written further than its stem finds that."""
    plain = "".join(c for c in unicodedata.normalize("NFD", begun) if not unicodedata.combining(c))
    for length in range(len(plain), max(len(plain) - 4, min(2, len(plain)) - 1), -1):
        low = plain[:length]
        found = [row[0] for row in unit.rows("terms_begun", low=low, high=low + "\U0010ffff", limit=COMPLETIONS)]
        if found:
            return tuple(found)
    return ()


def find_typed(
    unit: Unit,
    typed: Typed,
    scope: Scope,
    places: Sequence[int],
    meaning: Meaning | None,
    limit: int,
    state: str = "active",
) -> list[Hit]:
    """Return hits of at most `limit` passages, best first, each memory or turn once.

    `places` are namespaces (row ids) of which any will do, all where there are none. In another `state` than active there are
    memories alone, as they read last.
    """
    anywhere = " OR ".join(f'"n{place}"' for place in places)
    within = f" AND scope : ({anywhere})" if places else ""
    scores: dict[int, float] = {}
    for how in ("AND", "OR"):
        match = _match(unit, typed, how)
        if match is None:
            break
        words = f"({match}){within}"
        scores = _search(
            unit, scope.match(words) if state == "active" else scope.within(words), _promised(unit, typed, how), limit
        )
        if scores or len(typed.words) + bool(typed.begun) < 2:
            break
    near = _nearest(unit, scope, places, meaning)
    rows = read_passages(unit, [*scores, *(passage for passage in near if passage not in scores)])
    nodes = lineages(unit, rows.values(), scope)
    if state == "active":
        shown, _ = visible(unit, list(rows.values()), scope, nodes)
    else:
        shown = [row for row in rows.values() if row[34] == state and row[35] and is_seen(row, scope.sight, nodes)]
    best = max(scores.values(), default=1.0) or 1.0
    hits = [_hit(row, typed, scores.get(row[0], 0.0) / best, near.get(row[0], 0.0)) for row in shown]
    return _one_of_each(sorted(hits, key=lambda hit: (-hit.score, -hit.row[0])))


def _one_of_each(hits: Iterable[Hit]) -> list[Hit]:
    found: dict[str, Hit] = {}
    for hit in hits:
        found.setdefault(hit.item, hit)
    return list(found.values())


def _match(unit: Unit, typed: Typed, how: str) -> str | None:
    """Return the full-text query; None where there is nothing to ask for, or a word of it is nowhere begun."""
    asked = [f'"{word}"' for word in typed.words]
    if typed.begun:
        begun = dict.fromkeys((typed.begun, *(_spelled(unit, stem) for stem in typed.completions)))
        asked.append("(" + " OR ".join(f'"{word}"' for word in begun) + ")")
    return "- {scope marks} : (" + f" {how} ".join(asked) + ")" if asked else None


def _spelled(unit: Unit, stem: str) -> str:
    """Return a word of which this is the stem. The index stems what it is asked for, and the stem of a stem may be another."""
    return next((stem + ending for ending in _ENDINGS if unit.stems(stem + ending) == [stem]), stem)


def _promised(unit: Unit, typed: Typed, how: str) -> int:
    """Return how many passages at most have the words: of all words those of the rarest, of any those of all."""
    stem_of = {word: stems[0] for word in typed.words if (stems := unit.stems(word))}
    wanted = sorted({*stem_of.values(), *typed.completions})
    known: dict[str, int] = dict(unit.rows("term_frequencies", terms=json.dumps(wanted)))
    counts = [known.get(stem, 0) for stem in stem_of.values()]
    if typed.begun:
        counts.append(sum(known.get(term, 0) for term in typed.completions))
    return (min if how == "AND" else sum)(counts) if counts else 0


def _search(unit: Unit, match: str | None, promised: int, limit: int) -> dict[int, float]:
    """Return passages with their scores; of what is too common to be weighed the newest, which is what is looked for then."""
    if promised > _COMMON:
        rows = unit.rows("match_newest", match=match, limit=limit)
        return {row[0]: 1.0 - place / (2 * limit) for place, row in enumerate(rows)}
    found: dict[int, float] = dict(unit.rows("search", match=match, limit=limit, text=1.0, speaker=0.5, date=0.3))
    return found


def _nearest(unit: Unit, scope: Scope, places: Sequence[int], meaning: Meaning | None) -> dict[int, float]:
    """Return the passages nearest in meaning, each with what its place among them is worth."""
    if meaning is None:
        return {}
    nodes = nodes_of(unit, scope)
    for place in places:
        nodes = (nodes or set()) | {row[0] for row in unit.rows("namespaces_below", pattern=f"% {place} %")}
    return {passage: 1 - at / _NEAR for at, passage in enumerate(meaning.near(unit, nodes, _NEAR))}


def _hit(row: Row, typed: Typed, words: float, meaning: float) -> Hit:
    parts = {"words": round(words, 4)}
    if meaning:
        parts["meaning"] = round(0.5 * meaning, 4)
    if row[12] is not None:
        parts["memory"] = _MEMORY
        if row[18] and words and _has_all(row[18], typed):
            parts["title"] = _TITLED
    return Hit(row, round(sum(parts.values()), 4), parts)


def _has_all(text: str, typed: Typed) -> bool:
    each = [Typed((word,)) for word in typed.words]
    if typed.begun:
        each.append(Typed((), typed.begun, typed.completions))
    return all(marks(text, one) for one in each)


def snippet(text: str, typed: Typed) -> tuple[str, list[list[int]]]:
    """Return the part of a text where most of the words stand, and where in it they do, as start and end in characters."""
    found = marks(text, typed)
    if len(text) <= _SNIPPET:
        return text, found
    begin = 0
    if found:
        at = max(range(len(found)), key=lambda i: sum(1 for s, _ in found[i:] if s < found[i][0] + _SNIPPET - 40))
        begin = max(0, found[at][0] - 40)
        while begin and begin < len(text) and not text[begin - 1].isspace() and begin > found[at][0] - 60:
            begin -= 1
    end = min(len(text), begin + _SNIPPET)
    before, after = "… " if begin else "", " …" if end < len(text) else ""
    shift = len(before) - begin
    inside = [[s + shift, e + shift] for s, e in found if s >= begin and e <= end]
    return f"{before}{text[begin:end]}{after}", inside


def marks(text: str, typed: Typed) -> list[list[int]]:
    """Return where the words stand in a text, as start and end in characters."""
    stems = {root(word) for word in typed.words}
    begun = _plain(typed.begun)
    return [list(match.span()) for match in _WORD.finditer(text) if _is_word(match[0], typed, stems, begun)]


def _is_word(written: str, typed: Typed, stems: set[str], begun: str) -> bool:
    word = _plain(written)
    if word in typed.words or root(written.lower()) in stems:
        return True
    # a word that is written further than its stem stands for the stem's other forms
    return bool(begun) and (
        word.startswith(begun) or (begun.startswith(word) and word.startswith(typed.completions or "\0"))
    )


def _plain(word: str) -> str:
    lower = word.lower()
    return (
        lower
        if lower.isascii()
        else "".join(c for c in unicodedata.normalize("NFD", lower) if not unicodedata.combining(c))
    )
