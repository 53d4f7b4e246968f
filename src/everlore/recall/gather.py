"""Gathering candidates: each arm asks the store for passages, inside the scope, and all are read in one snapshot.

Arms: the question's own words, words often used in their place, standing instructions, and, with a model, meaning. In a
large store the words are taken rarest first until the passages they promise reach the recipe's budget, so that the cost
does not grow with common words; ranking then reads all words of the question in the passages that came.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from everlore.core.cut import PIECE
from everlore.core.marks import marks
from everlore.recall.candidates import Candidate, Vocabulary
from everlore.recall.question import Question
from everlore.recall.recipes import Recipe
from everlore.store.contract import Row, Unit
from everlore.store.index import OLD


@dataclass(frozen=True, slots=True)
class Scope:
    """What may be seen: the row id of a namespace (None for all), kinds, and the moment to look from.

    `since` and `until` are Unix milliseconds: only what was true at some moment of the half-open range is found. Without
    them the present is meant and what was superseded is left out.
    """

    namespace: int | None = None
    kinds: tuple[str, ...] = ()
    since: int | None = None
    until: int | None = None

    @property
    def historic(self) -> bool:
        """Whether another moment than the present is asked about."""
        return self.until is not None

    def match(self, words: str | None) -> str | None:
        """Return the full-text query of some words inside this scope; None when there are no words."""
        if words is None:
            return None
        parts = [f'scope : "n{self.namespace}"'] if self.namespace is not None else []
        if self.kinds:
            parts.append("scope : (" + " OR ".join(f'"k{kind}"' for kind in self.kinds) + ")")
        query = " AND ".join([f"({words})", *parts])
        return query if self.historic else f'({query}) NOT scope : "{OLD}"'


@dataclass(frozen=True, slots=True)
class Gathered:
    """The candidates of all arms, what the store knows of the question's words, and which arm brought how many."""

    candidates: list[Candidate]
    vocabulary: Vocabulary
    arms: Mapping[str, int]


class Meaning(Protocol):
    """The arm of a question that a model has read."""

    def near(self, unit: Unit, namespace: int | None, limit: int) -> list[int]:
        """Return the ids of the passages nearest in meaning, inside a namespace's subtree."""
        ...

    def score(self, unit: Unit, passages: Sequence[int]) -> Mapping[int, tuple[float, float, float]]:
        """Return (maxsim, pooled, around) of those passages that have vectors, as `Candidate` describes them."""
        ...


def gather(unit: Unit, question: Question, scope: Scope, recipe: Recipe, meaning: Meaning | None = None) -> Gathered:
    """Return the candidates for a question, each passage once."""
    frequencies = _frequencies(unit, question)
    passages = unit.value("passage_count")
    own = [form for term in question.terms for form in term.forms]
    stems = {term.root for term in question.terms}
    related = [word for term in question.terms for word in term.synonyms if word not in own and word not in stems]
    widest = recipe.budget if passages > recipe.small else passages * 1000
    match_own = _any_of(_rarest(own, frequencies, widest))
    match_related = _any_of(_rarest(related, frequencies, widest // 2))
    found: dict[int, float | None] = {}
    arms = {}
    for name, words, limit in (("words", match_own, recipe.limit), ("related", match_related, recipe.limit_related)):
        before = len(found)
        match = scope.match(words)
        for passage, score in _search(unit, match, limit, recipe) if match and limit else ():
            found.setdefault(passage, score if name == "words" else None)
        arms[name] = len(found) - before
    before = len(found)
    for passage in _standing(unit, scope, (match_own, match_related), recipe):
        found.setdefault(passage, None)
    arms["standing"] = len(found) - before
    before = len(found)
    for passage in meaning.near(unit, scope.namespace, recipe.limit_meaning) if meaning else ():
        found.setdefault(passage, None)
    arms["meaning"] = len(found) - before
    for passage in list(found)[: recipe.widen]:
        for offset in (1, -1):
            found.setdefault(passage + offset, None)
    candidates = read_candidates(unit, found, scope)
    if meaning:
        scores = meaning.score(unit, [candidate.passage for candidate in candidates])
        candidates = [_with_meaning(candidate, scores.get(candidate.passage)) for candidate in candidates]
    return Gathered(candidates, Vocabulary(passages, frequencies), arms)


def read_candidates(unit: Unit, found: Mapping[int, float | None], scope: Scope) -> list[Candidate]:
    """Return candidates for passages, with their neighbours' text, leaving out what was not true in the scope's time."""
    wanted = set(found)
    rows = {
        row[0]: row
        for row in unit.rows(
            "passage_sources", ids=json.dumps(sorted(wanted | {n + d for n in wanted for d in (-2, -1, 1)}))
        )
    }
    stray = _strays(unit, [rows[n] for n in found if n in rows], rows)
    return [
        _candidate(rows[n], score, rows, stray) for n, score in found.items() if n in rows and _visible(rows[n], scope)
    ]


def _with_meaning(candidate: Candidate, scores: tuple[float, float, float] | None) -> Candidate:
    return replace(candidate, maxsim=scores[0], pooled=scores[1], around=scores[2]) if scores else candidate


def _search(unit: Unit, match: str, limit: int, recipe: Recipe) -> Iterable[Row]:
    return unit.rows(
        "search", match=match, limit=limit, text=recipe.text, speaker=recipe.speaker, date=recipe.date
    )


def _standing(unit: Unit, scope: Scope, matches: tuple[str | None, str | None], recipe: Recipe) -> list[int]:
    """Return passages that state a rule or preference: those that match, then the newest rules."""
    words = " OR ".join(f"({match})" for match in matches if match)
    if not recipe.limit_marked or not words:
        return []
    found = []
    for query in (f'marks : ("standing" OR "preference") AND ({words})', 'marks : "standing"'):
        match = scope.match(query)
        found += [row[0] for row in unit.rows("match_newest", match=match, limit=recipe.limit_marked)]
    return found


def _frequencies(unit: Unit, question: Question) -> dict[str, int]:
    stem_of = {word: stems[0] for word in question.vocabulary() if len(stems := unit.stems(word)) == 1}
    known: dict[str, int] = dict(unit.rows("term_frequencies", terms=json.dumps(sorted(set(stem_of.values())))))
    return {word: known.get(stem, 0) for word, stem in stem_of.items()}


def _rarest(words: Iterable[str], frequencies: Mapping[str, int], budget: int) -> list[str]:
    """Return the words rarest first while the passages they promise stay within the budget, but always one."""
    chosen: list[str] = []
    promised = 0
    for word in sorted(dict.fromkeys(words), key=lambda word: frequencies.get(word, 0)):
        promised += frequencies.get(word, 0)
        if chosen and promised > budget:
            break
        chosen.append(word)
    return chosen


def _any_of(words: list[str]) -> str | None:
    return "- {scope marks} : (" + " OR ".join(f'"{word}"' for word in words) + ")" if words else None


def _strays(unit: Unit, rows: Iterable[Row], by_id: Mapping[int, Row]) -> dict[tuple[int, int], str]:
    """Return texts of turns beside a candidate whose passages do not lie beside its own, by session and position."""
    places = set()
    for row in rows:
        session, position = row[4], row[5]
        if session is None:
            continue
        for offset in (-2, -1, 1):
            other = by_id.get(row[0] + offset)
            if position + offset >= 0 and (other is None or other[4] != session):
                places.add((session, position + offset))
    if not places:
        return {}
    return {(row[0], row[1]): row[2] for row in unit.rows("neighbour_turns", places=json.dumps(sorted(places)))}


def _candidate(
    row: Row, score: float | None, rows: Mapping[int, Row], stray: Mapping[tuple[int, int], str]
) -> Candidate:
    (passage, start, _, turn, session, position, speaker, role, time, text, caption, whole,
     memory, kind, importance, uses, last_used, number, title, body, size, valid_from, _, recorded, _, _, _) = row  # fmt: skip
    if memory is not None:
        since = valid_from if valid_from is not None else recorded
        shown = f"{title}\n{body}" if title else body
        return Candidate(
            passage, memory, None, 0, shown, role=None, speaker="", time=since, piece=start // PIECE, pieces=-(-size // PIECE) or 1,
            length=size, words=score, marks=("standing",) if kind in {"convention", "preference", "procedure"} else (),
            kind=kind, revision=number, importance=importance, uses=uses, last_used=last_used,
        )  # fmt: skip
    around = [_beside(row, offset, rows, stray) for offset in (-1, 1, -2)]
    pieces = 1 if whole <= 750 else -(-whole // PIECE)
    shown = f"{text}\n{caption}" if caption and start + row[2] >= whole else text
    return Candidate(
        passage, turn, str(session), position, shown, role=role, speaker=speaker, time=time, previous=around[0], following=around[1],
        before=around[2], piece=start // PIECE, pieces=pieces, length=whole, words=score,
        marks=marks(text, role=role, length=whole, pieces=pieces),
    )  # fmt: skip


def _beside(row: Row, offset: int, rows: Mapping[int, Row], stray: Mapping[tuple[int, int], str]) -> str:
    other = rows.get(row[0] + offset)
    if other is not None and other[4] == row[4] and abs(other[5] - row[5]) <= abs(offset):
        return str(other[9])[:PIECE]
    return stray.get((row[4], row[5] + offset), "")[:PIECE]


def _visible(row: Row, scope: Scope) -> bool:
    memory, time, valid_from, valid_until, recorded, closed, head = row[12], row[8], *row[21:26]
    if scope.kinds and not {"turn" if memory is None else "memory", row[13]} & set(scope.kinds):
        return False
    if memory is None:
        return not scope.historic or time is None or time < (scope.until or 0)
    if not scope.historic:
        return bool(head)
    since = valid_from if valid_from is not None else recorded
    first = scope.since if scope.since is not None else (scope.until or 0) - 1
    return closed is None and since < (scope.until or 0) and (valid_until is None or valid_until > first)

