"""Matching: how much of a question's meaning the words of a passage and of its neighbours carry.

BM25F over roots. A hit counts fully in the passage itself and less in its neighbours, its speaker and its date; the
weighted hits of a word saturate once, together. A synonym scores by its own rarity, never above that of the word it
stands for, and only where it scores more than the word does, so that a word and its synonyms never vote twice; the less
of the question any passage covers in its own words, the more a synonym is worth. The score is divided by what the
question could have scored at most, which keeps a weak list weak.

Formula: Robertson, Zaragoza, Taylor 2004 (BM25F), with rarity ln(1 + (N - n + .5) / (n + .5)) raised to a power.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from math import log

from everlore.recall.candidates import Candidate, Vocabulary
from everlore.recall.question import Question
from everlore.recall.recipes import Recipe
from everlore.recall.words import root, roots

# Neighbours come cut to this many characters, so that a text is known by its beginning.
_BESIDE = 500


@dataclass(frozen=True, slots=True)
class Match:
    """What one passage reached of a question: 0 to 1 each."""

    attained: float
    covered: float


@dataclass(frozen=True, slots=True)
class _Target:
    """A root to look for: the terms it stands for, and whether it is one of them or a synonym."""

    own: int | None
    replaces: tuple[int, ...]
    words: tuple[str, ...]


def match_words(
    question: Question,
    candidates: Sequence[Candidate],
    vocabulary: Vocabulary,
    recipe: Recipe,
) -> list[Match]:
    """Score each candidate against the question, in the order given."""
    targets = _targets(question)
    if not targets:
        return [Match(0.0, 0.0) for _ in candidates]
    reader = _Reader(frozenset(targets), recipe, candidates)
    read = [reader.read(candidate) for candidate in candidates]
    rarity = _rarity(targets, read, vocabulary)
    weights = [rarity[term.root] ** recipe.rarity for term in question.terms]
    total = sum(weights)
    covered = [
        sum(weights[own] * min(1.0, hit) for word, hit in hits.items() if (own := targets[word].own) is not None)
        / total
        for hits, _ in read
    ]
    worth = recipe.synonym + recipe.synonym_gap * max(0.0, recipe.synonym_enough - max(covered, default=0.0))
    gives = {
        word: [(term, min(worth * rarity[word], worth * weights[term])) for term in target.replaces]
        + ([(target.own, weights[target.own])] if target.own is not None else [])
        for word, target in targets.items()
    }
    mean = sum(length for _, length in read) / len(read) if read else 1.0
    matches = []
    for (hits, length), share in zip(read, covered, strict=True):
        norm = recipe.saturation * (1 - recipe.length + recipe.length * length / mean)
        scores = [0.0] * len(weights)
        for word, hit in hits.items():
            part = hit / (hit + norm)
            for term, weight in gives[word]:
                scores[term] = max(scores[term], weight * part)
        matches.append(Match(sum(scores) / total, share))
    return matches


def _targets(question: Question) -> dict[str, _Target]:
    own = {term.root: number for number, term in enumerate(question.terms)}
    replaces: dict[str, list[int]] = {}
    words: dict[str, list[str]] = {term.root: list(term.forms) for term in question.terms}
    for number, term in enumerate(question.terms):
        for word in term.synonyms:
            stem = root(word)
            if stem in own:
                continue
            if number not in replaces.setdefault(stem, []):
                replaces[stem].append(number)
            words.setdefault(stem, []).append(word)
    return {stem: _Target(own.get(stem), tuple(replaces.get(stem, ())), tuple(found)) for stem, found in words.items()}


def _rarity(
    targets: Mapping[str, _Target], read: Iterable[tuple[Mapping[str, float], float]], vocabulary: Vocabulary
) -> dict[str, float]:
    """Return ln(1 + (N - n + .5) / (n + .5)) for each root, n the passages that hold it in any place."""
    seen: dict[str, int] = {}
    size = 0
    for hits, _ in read:
        size += 1
        for word in hits:
            seen[word] = seen.get(word, 0) + 1
    size = max(size, vocabulary.passages)
    rarity = {}
    for word, target in targets.items():
        known = [vocabulary.frequencies[form] for form in target.words if form in vocabulary.frequencies]
        count = min(size, max([seen.get(word, 0), *known]))
        rarity[word] = log(1 + (size - count + 0.5) / (count + 0.5))
    return rarity


class _Reader:
    """Counts the wanted roots of a candidate's fields, reading a text that several candidates share only once.

    A neighbour that is no candidate itself was not found by any word of the question: it counts as one of usual length.
    """

    def __init__(self, wanted: frozenset[str], recipe: Recipe, candidates: Iterable[Candidate]) -> None:
        self._wanted = wanted
        self._recipe = recipe
        self._read = {candidate.text[:_BESIDE]: self._count(candidate.text) for candidate in candidates}
        self._read.pop("", None)
        self._usual = sum(count for _, count in self._read.values()) / max(len(self._read), 1)

    def read(self, candidate: Candidate) -> tuple[dict[str, float], float]:
        """Return the weighted hits of each root and the length in words."""
        recipe = self._recipe
        own, count = self._read.get(candidate.text[:_BESIDE], ((), 0))
        hits: dict[str, float] = {}
        length = 4.0 + count
        for word in own:
            hits[word] = hits.get(word, 0.0) + recipe.text
        for text, weight in (
            (candidate.previous, recipe.previous),
            (candidate.following, recipe.following),
            (candidate.before, recipe.before),
        ):
            known = self._read.get(text)
            if known is None:
                length += self._usual
                continue
            length += known[1]
            for word in known[0]:
                hits[word] = hits.get(word, 0.0) + weight
        for word in self._wanted.intersection(roots(candidate.speaker)):
            hits[word] = hits.get(word, 0.0) + recipe.speaker
        if candidate.time is not None:
            for word in self._wanted.intersection(_day(candidate.time // 86_400_000)):
                hits[word] = hits.get(word, 0.0) + recipe.date
        return hits, length

    def _count(self, text: str) -> tuple[tuple[str, ...], int]:
        found = roots(text)
        wanted = self._wanted
        return () if wanted.isdisjoint(found) else tuple([word for word in found if word in wanted]), len(found)


@lru_cache(maxsize=4096)
def _day(day: int) -> tuple[str, ...]:
    """Return the roots of a day as the date column writes it; `day` counts from the Unix epoch."""
    return roots(datetime.fromtimestamp(day * 86_400, UTC).strftime("%d %B %Y"))
