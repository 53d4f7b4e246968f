"""What is asked by whoever shows a store: projects, sessions whole, the journal, titles, graphs to draw, how a project is."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, field

from everlore.app.requests.context import SliceBudget
from everlore.app.requests.fields import Before, Directory, Instant, Layer, Limit, Namespace, Request, Tag
from everlore.app.requests.graph import EntityKind, GraphRead, NodeName
from everlore.core.types import Kind, State, Tier


class Projects(Request, frozen=True):
    """List projects, those with the latest activity first."""

    workspace: Annotated[
        Annotated[str, Meta(min_length=1, max_length=600)] | None, Meta(description="Only projects of this workspace")
    ] = None
    limit: Limit = 100


class Workspaces(Request, frozen=True):
    """List workspaces, those with the latest activity first."""

    limit: Limit = 100


class Search(Request, frozen=True):
    """Search as somebody types: every word must be there, the last one as far as it is written."""

    query: Annotated[
        Annotated[str, Meta(max_length=10_000)] | None,
        Meta(description="What was typed so far; nothing lists the newest"),
    ] = None
    namespace: Namespace | None = None
    namespaces: Annotated[
        list[Namespace], Meta(max_length=25, description="Only in one of these projects, and below them")
    ] = field(default_factory=list)
    kinds: Annotated[list[Literal["turn", "memory"] | Kind], Meta(max_length=16, description="Only these kinds")] = (
        field(default_factory=list)
    )
    tag: Annotated[Tag | None, Meta(description="Only memories with this tag")] = None
    layer: Layer | None = None
    tier: Annotated[Tier | None, Meta(description="Only of this tier")] = None
    state: Annotated[State, Meta(description="Only memories in this state, and where it is active turns")] = "active"
    since: Annotated[Instant | None, Meta(description="Only what is from then or later")] = None
    until: Annotated[Instant | None, Meta(description="Only what is from then or earlier")] = None
    as_of: Annotated[Instant | None, Meta(description="What was true then")] = None
    recorded_as_of: Annotated[Instant | None, Meta(description="What was known then")] = None
    words_only: Annotated[bool, Meta(description="Leave out what is only near in meaning")] = False
    explain: Annotated[bool, Meta(description="Show what each hit's score consists of")] = False
    limit: Annotated[int, Meta(ge=1, le=100, description="The most hits to return")] = 20
    offset: Annotated[int, Meta(ge=0, le=2_000, description="How many hits to pass over, as `next` says")] = 0


class Growth(Request, frozen=True):
    """Show how many memories were kept in each week."""

    namespace: Namespace | None = None
    weeks: Annotated[int, Meta(ge=1, le=520, description="How many weeks to look back")] = 26


class Session(Request, frozen=True):
    """Show one session whole: its turns, what was learnt from it, what it was told, and what it left."""

    id: Annotated[str, Meta(min_length=1, max_length=400, description="The session's id, or the id its client gave it")]
    limit: Annotated[int, Meta(ge=1, le=1000, description="The most turns to return")] = 200
    after: Annotated[
        Annotated[int, Meta(ge=-1, le=1_000_000_000)] | None,
        Meta(description="Continue after the turn at this position"),
    ] = None


class Journal(Request, frozen=True):
    """Show what was done to the store, newest first: who did what, when and why, and what it touched."""

    namespace: Namespace | None = None
    operation: Annotated[
        Annotated[str, Meta(min_length=1, max_length=60)] | None,
        Meta(description="Only this operation, such as remember"),
    ] = None
    actor: Annotated[
        Annotated[str, Meta(min_length=1, max_length=80)] | None, Meta(description="Only what was done in this name")
    ] = None
    id: Annotated[
        Annotated[str, Meta(min_length=1, max_length=200)] | None,
        Meta(description="Only what touched this: a memory, a link, an entity, a handoff"),
    ] = None
    since: Annotated[Instant | None, Meta(description="From this instant on")] = None
    until: Annotated[Instant | None, Meta(description="Up to this instant")] = None
    limit: Limit = 50
    before: Before = None


class Pages(Request, frozen=True):
    """List memories by title alone, for a tree of them."""

    namespace: Namespace | None = None
    kind: Annotated[Kind | None, Meta(description="Only this kind")] = None
    state: Annotated[State, Meta(description="Only in this state")] = "active"
    tag: Annotated[Tag | None, Meta(description="Only with this tag")] = None
    layer: Layer | None = None
    tier: Annotated[Tier | None, Meta(description="Only of this tier")] = None
    pinned: Annotated[bool | None, Meta(description="Only what is pinned, or only what is not")] = None
    order: Annotated[Literal["updated", "title"], Meta(description="The newest revision first, or titles in order")] = (
        "updated"
    )
    limit: Limit = 200
    before: Before = None


class Graph(GraphRead, frozen=True, kw_only=True):
    """Give a part of the graph to be drawn: what lies around a node, or the best linked nodes of a namespace."""

    id: Annotated[NodeName | None, Meta(description="The node to draw around; else the best linked come first")] = None
    depth: Annotated[int, Meta(ge=1, le=3, description="The most links from the node")] = 2
    limit: Annotated[int, Meta(ge=1, le=5000, description="The most nodes to return")] = 300
    node_kinds: Annotated[
        list[Literal["memory", "entity"] | Kind | EntityKind],
        Meta(max_length=24, description="Only nodes of these kinds"),
    ] = field(default_factory=list)
    include_ended: Annotated[bool, Meta(description="Links that are over by then too")] = False


class Overview(Request, frozen=True):
    """Show how a project is: the handoff that waits, what happened lately, and what is wrong with its memories."""

    namespace: Namespace | None = None
    cwd: Directory | None = None
    since: Annotated[Instant | None, Meta(description="Since then; else the last seven days")] = None
    budget: SliceBudget = 800
    days: Annotated[
        int, Meta(ge=1, le=36_500, description="Stale is what was neither used nor revised for so long")
    ] = 180
    limit: Annotated[int, Meta(ge=0, le=100, description="The most memories of each sort to name")] = 5
