"""What is asked of the ledger: what memory cost and saved, and why something was told."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from everlore.app.requests.fields import Directory, Id, Namespace, Request
from everlore.app.requests.prompts import _Client, _Prompt, _Session

Days = Annotated[int, Meta(ge=1, le=3_660, description="How many days back, this one included")]
_Provider = Annotated[
    Annotated[str, Meta(min_length=1, max_length=80)] | None, Meta(description="Only what went to this provider")
]
_Place = Annotated[Namespace | None, Meta(description="Only what was told there and below")]


class Stats(Request, frozen=True):
    """Say what memory cost and saved."""

    days: Days = 30
    namespace: _Place = None
    provider: _Provider = None


class StatsTimeline(Request, frozen=True):
    """Say what memory cost and saved, day by day or week by week."""

    days: Days = 30
    bucket: Annotated[Literal["day", "week"], Meta(description="Weeks begin on Monday; days are those of UTC")] = "day"
    namespace: _Place = None
    provider: _Provider = None


class StatsProviders(Request, frozen=True):
    """Say what memory cost and saved with each provider and model."""

    days: Days = 30
    namespace: _Place = None
    provider: _Provider = None


class StatsLogs(Request, frozen=True):
    """List what was told, newest first."""

    days: Days = 30
    namespace: _Place = None
    provider: _Provider = None
    limit: Annotated[int, Meta(ge=1, le=500, description="The most entries to return")] = 20
    before: Annotated[
        Id | None, Meta(description="Only entries before this one, as `next` of the last answer has it")
    ] = None


class Why(Request, frozen=True):
    """Say why and when a memory or a turn was told."""

    id: Id
    limit: Annotated[int, Meta(ge=1, le=500, description="The most occasions to return")] = 20


class ContextExplain(Request, frozen=True):
    """Show what context would tell with a prompt, and what spoke for and against each candidate."""

    prompt: _Prompt
    namespace: Namespace | None = None
    cwd: Directory | None = None
    session: _Session = None
    client: _Client = None
    budget: Annotated[int, Meta(ge=20, le=20_000, description="The most tokens to tell")] = 800
    limit: Annotated[int, Meta(ge=1, le=20, description="The most items to tell")] = 5
    candidates: Annotated[int, Meta(ge=1, le=60, description="The most candidates to show")] = 10
