"""What is answered of agents, policy and the inbox."""

from __future__ import annotations

from typing import Any

from msgspec import field

from everlore.app.answers.life import Left
from everlore.app.answers.root import Answer


class AgentView(Answer, frozen=True):
    """One registered identity."""

    name: str
    origin: str
    role: str | None
    place: str | None
    recorded: str


class AgentList(Answer, frozen=True):
    """Registered identities by name. `operation` can be given to undo what was just registered or retired."""

    agents: list[AgentView]
    operation: str | None = None


class RuleView(Answer, frozen=True):
    """One rule of policy; one without an id is a default."""

    id: str | None
    effect: str
    who: str
    decision: str
    approvals: int
    namespace: str | None


class Rules(Answer, frozen=True):
    """The rules in force, the nearest first, and the defaults behind them. `operation` can be given to undo."""

    rules: list[RuleView]
    defaults: list[RuleView]
    operation: str | None = None


class ProposalView(Answer, frozen=True):
    """One proposal. `confidence` is 0 to 1; `approvals` are the names of those who approved."""

    id: str
    state: str
    effect: str
    operation: str
    namespace: str
    reason: str
    confidence: float
    origin: str
    actor: str
    needed: int
    approvals: list[str]
    recorded: str
    about: str
    targets: list[str]


class Inbox(Answer, frozen=True):
    """Proposals, newest first; `waiting` is how many wait in all, `next` is to be given as `before` for the next page."""

    proposals: list[ProposalView]
    waiting: int
    next: str | None = None


class ProposalShown(Answer, frozen=True):
    """One proposal whole: what speaks for it, the request it would carry out, and what that changes line by line."""

    proposal: ProposalView
    evidence: list[str]
    request: dict[str, Any]
    diff: list[str]


class Decided(Answer, frozen=True):
    """What became of one proposal. `operation` can be given to undo, None where nothing undoes it: then `places` say what a
    purge has left where."""

    id: str
    state: str
    detail: str
    operation: str | None = None
    places: list[Left] = field(default_factory=list)


class Decisions(Answer, frozen=True):
    """What became of the proposals."""

    decided: list[Decided]
