"""What is asked of agents, policy and the inbox."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from everlore.app.requests.fields import Before, Limit, Namespace, Reason, Request, Text, Title
from everlore.core.types import Origin
from everlore.guard.policy import Effect
from everlore.guard.policy import Verdict as Ruling


class AgentRegister(Request, frozen=True):
    """Register who makes changes: a name with its origin, role and place in the tree."""

    name: Annotated[str, Meta(min_length=1, max_length=80, description="The name it calls itself")]
    origin: Annotated[Origin, Meta(description="What it is")] = "agent"
    role: Annotated[
        Annotated[str, Meta(min_length=1, max_length=40)] | None,
        Meta(description="What it may do by policy; a reviewer approves proposals"),
    ] = None
    place: Annotated[
        Annotated[str, Meta(min_length=1, max_length=600)] | None,
        Meta(
            description="Its namespace: it sees what lies there and what others share with it; everything shared without one"
        ),
    ] = None
    reason: Reason | None = None


class AgentRetire(Request, frozen=True):
    """Take a registration back; what the agent did stays under its name."""

    name: Annotated[str, Meta(min_length=1, max_length=80, description="The name it is registered under")]
    reason: Reason | None = None


class Agents(Request, frozen=True):
    """List registered agents and people."""


class Policy(Request, frozen=True):
    """Show the rules that were set, those of a namespace with what it inherits, and the defaults."""

    namespace: Namespace | None = None


class PolicySet(Request, frozen=True):
    """Set what may be done, by whom, at a namespace and below it."""

    effect: Annotated[Effect | Literal["any"], Meta(description="What is done")]
    decision: Annotated[Ruling, Meta(description="Whether it may be, or waits for approval")]
    who: Annotated[
        str,
        Meta(
            pattern="^(any|owner|origin:(person|agent|curator|model|peer|import)|role:[^:]{1,40}|name:.{1,80})$",
            description="any, owner, origin:agent, role:reviewer or name:claude-code",
        ),
    ] = "any"
    namespace: Annotated[
        Annotated[str, Meta(min_length=1, max_length=600)] | None,
        Meta(description="Where; everywhere if none is named"),
    ] = None
    approvals: Annotated[int, Meta(ge=1, le=20, description="How many others have to approve")] = 1
    reason: Reason | None = None


class PolicyDrop(Request, frozen=True):
    """Take a rule back."""

    id: Annotated[str, Meta(min_length=1, max_length=200, description="The rule's id, as policy prints it")]
    reason: Reason | None = None


class Review(Request, frozen=True):
    """List proposals, newest first."""

    namespace: Namespace | None = None
    state: Annotated[Literal["waiting", "approved", "rejected"], Meta(description="Only in this state")] = "waiting"
    effect: Annotated[Effect | None, Meta(description="Only of this effect")] = None
    origin: Annotated[Origin | None, Meta(description="Only from there")] = None
    limit: Limit = 50
    before: Before = None


class ReviewShow(Request, frozen=True):
    """Show one proposal with its evidence and what it would change."""

    id: Annotated[str, Meta(min_length=1, max_length=200, description="The proposal's id")]


class ReviewApprove(Request, frozen=True):
    """Approve proposals; each is carried out when it has its approvals."""

    ids: Annotated[
        list[Annotated[str, Meta(min_length=1, max_length=200)]],
        Meta(min_length=1, max_length=1000, description="The proposals' ids"),
    ]


class ReviewReject(Request, frozen=True):
    """Reject proposals; what a program proposed does not come back."""

    ids: Annotated[
        list[Annotated[str, Meta(min_length=1, max_length=200)]],
        Meta(min_length=1, max_length=1000, description="The proposals' ids"),
    ]
    reason: Reason | None = None


class ReviewEdit(Request, frozen=True):
    """Change the text or title that a proposal would write, before it is approved."""

    id: Annotated[str, Meta(min_length=1, max_length=200, description="The proposal's id")]
    text: Annotated[Text, Meta(description="The text to write instead")]
    title: Title | None = None
