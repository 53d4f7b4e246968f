"""What is answered of memories and recall."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import field

from everlore.app.answers.root import Answer, Finding
from everlore.core.types import Kind, Outcome, State, Tier, Verdict, Visibility


class Remembered(Answer, frozen=True):
    """What became of the statement."""

    id: str
    outcome: Outcome
    why: str
    namespace: str
    revision: int
    operation: str | None
    other: str | None = None
    findings: list[Finding] = field(default_factory=list)


class Likeness(Answer, frozen=True):
    """A memory that is like a statement, what the statement is to it, and which checks object to taking them for one."""

    id: str
    relation: Literal["same", "value", "other"]
    similarity: float
    why: str
    text: str
    differs: list[Literal["negation", "number", "identifier", "subject"]] = field(default_factory=list)


class Checked(Answer, frozen=True):
    """What `remember` would do, and the nearest memories, what counts most for that first.

    `duplicate` says that one of them says the same, or is as similar as the threshold and no check objects.
    """

    outcome: Outcome
    why: str
    other: str | None
    similarity: float
    text: str | None = None
    duplicate: bool = False
    nearest: list[Likeness] = field(default_factory=list)


class Source(Answer, frozen=True):
    """Where an item comes from. `turn` is the id that came in with it."""

    session: str | None = None
    turn: str | None = None
    memory: str | None = None
    revision: int | None = None


class Item(Answer, frozen=True):
    """One cited line of recall; `caveats` say what speaks against it: that it is not true now, what contradicts it."""

    id: str
    kind: Literal["turn", "memory"]
    text: str
    time: str | None
    speaker: str | None
    score: float
    source: Source
    namespace: str
    title: str | None = None
    memory_kind: str | None = None
    supersedes: str | None = None
    caveats: list[str] = field(default_factory=list)
    why: dict[str, Any] | None = None
    freshness: str | None = None


class Quarantined(Answer, frozen=True):
    """What is relevant but tries to steer its reader, so that only its id is told; `get` shows it."""

    id: str
    kind: Literal["turn", "memory"]
    why: str


class Recalled(Answer, frozen=True):
    """The answer to a question. `withheld` is true when nothing in reach is relevant; then `items` is empty, as it is when none fits the budget.

    `drifted` are memories kept back since the code that they speak of has changed, where the settings say so.
    """

    items: list[Item]
    tokens: int
    withheld: bool
    explain: dict[str, Any] | None = None
    quarantined: list[Quarantined] = field(default_factory=list)
    drifted: list[str] = field(default_factory=list)


class RevisionView(Answer, frozen=True):
    """One revision."""

    number: int
    text: str
    title: str | None
    valid_from: str | None
    valid_until: str | None
    recorded: str
    recorded_until: str | None
    actor: str
    source: str | None
    believed: list[BeliefView] = field(default_factory=list)


class LinkView(Answer, frozen=True):
    """One link of a memory."""

    kind: str
    source: str
    target: str
    valid_from: str | None
    valid_until: str | None


class MemoryView(Answer, frozen=True):
    """One memory with its newest revision; `caveats` say whether it is no longer or not yet true."""

    id: str
    kind: Kind
    title: str | None
    text: str
    namespace: str
    state: State
    tags: list[str]
    importance: float
    layer: int
    tier: Tier
    pinned: bool
    revision: int
    valid_from: str | None
    valid_until: str | None
    created: str
    updated: str
    source: str | None
    uses: int
    visibility: Visibility
    owner: str
    expires: str | None
    strength: float
    placed: str | None
    caveats: list[str] = field(default_factory=list)
    freshness: str | None = None


class TurnView(Answer, frozen=True):
    """One turn, verbatim."""

    id: str
    turn: str
    session: str
    position: int
    speaker: str
    role: str | None
    time: str | None
    text: str
    caption: str | None
    namespace: str


class FeedbackView(Answer, frozen=True):
    """What somebody said of a memory."""

    verdict: Verdict
    actor: str
    note: str | None
    time: str


class Got(Answer, frozen=True):
    """One memory or one turn, whole."""

    memory: MemoryView | None = None
    links: list[LinkView] = field(default_factory=list)
    turn: TurnView | None = None
    feedback: list[FeedbackView] = field(default_factory=list)


class Listed(Answer, frozen=True):
    """A page of memories. `next` continues the list when there is more."""

    memories: list[MemoryView]
    total: int
    next: str | None


class Chain(Answer, frozen=True):
    """Every revision of a memory, the first one first."""

    id: str
    state: State
    revisions: list[RevisionView]


class Changed(Answer, frozen=True):
    """What a change did. `operation` can be given to undo."""

    id: str
    state: State
    revision: int
    operation: str


class Undone(Answer, frozen=True):
    """What was reversed."""

    operation: str
    undid: str
    name: str
    changes: int


class Event(Answer, frozen=True):
    """One thing that happened or became true."""

    time: str
    what: str
    id: str
    text: str
    kind: str
    namespace: str
    valid_from: str | None = None
    valid_until: str | None = None


class Events(Answer, frozen=True):
    """Events in order of time."""

    events: list[Event]


class BeliefView(Answer, frozen=True):
    """Over which time in the world a revision was held true, and from when until when it was held so."""

    valid_from: str | None
    valid_until: str | None
    recorded: str | None
    recorded_until: str | None
