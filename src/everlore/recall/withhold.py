"""Withholding: whether the best that was found is worth saying, or nothing relevant is there.

Any store shares everyday words with any question. What tells them apart is measured on the one passage, with its
neighbours, that covers the question best: how many of the question's words it holds, how much information is still
missing (by rarity in this store, so that a large store is not easier to satisfy than a small one), and names or
identifiers of the question that the store has never seen. Where a model read the passages, its best similarities take
the place of the count. A logistic weighs these few numbers.

How alike a question and its answer sound depends on who speaks: people chatting repeat each other's words, agents at
work answer in code. So the bar is set by setting, each where at most 3 % of the answerable questions of that setting fall
below it.

Invariants: pure; nothing found is always withheld; more covered, less missing and fewer unknown names never turn an
answer into silence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import exp, log, sqrt
from typing import Literal

from everlore.recall.candidates import Candidate, Vocabulary
from everlore.recall.question import Question, Term
from everlore.recall.words import root, roots

Setting = Literal["people", "chat", "agent"]

# Passages looked at, best words first.
_WIDTH = 60
# Beyond these counts more says nothing more.
_MANY = 8
_UNKNOWN = 2

# Log-odds of "the answer is in this store", fitted on questions asked of their own store and of foreign ones, three kinds
# of conversation weighing the same. Missing information counts by its root: a long question always lacks something.
_WORDS = {"bias": 0.49, "matched": 0.99, "missing": -0.98, "unknown": -2.74}
_MEANING = {"bias": -8.92, "maxsim": 18.2, "pooled": 10.4, "missing": -0.36, "unknown": -3.57}
_BAR_WORDS: Mapping[Setting, float] = {"people": -1.06, "chat": -1.9, "agent": -3.0}
_BAR_MEANING: Mapping[Setting, float] = {"people": 0.92, "chat": -0.5, "agent": -1.7}


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for an answer being there.

    `matched` is how many words of the question the best passage holds with its neighbours, `missing` the information
    it lacks (nats), `unknown` how many names and identifiers of the question occur nowhere in the store.
    `maxsim` and `pooled` are the best of all passages, None without a model.
    """

    matched: int
    missing: float
    unknown: int
    setting: Setting = "agent"
    maxsim: float | None = None
    pooled: float | None = None


def weigh(question: Question, candidates: Sequence[Candidate], vocabulary: Vocabulary | None = None) -> Evidence:
    """Collect the evidence among the candidates of a question.

    `vocabulary` should hold the number of passages and how many have each word of the question: without it rarity is
    judged among the candidates and a name that is not among them counts as unknown.
    """
    vocabulary = vocabulary or Vocabulary()
    wanted = {term.root for term in question.terms}
    looked = sorted(candidates, key=lambda c: -(c.words if c.words is not None else 0.0))[:_WIDTH]
    read = [_read(candidate, wanted) for candidate in looked]
    counts = {term.root: _count(term, [around for _, around in read], vocabulary) for term in question.terms}
    size = max(vocabulary.passages, len(read))
    rarity = {word: log(1 + (size - count + 0.5) / (count + 0.5)) for word, count in counts.items()}
    total = sum(rarity.values())
    matched, gained = 0, 0.0
    for own, around in read:
        gain = sum(rarity[word] for word in own) / 2 + sum(rarity[word] for word in around) / 2
        if gain > gained or (gain == gained and len(around) > matched):
            matched, gained = len(around), gain
    named = {root(part) for name in (*question.names, *question.identifiers) for part in roots(name)}
    return Evidence(
        matched=matched,
        missing=max(0.0, total - gained),
        unknown=sum(counts[word] == 0 for word in named & wanted),
        setting=_setting(candidates),
        maxsim=max((c.maxsim for c in candidates if c.maxsim is not None), default=None),
        pooled=max((c.pooled for c in candidates if c.pooled is not None), default=None),
    )


def confidence(evidence: Evidence) -> float:
    """Return 0 to 1, above one half where the evidence passes the bar of its setting."""
    if evidence.maxsim is not None and evidence.pooled is not None:
        return 1 / (1 + exp(-(_by_meaning(evidence) - _BAR_MEANING[evidence.setting])))
    if evidence.matched == 0:
        return 0.0
    return 1 / (1 + exp(-(_by_words(evidence) - _BAR_WORDS[evidence.setting])))


def should_withhold(evidence: Evidence, *, bar: float = 0.5) -> bool:
    """Tell whether to answer "nothing relevant"; a higher `bar` (0 to 1) withholds more."""
    return confidence(evidence) < bar


def _by_words(evidence: Evidence) -> float:
    return (
        _WORDS["bias"]
        + _WORDS["matched"] * min(evidence.matched, _MANY)
        + _WORDS["missing"] * sqrt(evidence.missing)
        + _WORDS["unknown"] * min(evidence.unknown, _UNKNOWN)
    )


def _by_meaning(evidence: Evidence) -> float:
    return (
        _MEANING["bias"]
        + _MEANING["maxsim"] * (evidence.maxsim or 0.0)
        + _MEANING["pooled"] * (evidence.pooled or 0.0)
        + _MEANING["missing"] * sqrt(evidence.missing)
        + _MEANING["unknown"] * min(evidence.unknown, _UNKNOWN)
    )


def _read(candidate: Candidate, wanted: set[str]) -> tuple[set[str], set[str]]:
    """Return the words of the question in a passage or its speaker, and those in it, its neighbours or its date."""
    own = wanted.intersection((*roots(candidate.text), *roots(candidate.speaker)))
    around = set(own)
    for text in (candidate.previous, candidate.following, candidate.before, _day(candidate.time)):
        around |= wanted.intersection(roots(text))
    return own, around


def _day(time: int | None) -> str:
    return datetime.fromtimestamp(time / 1000, UTC).strftime("%d %B %Y") if time is not None else ""


def _count(term: Term, read: Sequence[set[str]], vocabulary: Vocabulary) -> int:
    seen = sum(term.root in around for around in read)
    return max([seen, *(vocabulary.frequencies.get(form, 0) for form in term.forms)])


def _setting(candidates: Sequence[Candidate]) -> Setting:
    """Return who speaks: tools or memories mean agents at work, no roles at all mean people."""
    if any(candidate.role == "tool" or candidate.kind is not None for candidate in candidates):
        return "agent"
    return "people" if all(candidate.role is None for candidate in candidates) else "chat"
