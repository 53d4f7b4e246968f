"""What is asked for what an agent should know now: a slice, a briefing, and all of it in one budget."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, field

from everlore.app.requests.fields import Directory, Instant, Namespace, Request
from everlore.recall.roles import Task

Query = Annotated[
    str, Meta(min_length=1, max_length=10_000, description="What is being worked on or asked, in plain words")
]
Client = Annotated[str, Meta(min_length=1, max_length=40, description="The client that will read it, such as codex")]
Conversation = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=200,
        description="The client's own id of its conversation: what was told in it is not told again unless it changed",
    ),
]
File = Annotated[str, Meta(min_length=1, max_length=4096)]
Shape = Annotated[Literal["markdown", "json", "toon"], Meta(description="How the text is written")]
SliceBudget = Annotated[int, Meta(ge=50, le=50_000, description="The most tokens of the text")]


class Slice(Request, frozen=True):
    """Return what an agent should know now."""

    query: Query | None = None
    namespace: Namespace | None = None
    cwd: Directory | None = None
    client: Client | None = None
    session: Conversation | None = None
    task: Annotated[
        Task | None, Meta(description="What is being done: it orders the sections and shares out the room")
    ] = None
    repo: Annotated[
        Directory | None, Meta(description="The root of the work tree that files are named from; else the directory")
    ] = None
    file: Annotated[File | None, Meta(description="The file being worked on")] = None
    open_files: Annotated[list[File], Meta(max_length=100, description="Files that are open")] = field(
        default_factory=list
    )
    changed_files: Annotated[list[File], Meta(max_length=500, description="Files that have changed")] = field(
        default_factory=list
    )
    branch: Annotated[
        Annotated[str, Meta(min_length=1, max_length=200)] | None,
        Meta(description="The branch: what was decided on it comes before other late decisions"),
    ] = None
    budget: SliceBudget = 1_500
    format: Shape = "markdown"
    as_of: Annotated[Instant | None, Meta(description="As it was then")] = None


class SlicePropose(Slice, frozen=True):
    """Return what an agent should know now, and propose what should change in what is remembered."""

    commit_safe: Annotated[
        bool, Meta(description="Carry out what of that policy calls safe; the rest goes into the inbox")
    ] = False


class Briefing(Request, frozen=True):
    """Return what happened lately in a project."""

    namespace: Namespace | None = None
    cwd: Directory | None = None
    since: Annotated[Instant | None, Meta(description="Since then; else the last seven days")] = None
    budget: SliceBudget = 800


class Explore(Request, frozen=True):
    """Catch up on a project after being away."""

    namespace: Namespace | None = None
    cwd: Directory | None = None
    client: Annotated[Client | None, Meta(description="Who was away: the client, such as codex; else whoever asks")] = (
        None
    )
    session: Conversation | None = None
    since: Annotated[
        Instant | None, Meta(description="When one was there last; else when that client's last session there ended")
    ] = None
    budget: Annotated[
        Annotated[int, Meta(ge=50, le=50_000)] | None,
        Meta(description="The most tokens; else by how long one was away, 200 to 3,000"),
    ] = None


class ContextAssemble(Request, frozen=True):
    """Return all that bears on a question in a project, in one budget."""

    query: Query
    namespace: Namespace | None = None
    cwd: Directory | None = None
    client: Client | None = None
    session: Conversation | None = None
    task: Annotated[Task | None, Meta(description="What is being done")] = None
    budget: SliceBudget = 3_000
