"""What is asked of sessions, hooks and handoffs."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, field

from everlore.app.requests.fields import (
    AsOf,
    Before,
    Directory,
    Instant,
    Limit,
    Namespace,
    PathText,
    Reason,
    RecordedAsOf,
    Request,
)
from everlore.core.types import HandoffState


class Hook(Request, frozen=True):
    """Take in what an agent's client tells of its session."""

    client: Annotated[str, Meta(min_length=1, max_length=40, description="The client, such as claude-code")]
    event: Annotated[str, Meta(min_length=1, max_length=80, description="The event, by the client's own name for it")]
    payload: Annotated[
        Annotated[str, Meta(min_length=1, max_length=4_000_000)] | None,
        Meta(description="What the client sent, JSON as it came"),
    ] = None
    cwd: Directory | None = None
    environ: Annotated[
        dict[str, str], Meta(max_length=64, description="Variables that tell which client it really is")
    ] = field(default_factory=dict)
    at: Annotated[
        Annotated[int, Meta(ge=0, le=253_402_300_799_999)] | None, Meta(description="When, Unix milliseconds")
    ] = None
    key: Annotated[
        Annotated[str, Meta(min_length=1, max_length=100)] | None,
        Meta(description="The same for each try to deliver it"),
    ] = None


class Mine(Request, frozen=True):
    """Read what agents' clients have left on disk."""

    paths: Annotated[
        list[PathText],
        Meta(max_length=1000, description="Only these files or directories; else where each client keeps its own"),
    ] = field(default_factory=list)
    clients: Annotated[
        list[Annotated[str, Meta(min_length=1, max_length=40)]],
        Meta(max_length=32, description="Only of these clients, such as claude-code"),
    ] = field(default_factory=list)
    history: Annotated[bool, Meta(description="Read everything that is there, at the first run too")] = False
    dry_run: Annotated[bool, Meta(description="Only say how much there is and how long it may take")] = False
    retry: Annotated[bool, Meta(description="Try files again that were given up")] = False
    watch: Annotated[
        Literal["on", "off"] | None, Meta(description="Have the server go on reading what is new, or no longer")
    ] = None


class Sessions(Request, frozen=True):
    """List sessions, the latest first."""

    namespace: Namespace | None = None
    client: Annotated[
        Annotated[str, Meta(min_length=1, max_length=40)] | None, Meta(description="Only of this client")
    ] = None
    limit: Limit = 20
    before: Annotated[
        Instant | None,
        Meta(description="Only sessions that ended before then; or continue after this id of the page before"),
    ] = None


class TranscriptsSearch(Request, frozen=True):
    """Find what was said and done in sessions."""

    query: Annotated[str, Meta(min_length=1, max_length=10_000, description="The words or the question")]
    namespace: Namespace | None = None
    cwd: Directory | None = None
    limit: Annotated[int, Meta(ge=1, le=200, description="The most turns to return")] = 10
    as_of: Annotated[Instant | None, Meta(description="Only what was said by then")] = None


class Drain(Request, frozen=True):
    """Store what hooks left in the spool."""


class Handoff(Request, frozen=True):
    """Show the handoff that waits in a project, or one by its id; showing it claims nothing."""

    id: Annotated[
        Annotated[str, Meta(min_length=1, max_length=200)] | None, Meta(description="The id of a handoff")
    ] = None
    namespace: Namespace | None = None
    cwd: Directory | None = None
    as_of: AsOf = None
    recorded_as_of: RecordedAsOf = None


class HandoffList(Request, frozen=True):
    """List handoffs, newest first."""

    namespace: Namespace | None = None
    cwd: Directory | None = None
    state: Annotated[HandoffState | None, Meta(description="Only in this state")] = None
    as_of: AsOf = None
    recorded_as_of: RecordedAsOf = None
    limit: Limit = 20
    before: Before = None


class HandoffBegin(Request, frozen=True):
    """Write a handoff now."""

    namespace: Namespace | None = None
    cwd: Directory | None = None
    text: Annotated[
        Annotated[str, Meta(min_length=1, max_length=20_000)] | None,
        Meta(description="What the next session should know; else the latest session of the project says it"),
    ] = None
    recipient: Annotated[
        Annotated[str, Meta(min_length=1, max_length=40)] | None,
        Meta(description="Only for this client, such as codex"),
    ] = None


class HandoffAccept(Request, frozen=True):
    """Claim a handoff, so that nobody else is offered it."""

    id: Annotated[
        Annotated[str, Meta(min_length=1, max_length=200)] | None, Meta(description="The id of a handoff")
    ] = None
    namespace: Namespace | None = None
    cwd: Directory | None = None


class HandoffCancel(Request, frozen=True):
    """Take a handoff back."""

    id: Annotated[str, Meta(min_length=1, max_length=200, description="The id of a handoff")]
    reason: Reason | None = None


class HandoffReopen(Request, frozen=True):
    """Offer a handoff again."""

    id: Annotated[str, Meta(min_length=1, max_length=200, description="The id of a handoff")]
    reason: Reason | None = None


class Compile(Request, frozen=True):
    """Make pages of sessions, and proposals of what they teach."""

    session: Annotated[
        Annotated[str, Meta(min_length=1, max_length=200)] | None,
        Meta(description="This session; else those that have ended and changed since they were compiled"),
    ] = None
    namespace: Namespace | None = None
    cwd: Directory | None = None
    dry_run: Annotated[bool, Meta(description="Show the pages and lessons, and write nothing")] = False
    limit: Limit = 100
