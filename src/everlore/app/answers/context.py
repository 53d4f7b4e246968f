"""What is answered of slices, briefings and assembled context."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import field

from everlore.app.answers.knowledge import Quarantined
from everlore.app.answers.root import Answer
from everlore.recall.roles import Role


class SliceItem(Answer, frozen=True):
    """One item of a slice, as it is shown.

    `why` is the true cause of its being there. `status` is "changed" where another revision was told before in this conversation.
    """

    id: str
    revision: int | None
    kind: str
    role: Role
    title: str | None
    text: str
    time: str | None
    namespace: str
    why: str
    standing: bool
    status: Literal["new", "changed"]
    caveats: list[str] = field(default_factory=list)
    freshness: str | None = None


class SliceSection(Answer, frozen=True):
    """The items of one role, in the order of the text."""

    role: Role
    items: list[SliceItem]


class Resolved(Answer, frozen=True):
    """What was told before in this conversation and does not hold any more, and the memory that took its place."""

    id: str
    kind: str
    why: str
    title: str
    by: str | None = None


class Delta(Answer, frozen=True):
    """A change to what is remembered that follows from what was shown: the operation, its request, and why.

    `state` is "preview" where nothing was asked for, "waiting" in the inbox (as `proposal`), "known" where it was proposed before,
    "done" where it was carried out (undo takes `operation_id`), "denied" where policy forbids it.
    """

    sort: Literal["link", "supersede", "archive", "revise", "open question"]
    effect: str
    operation: str
    request: dict[str, Any]
    targets: list[str]
    reason: str
    confidence: float
    safe: bool
    state: Literal["preview", "waiting", "known", "done", "denied"] = "preview"
    proposal: str | None = None
    operation_id: str | None = None


class Sliced(Answer, frozen=True):
    """What an agent should know now. `text` is what is to be put before the model; its estimated `tokens` are at most the budget.

    `told` counts what was left out since this conversation holds it already, `left_out` what did not fit. `withheld` tells that a
    question was asked and nothing relevant was found.
    """

    text: str
    tokens: int
    budget: int
    format: str
    namespace: str | None
    sections: list[SliceSection]
    resolved: list[Resolved]
    told: int
    left_out: int
    withheld: bool
    injection: str | None
    deltas: list[Delta] = field(default_factory=list)
    quarantined: list[Quarantined] = field(default_factory=list)
    drifted: list[str] = field(default_factory=list)


class Briefed(Answer, frozen=True):
    """What happened in a project since a moment. `counts` are of everything, the text names as much as fits, and `left_out` counts what did not."""

    text: str
    tokens: int
    budget: int
    namespace: str
    since: str
    until: str
    away: str | None
    counts: dict[str, int]
    sessions: list[str]
    learnt: list[str]
    changed: list[str]
    ended: list[str]
    rules: list[str]
    handoffs: list[str]
    review: list[str]
    left_out: int = 0
    quarantined: list[Quarantined] = field(default_factory=list)


class Assembled(Answer, frozen=True):
    """A slice, the project's playbook and what was said in sessions, in one text within one budget."""

    text: str
    tokens: int
    budget: int
    namespace: str | None
    sections: list[SliceSection]
    resolved: list[Resolved]
    playbook: str | None
    turns: list[SliceItem]
    withheld: bool
    injection: str | None
    quarantined: list[Quarantined] = field(default_factory=list)
    drifted: list[str] = field(default_factory=list)
