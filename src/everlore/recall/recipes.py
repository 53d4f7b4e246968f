"""Recipes: every constant of ranking in one frozen value. The code has one path; what differs is the recipe.

Weights are in units of the best word score of the answer, which is 1. They were set on chats between people, on chats
with an assistant and on coding sessions together; a constant that helped one kind and hurt another was not kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from typing import Any


@dataclass(frozen=True, slots=True)
class Blend:
    """The weight of relevance, recency, importance and use; recency halves every `half_life` days."""

    relevance: float
    recency: float
    importance: float
    use: float
    half_life: float


@dataclass(frozen=True, slots=True)
class Recipe:
    """The constants of one way to rank."""

    name: str = "default"
    # Whether a model takes part, whether values are ordered by the time asked about, and what else is blended in.
    meaning: bool = True
    by_time: bool = True
    blend: Blend | None = None
    # How many passages each query of the store may bring.
    limit: int = 250
    limit_related: int = 100
    limit_marked: int = 64
    limit_meaning: int = 150
    # Passages beside this many of the best become candidates too.
    widen: int = 100
    # In a store of more than `small` passages: how many passages the words searched for may promise, rarest first.
    small: int = 20_000
    budget: int = 10_000
    # In a store of more than `large` passages every limit above is multiplied by `crowd`, to keep the answer quick.
    large: int = 50_000
    crowd: float = 0.45
    # BM25F: what a hit counts in each place, saturation, length.
    text: float = 1.0
    previous: float = 0.4
    following: float = 0.2
    before: float = 0.2
    speaker: float = 0.5
    date: float = 0.5
    saturation: float = 1.2
    length: float = 0.75
    # Rarity to this power: below 1, covering many words beats one rare word.
    rarity: float = 0.7
    # What a synonym is worth where the word itself scores less, and what more per share by which the best passage
    # falls short of covering so much of the question.
    synonym: float = 0.45
    synonym_gap: float = 0.4
    synonym_enough: float = 0.6
    # Where a model took part: how a passage starts, and what the three best items of its session add. All of these
    # measures say how much of the question is there, so they are taken as they are and not scaled to the best.
    attained: float = 1.2
    around: float = 1.9
    pooled: float = 0.5
    session_attained: float = 0.85
    session_maxsim: float = 2.0
    # Signals that need no model.
    cue: float = 0.12
    cued: int = 50
    user: float = 0.15
    tool: float = 0.05
    verbose: float = 0.15
    verbose_asked: float = 0.3
    verbose_summary: float = 0.5
    preference: float = 0.15
    reply: float = 0.4
    answer: float = 0.3
    answer_before: float = 0.7
    answer_length: int = 250
    named_speaker: float = 0.15
    month: float = 0.2
    exact: float = 0.1
    session: float = 0.2
    # What a memory gains that held in the past time the question names, and what is lost per step along the tree, as a
    # share of the best start.
    held: float = 0.3
    step: float = 0.02
    # Standing instructions: places kept for them within the first `window`, and what they are matched by.
    window: int = 10
    standing: int = 1
    standing_request: int = 2
    standing_meant: int = 0
    preference_meant: int = 0
    preference_request: int = 2
    standing_synonym: float = 0.7
    standing_neighbour: float = 0.1
    standing_prior: float = 0.15


_NO_SIGNALS: dict[str, Any] = dict.fromkeys(
    ("previous", "following", "before", "synonym", "synonym_gap", "cue", "user", "tool", "verbose", "preference", "reply",
     "answer", "named_speaker", "month", "exact", "session", "held", "step"), 0.0
)  # fmt: skip

DEFAULT = Recipe()
COMPOSITE = Recipe(
    name="composite", blend=Blend(relevance=0.70, recency=0.20, importance=0.10, use=0.0, half_life=30.0)
)
SIGNALS = Recipe(
    name="signals",
    # 0.995 to the power of the hours is one half after 138.28 hours.
    blend=Blend(relevance=0.50, recency=0.15, importance=0.20, use=0.15, half_life=log(0.5) / log(0.995) / 24),
)
KEYWORD = Recipe(
    name="keyword",
    meaning=False,
    by_time=False,
    limit_related=0,
    limit_marked=0,
    widen=0,
    standing=0,
    standing_request=0,
    preference_request=0,
    **_NO_SIGNALS,
)
RECIPES = {recipe.name: recipe for recipe in (DEFAULT, COMPOSITE, SIGNALS, KEYWORD)}
