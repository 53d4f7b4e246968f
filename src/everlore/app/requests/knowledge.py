"""What is asked of single memories and of recall."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, field

from everlore.app.requests.fields import (
    FULL,
    AsOf,
    Before,
    Directory,
    Id,
    Instant,
    Layer,
    Limit,
    Namespace,
    Reason,
    RecordedAsOf,
    Request,
    Tag,
    Text,
    Title,
    Ttl,
)
from everlore.core.types import Kind, State, Tier, Visibility


class Remember(Request, frozen=True):
    """Keep one piece of knowledge."""

    text: Annotated[Text, Meta(description="One self-contained statement")]
    title: Title | None = None
    kind: Annotated[Kind, Meta(description="What sort of knowledge it is")] = "fact"
    namespace: Namespace | None = None
    cwd: Directory | None = None
    tags: Annotated[list[Tag], Meta(max_length=32, description="Labels to find it by")] = field(default_factory=list)
    importance: Annotated[float, Meta(ge=0, le=1, description="0 to 1")] = 0.5
    layer: Layer | None = None
    tier: Annotated[Tier, Meta(description="How long it matters: hours, days, for good")] = "long"
    ttl: Annotated[Ttl | None, Meta(extra=FULL)] = None
    expires: Annotated[Instant | None, Meta(description="When it is archived, used or not", extra=FULL)] = None
    visibility: Annotated[Visibility, Meta(description="Who may see it: its owner, or agents so near in the tree")] = (
        "unit"
    )
    valid_from: Annotated[Instant | None, Meta(description="When it became true in the world")] = None
    valid_until: Annotated[Instant | None, Meta(description="When it ceased to be true")] = None
    pinned: Annotated[bool, Meta(description="Is to stay", extra=FULL)] = False
    source: Annotated[
        Annotated[str, Meta(max_length=200)] | None,
        Meta(description="The id of the turn it was learnt from", extra=FULL),
    ] = None
    reason: Reason | None = None


class CheckDuplicate(Request, frozen=True):
    """Say what `remember` would do with a text, without writing."""

    text: Annotated[Text, Meta(description="The statement to check")]
    namespace: Namespace | None = None
    cwd: Directory | None = None
    threshold: Annotated[
        float, Meta(ge=0.5, le=1, description="How similar a duplicate is at least, where no check objects")
    ] = 0.85


class Recall(Request, frozen=True):
    """Find what is relevant to a question."""

    query: Annotated[str, Meta(min_length=1, max_length=10_000, description="The question, in plain words")]
    namespace: Namespace | None = None
    cwd: Directory | None = None
    limit: Annotated[int, Meta(ge=1, le=200, description="The most items to return")] = 10
    budget: Annotated[
        Annotated[int, Meta(ge=1, le=1_000_000)] | None,
        Meta(description="The most tokens of all items and the lines beside them"),
    ] = None
    kinds: Annotated[
        list[Literal["turn", "memory"] | Kind],
        Meta(max_length=16, description="Only these kinds"),
    ] = field(default_factory=list)
    as_of: Annotated[Instant | None, Meta(description="Answer with what was true then")] = None
    recorded_as_of: Annotated[Instant | None, Meta(description="Answer with what was known then", extra=FULL)] = None
    explain: Annotated[bool, Meta(description="Show what each signal contributed", extra=FULL)] = False
    recipe: Annotated[
        Annotated[str, Meta(min_length=1, max_length=40)] | None,
        Meta(description="The named ranking recipe", extra=FULL),
    ] = None


class Get(Request, frozen=True):
    """Show one memory or turn whole."""

    id: Id
    as_of: AsOf = None
    recorded_as_of: RecordedAsOf = None


class List(Request, frozen=True):
    """List memories, newest first."""

    namespace: Namespace | None = None
    kind: Annotated[Kind | None, Meta(description="Only this kind")] = None
    state: Annotated[State, Meta(description="Only in this state")] = "active"
    tag: Annotated[Tag | None, Meta(description="Only with this tag")] = None
    layer: Annotated[Layer | None, Meta(extra=FULL)] = None
    tier: Annotated[Tier | None, Meta(description="Only of this tier", extra=FULL)] = None
    pinned: Annotated[bool | None, Meta(description="Only what is pinned, or only what is not", extra=FULL)] = None
    order: Annotated[Literal["made", "updated"], Meta(description="By when they were made, or revised", extra=FULL)] = (
        "made"
    )
    as_of: AsOf = None
    recorded_as_of: RecordedAsOf = None
    limit: Limit = 50
    before: Before = None


class History(Request, frozen=True):
    """Show every revision of a memory."""

    id: Id


class Revise(Request, frozen=True):
    """Give a memory a new revision."""

    id: Id
    text: Annotated[Text, Meta(description="The new text")]
    title: Annotated[
        Annotated[str, Meta(max_length=300)] | None, Meta(description="A new title; '' takes it away, none leaves it")
    ] = None
    valid_from: Annotated[Instant | None, Meta(description="When the new text became true")] = None
    valid_until: Annotated[Instant | None, Meta(description="When it ceases to be true")] = None
    reason: Reason | None = None


class Forget(Request, frozen=True):
    """Archive a memory; it can be restored."""

    id: Id
    reason: Reason | None = None


class Restore(Request, frozen=True):
    """Bring back an archived, superseded or held memory, or one of its earlier revisions."""

    id: Id
    revision: Annotated[
        Annotated[int, Meta(ge=1, le=1_000_000_000)] | None, Meta(description="Put this revision's text back on top")
    ] = None
    reason: Reason | None = None


class Undo(Request, frozen=True):
    """Reverse an operation."""

    operation: Annotated[
        Annotated[str, Meta(min_length=1, max_length=40)] | None,
        Meta(description="The operation's id; the last one if none is given"),
    ] = None
    reason: Reason | None = None


class Timeline(Request, frozen=True):
    """Show what became true and what changed, in order of time."""

    namespace: Namespace | None = None
    id: Annotated[
        Annotated[str, Meta(min_length=1, max_length=200)] | None,
        Meta(description="Only this memory and what it superseded"),
    ] = None
    entity: Annotated[
        Annotated[str, Meta(min_length=1, max_length=300)] | None,
        Meta(
            description="Only memories that are linked with this entity, by id, name or alias; not what was done",
            extra=FULL,
        ),
    ] = None
    what: Annotated[
        Literal["true", "done"] | None, Meta(description="Only what became true, or only what was done", extra=FULL)
    ] = None
    since: Annotated[Instant | None, Meta(description="From this instant on")] = None
    until: Annotated[Instant | None, Meta(description="Up to this instant")] = None
    limit: Limit = 100
