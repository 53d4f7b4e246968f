"""Candidates: what the store hands to ranking, and what ranking hands back.

A candidate is one passage: a piece of a turn or of a memory revision. An item (the turn, the memory) has one candidate
per piece that was found; ranking returns each item once, by its best piece. Both values are frozen and hold no
connection to the store, so that ranking is a pure function of question, candidates and recipe.

The full-text table behind `words` has the tokenizer `porter unicode61 remove_diacritics 2` and these columns, in this
order; the first two only ever filter and weigh nothing in bm25():

    scope     tokens of the visible namespaces
    marks     `cues.marks`, joined by spaces
    text      the piece, for a turn its caption, then `words.parts` of the piece
    speaker   who spoke
    date      the day written out: 08 May 2023

A message of more than 750 characters is cut into pieces of at most 500 at line and sentence ends. `previous` and
`following` are the pieces beside a passage in its session, inside or across turns, and `before` is the one before
`previous`, each up to 500 characters; they are read with the candidates and not indexed with them, so passages beside
the best ones must become candidates too: their words may be why the answer matches.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage that may answer.

    `words` is minus SQLite's bm25(), so that more is better; None when another arm brought the passage.
    `position` is the item's place in its session, `piece` the passage's place in the item (from 0), `pieces` how many
    the item has, `length` the characters of the whole item. `time` is milliseconds UTC. `role` is None when people talk
    to one another, and for memories. `maxsim` (late interaction), `around` (the same where the passages beside it lend
    their words) and `pooled` (mean vectors) are cosines, None where no model looked at the passage.
    `namespace` is the row id of its node and `distance` how many steps along the tree farther it lies than the nearest
    candidate; `scanned` are the rules it was scanned by, 0 for a turn. `kind`, `revision`, `importance`, `uses` and
    `last_used` (milliseconds UTC) are those of a memory, whose `kind` is not None; `held` tells of one that it was held
    true in the past time that the question names. `repeats` tells of a page in layer 3, which says again what its sources say.
    """

    passage: int
    item: str
    session: str | None
    position: int
    text: str
    role: str | None = None
    speaker: str = ""
    time: int | None = None
    previous: str = ""
    following: str = ""
    before: str = ""
    piece: int = 0
    pieces: int = 1
    length: int = 0
    marks: tuple[str, ...] = ()
    words: float | None = None
    maxsim: float | None = None
    around: float | None = None
    pooled: float | None = None
    kind: str | None = None
    revision: int | None = None
    importance: float = 0.5
    uses: int = 0
    last_used: int | None = None
    namespace: int = 0
    distance: int = 0
    held: bool = False
    scanned: int = 0
    repeats: bool = False


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """How common words are in the searched scope.

    `frequencies` maps a word of `Question.vocabulary()` to the number of passages that hold its stem in any column.
    A word that is not in it is counted among the candidates, which is right only where they are most of the store.
    """

    passages: int = 0
    frequencies: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ranked:
    """An item in its place.

    `score` orders; it is not a probability and compares only within one answer. `attained` is the share of the
    question's attainable word score that the passage reached and `covered` the share of the question's weight whose
    words occur in it or beside it: both compare across questions, 0 to 1. `parts` says what each signal gave to
    `score`. `reserved` tells that the standing-instruction channel put the item where it is.
    """

    candidate: Candidate
    score: float
    attained: float
    covered: float
    parts: Mapping[str, float]
    reserved: bool = False
