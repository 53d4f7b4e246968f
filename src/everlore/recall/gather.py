"""Gathering candidates: each arm asks the store for passages, inside the scope, and all are read in one snapshot.

Arms: the question's own words, words often used in their place, standing instructions, and, with a model, meaning. In a
large store the words are taken rarest first until the passages they promise reach the recipe's budget, so that the cost
does not grow with common words; ranking then reads all words of the question in the passages that came.
"""

from __future__ import annotations

import json
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Protocol

from everlore.core.cut import PIECE, WHOLE
from everlore.core.marks import STANDING, marks
from everlore.core.types import Namespace
from everlore.memory.belief import believed, last_of_each
from everlore.recall.candidates import Candidate, Ranked, Vocabulary
from everlore.recall.question import Question
from everlore.recall.recipes import Recipe
from everlore.store.contract import Row, Unit
from everlore.store.index import OLD
from everlore.store.sight import EVERYTHING, Sight

_NOBODY = ("", "", "")
_ALWAYS = (1 << 62) - 1
_STANDING_KINDS = frozenset({"convention", "preference", "procedure"})


@dataclass(frozen=True, slots=True)
class Scope:
    """What may be seen: by whom, from which node, of which kinds, and at which moment.

    From a `namespace` (its row id, None for all) its subtree is seen and what lies at the nodes `above` it. `since` and
    `until` are Unix milliseconds: only what was true at some moment of the half-open range is found. Without them the
    present, `now`, is meant and what was superseded or has expired is left out. `known` is the moment whose knowledge
    answers, None for the present one. What is in a layer above `layer` is left out.

    `past` is a time that a question about the present names (begin, None where it is open, and end): what was held true
    then is found beside what is true now. `home` is the lineage of the node asked from: candidates say how far they lie.
    """

    namespace: int | None = None
    kinds: tuple[str, ...] = ()
    since: int | None = None
    until: int | None = None
    above: tuple[int, ...] = ()
    sight: Sight = EVERYTHING
    known: int | None = None
    now: int = 0
    layer: int = 3
    past: tuple[int | None, int] | None = None
    home: tuple[int, ...] = ()

    @property
    def historic(self) -> bool:
        """Whether another moment than the present is asked about."""
        return self.until is not None

    def match(self, words: str | None) -> str | None:
        """Return the full-text query of some words inside this scope; None when there are no words."""
        if words is None:
            return None
        query = self.within(words)
        return query if self.historic or self.past else f'({query}) NOT scope : "{OLD}"'

    def within(self, words: str) -> str:
        """Return the same with what is no longer held true."""
        parts = []
        if self.namespace is not None:
            places = " OR ".join([f'"n{self.namespace}"', *(f'"o{node}"' for node in self.above)])
            parts.append(f"scope : ({places})")
        if seen := self.sight.match():
            parts.append(f"scope : ({seen})")
        if self.kinds:
            parts.append("scope : (" + " OR ".join(f'"k{kind}"' for kind in self.kinds) + ")")
        return " AND ".join([f"({words})", *parts])


@dataclass(frozen=True, slots=True)
class Gathered:
    """The candidates of all arms, what the store knows of the question's words, and which arm brought how many."""

    candidates: list[Candidate]
    vocabulary: Vocabulary
    arms: Mapping[str, int]


class Meaning(Protocol):
    """The arm of a question that a model has read."""

    def near(self, unit: Unit, nodes: set[int] | None, limit: int) -> list[int]:
        """Return the ids of the passages nearest in meaning that lie at some nodes; None means all."""
        ...

    def score(self, unit: Unit, passages: Sequence[int]) -> Mapping[int, tuple[float, float, float]]:
        """Return (maxsim, pooled, around) of those passages that have vectors, as `Candidate` describes them."""
        ...


def gather(unit: Unit, question: Question, scope: Scope, recipe: Recipe, meaning: Meaning | None = None) -> Gathered:
    """Return the candidates for a question, each passage once."""
    frequencies = _frequencies(unit, question)
    passages = unit.value("passage_count")
    recipe = _sized(recipe, passages)
    own = [form for term in question.terms for form in term.forms]
    stems = {term.root for term in question.terms}
    related = [word for term in question.terms for word in term.synonyms if word not in own and word not in stems]
    widest = recipe.budget if passages > recipe.small else passages * 1000
    match_own = _any_of(_rarest(own, frequencies, widest))
    match_related = _any_of(_rarest(related, frequencies, widest // 2))
    found: dict[int, float | None] = {}
    brought: dict[str, int] = {}
    for name, words, limit in (("words", match_own, recipe.limit), ("related", match_related, recipe.limit_related)):
        match = scope.match(words)
        for passage, score in _search(unit, match, limit, recipe) if match and limit else ():
            found.setdefault(passage, score if name == "words" else None)
        brought[name] = len(found)
    marked = _standing(unit, scope, (match_own, match_related), recipe)
    for passage in marked:
        found.setdefault(passage, None)
    brought["standing"] = len(found)
    for passage in meaning.near(unit, nodes_of(unit, scope), recipe.limit_meaning) if meaning else ():
        found.setdefault(passage, None)
    brought["meaning"] = len(found)
    rows = read_passages(unit, found)
    if recipe.widen:
        rows |= _beside(unit, [rows[passage] for passage in list(found)[: recipe.widen] if passage in rows], rows)
    nodes = lineages(unit, rows.values(), scope)
    seen, held = visible(unit, list(rows.values()), scope, nodes)
    arms = _arms(found, brought, None if scope.sight.all else {row[0] for row in seen})
    around = _neighbours(seen)
    candidates = [_candidate(row, found.get(row[0]), around.get(row[0], _NOBODY), row[0] in marked) for row in seen]
    candidates = _placed(candidates, seen, held, scope, nodes)
    if meaning:
        scores = meaning.score(unit, [candidate.passage for candidate in candidates])
        candidates = [_with_meaning(candidate, scores.get(candidate.passage)) for candidate in candidates]
    return Gathered(candidates, Vocabulary(passages, frequencies), arms)


def _arms(found: Iterable[int], brought: Mapping[str, int], seen: set[int] | None) -> dict[str, int]:
    """Return how many passages each arm was the first to bring, of those that are seen."""
    order, before, arms = list(found), 0, {}
    for name, until in brought.items():
        arms[name] = sum(seen is None or passage in seen for passage in order[before:until])
        before = until
    return arms


def _sized(recipe: Recipe, passages: int) -> Recipe:
    if passages <= recipe.large:
        return recipe
    names = ("budget", "limit", "limit_related", "limit_marked", "limit_meaning", "widen")
    return replace(recipe, **{name: round(getattr(recipe, name) * recipe.crowd) for name in names})


def surround(unit: Unit, ranked: Sequence[Ranked]) -> list[Ranked]:
    """Return the same items with the text beside each passage, whether or not that was a candidate too."""
    rows = read_passages(unit, [item.candidate.passage for item in ranked])
    rows |= _beside(unit, list(rows.values()), rows)
    around = _neighbours(list(rows.values()))
    return [_with_text(item, around.get(item.candidate.passage, _NOBODY)) for item in ranked]


def _with_text(item: Ranked, around: tuple[str, str, str]) -> Ranked:
    own = item.candidate
    if (own.previous, own.following, own.before) == around:
        return item
    previous, following, before = around
    return replace(item, candidate=replace(own, previous=previous, following=following, before=before))


def _with_meaning(candidate: Candidate, scores: tuple[float, float, float] | None) -> Candidate:
    return replace(candidate, maxsim=scores[0], pooled=scores[1], around=scores[2]) if scores else candidate


def _search(unit: Unit, match: str, limit: int, recipe: Recipe) -> Iterable[Row]:
    return unit.rows("search", match=match, limit=limit, text=recipe.text, speaker=recipe.speaker, date=recipe.date)


def _standing(unit: Unit, scope: Scope, matches: tuple[str | None, str | None], recipe: Recipe) -> dict[int, None]:
    """Return passages that state a rule or preference: those that match, then the newest rules."""
    words = " OR ".join(f"({match})" for match in matches if match)
    if not recipe.limit_marked or not words:
        return {}
    found: dict[int, None] = {}
    for query in (f'marks : ("standing" OR "preference") AND ({words})', 'marks : "standing"'):
        match = scope.match(query)
        found.update((row[0], None) for row in unit.rows("match_newest", match=match, limit=recipe.limit_marked))
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


def read_passages(unit: Unit, passages: Iterable[int]) -> dict[int, Row]:
    """Return the rows of some passages by id, in their order, with what they are of."""
    return {row[0]: row for row in unit.rows("passage_sources", ids=json.dumps(list(passages)))}


def _beside(unit: Unit, rows: Sequence[Row], known: Mapping[int, Row]) -> dict[int, Row]:
    """Return the passages right before and after some, which lie beside them by id unless sessions were interleaved."""
    near = read_passages(unit, {row[0] + offset for row in rows for offset in (-1, 1)} - known.keys())
    near = {**known, **near}
    places, found = set(), {}
    for row in rows:
        for offset in (-1, 1) if row[4] is not None else ():
            other = near.get(row[0] + offset)
            if other is not None and other[4] == row[4] and abs(other[5] - row[5]) <= 1:
                found[other[0]] = other
            elif row[5] + offset >= 0:
                places.add((row[4], row[5] + offset))
    if places:
        found |= read_passages(unit, (row[0] for row in unit.rows("passages_at", places=json.dumps(sorted(places)))))
    return found


def _candidate(row: Row, score: float | None, around: tuple[str, str, str], marked: bool) -> Candidate:
    (passage, start, _, turn, session, position, speaker, role, time, text, _, whole,
     memory, kind, importance, uses, last_used, number, title, body, size, valid_from, _, recorded, _, _, node, *_) = row  # fmt: skip
    if memory is not None:
        since = valid_from if valid_from is not None else recorded
        shown = f"{title}\n{body}" if title else body
        return Candidate(
            passage, memory, None, 0, shown, role=None, speaker="", time=since, piece=start // PIECE, pieces=-(-size // PIECE) or 1,
            length=size, words=score, marks=(STANDING,) if kind in _STANDING_KINDS else (),
            kind=kind, revision=number, importance=importance, uses=uses, last_used=last_used, namespace=node, scanned=row[33],
            repeats=kind == "page" and row[29] == 3,
        )  # fmt: skip
    pieces = 1 if whole <= WHOLE else -(-whole // PIECE)
    return Candidate(
        passage, turn, str(session), position, _spoken(row), role=role, speaker=speaker, time=time,
        previous=around[0], following=around[1], before=around[2], piece=start // PIECE, pieces=pieces, length=whole, words=score,
        marks=marks(text, role=role, length=whole, pieces=pieces) if marked else (), namespace=node,
    )  # fmt: skip


def _spoken(row: Row) -> str:
    """Return the text of a turn's passage, with the turn's caption after the last."""
    return f"{row[9]}\n{row[10]}" if row[10] and row[1] + row[2] >= row[11] else str(row[9])


def _neighbours(rows: Sequence[Row]) -> dict[int, tuple[str, str, str]]:
    """Return for each passage of a turn the texts before, after and before the one before, as far as they are among these."""
    line = sorted((row for row in rows if row[4] is not None), key=lambda row: (row[4], row[5], row[1]))
    texts = [_spoken(row)[:PIECE] for row in line]
    follows = [False, *(_follows(first, second) for first, second in pairwise(line)), False, False]
    return {
        row[0]: (
            texts[place - 1] if follows[place] else "",
            texts[place + 1] if follows[place + 1] else "",
            texts[place - 2] if follows[place] and follows[place - 1] else "",
        )
        for place, row in enumerate(line)
    }


def _follows(first: Row, second: Row) -> bool:
    if first[4] != second[4]:
        return False
    if first[5] == second[5]:
        return bool(first[1] + first[2] == second[1])
    return bool(second[5] - first[5] == 1)


def nodes_of(unit: Unit, scope: Scope) -> set[int] | None:
    """Return the nodes that may be looked at, None for all; who sees what of them is told row by row."""
    if scope.namespace is None:
        return None
    below = unit.rows("namespaces_below", pattern=f"% {scope.namespace} %")
    return {*(row[0] for row in below), *scope.above}


def lineages(unit: Unit, rows: Iterable[Row], scope: Scope) -> dict[int, Namespace]:
    """Return the nodes of some passages by row id, as far as they are asked for."""
    if scope.sight.all and not scope.home:
        return {}
    nodes = sorted({row[26] for row in rows})
    found = unit.rows("namespaces_named", ids=json.dumps(nodes))
    return {row[0]: Namespace(row[0], row[1], row[2], tuple(map(int, row[3].split()))) for row in found}


def visible(
    unit: Unit, rows: Sequence[Row], scope: Scope, nodes: Mapping[int, Namespace]
) -> tuple[list[Row], Container[int]]:
    """Return the passages that the scope lets through, in their order, and which revisions were held true in its past."""
    seen = [row for row in rows if _is_meant(row, scope) and is_seen(row, scope.sight, nodes)]
    revisions = [row[27] for row in seen if row[12] is not None]
    if scope.historic:
        until = scope.until or 0
        known = _ALWAYS if scope.known is None else scope.known
        since = until - 1 if scope.since is None else scope.since
        held = believed(unit, revisions, until - 1, known, since)
        if since == until - 1:
            held = last_of_each(unit, held, until - 1, known)
        return [row for row in seen if (row[27] in held if row[12] is not None else _was_said(row, until, known))], held
    held = {}
    if scope.past:
        begin, end = scope.past
        held = believed(unit, revisions, end - 1, _ALWAYS, -_ALWAYS if begin is None else begin)
    return [row for row in seen if _is_present(row, scope.now) or row[27] in held], held


def _is_present(row: Row, now: int) -> bool:
    return row[12] is None or bool(row[25] and (row[28] is None or row[28] > now))


def _was_said(row: Row, until: int, known: int) -> bool:
    return bool((row[8] is None or row[8] < until) and row[32] <= known)


def _is_meant(row: Row, scope: Scope) -> bool:
    if scope.kinds and not {"turn" if row[12] is None else "memory", row[13]} & set(scope.kinds):
        return False
    return row[12] is None or row[29] <= scope.layer


def is_seen(row: Row, sight: Sight, nodes: Mapping[int, Namespace]) -> bool:
    """Tell whether a passage is seen, of whose nodes those of other workspaces matter too."""
    return sight.all or sight.covers(nodes[row[26]], row[30] or "unit", row[31] or "")


def _placed(
    candidates: list[Candidate],
    rows: Sequence[Row],
    held: Container[int],
    scope: Scope,
    nodes: Mapping[int, Namespace],
) -> list[Candidate]:
    """Return the candidates with how far they lie from home, the nearest at 0, and whether they held in the past that is named."""
    steps_of = {
        node: _distance(nodes[node].lineage, scope.home) if scope.home else 0
        for node in {each.namespace for each in candidates}
    }
    away = [steps_of[each.namespace] for each in candidates]
    nearest = min(away, default=0)
    if not scope.past and len(set(away)) < 2:
        return candidates
    return [
        replace(
            each, distance=steps - nearest, held=scope.past is not None and each.kind is not None and row[27] in held
        )
        for each, row, steps in zip(candidates, rows, away, strict=True)
    ]


def _distance(lineage: Sequence[int], home: Sequence[int]) -> int:
    """Return the steps along the tree between two nodes."""
    shared = sum(a == b for a, b in zip(lineage, home, strict=False))
    return len(lineage) + len(home) - 2 * shared
