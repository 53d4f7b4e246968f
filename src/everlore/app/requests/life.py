"""What is asked of a memory's life beside its text."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from everlore.app.requests.fields import Clearable, Id, Layer, Limit, Namespace, Reason, Request, Tag, Ttl
from everlore.core.types import Kind, Tier, Verdict, Visibility


class Set(Request, frozen=True):
    """Change what is kept about a memory beside its text; what is not given stays."""

    id: Id
    kind: Annotated[Kind | None, Meta(description="What sort of knowledge it is")] = None
    layer: Layer | None = None
    tier: Annotated[Tier | None, Meta(description="How long it matters: hours, days, for good")] = None
    ttl: Ttl | None = None
    expires: Annotated[Clearable | None, Meta(description="When it is archived, used or not; '' for never")] = None
    importance: Annotated[Annotated[float, Meta(ge=0, le=1)] | None, Meta(description="0 to 1")] = None
    pinned: Annotated[bool, Meta(description="Exempt it from fading")] = False
    unpinned: Annotated[bool, Meta(description="Let it fade again")] = False
    tags: Annotated[
        Annotated[list[Tag], Meta(max_length=32)] | None, Meta(description="Labels, instead of those it has")
    ] = None
    visibility: Annotated[Visibility | None, Meta(description="Who may see it")] = None
    namespace: Annotated[
        Annotated[str, Meta(min_length=1, max_length=600)] | None, Meta(description="Move it to this namespace")
    ] = None
    valid_from: Annotated[Clearable | None, Meta(description="When it became true in the world; '' for unknown")] = None
    valid_until: Annotated[Clearable | None, Meta(description="When it ceased to be true; '' for not yet")] = None
    reason: Reason | None = None


class Supersede(Request, frozen=True):
    """Say that one memory took the place of another; both are kept."""

    id: Annotated[str, Meta(min_length=1, max_length=200, description="The memory that is true no more")]
    by: Annotated[str, Meta(min_length=1, max_length=200, description="The memory that took its place")]
    reason: Reason | None = None


class Merge(Request, frozen=True):
    """Say that memories say the same as another, which then stands for them; all are kept."""

    ids: Annotated[
        list[Annotated[str, Meta(min_length=1, max_length=200)]],
        Meta(min_length=1, max_length=100, description="The memories that say the same"),
    ]
    into: Annotated[str, Meta(min_length=1, max_length=200, description="The memory that stands for them")]
    reason: Reason | None = None


class Feedback(Request, frozen=True):
    """Say whether a memory was of use."""

    id: Id
    verdict: Annotated[Verdict, Meta(description="Helpful; no longer true; or wrong")]
    note: Annotated[Annotated[str, Meta(min_length=1, max_length=1000)] | None, Meta(description="In your words")] = (
        None
    )


class Sweep(Request, frozen=True):
    """Archive what has expired or faded; shows what that would be unless told to apply it."""

    namespace: Namespace | None = None
    below: Annotated[
        float, Meta(ge=0, le=1, description="Also what is weaker than that, long-lived memories too; 0 for none")
    ] = 0.0
    apply: Annotated[bool, Meta(description="Do it, rather than show it")] = False
    limit: Limit = 1000
    reason: Reason | None = None


class Purge(Request, frozen=True):
    """Remove the text of memories for good; says what is gone and what remains where."""

    ids: Annotated[
        list[Annotated[str, Meta(min_length=1, max_length=200)]],
        Meta(min_length=1, max_length=100, description="The memories whose text is to go"),
    ]
    with_turns: Annotated[bool, Meta(description="The turns they were learnt from too")] = False
    with_vault_history: Annotated[
        bool, Meta(description="Their pages in every commit of the vault's git too, whose commits get new ids")
    ] = False
    reason: Reason | None = None


class Curate(Request, frozen=True):
    """Tidy: tags, duplicates, contradictions, promotion, expiry, mentions, dead links. Judgements become proposals."""

    namespace: Namespace | None = None
    dry_run: Annotated[bool, Meta(description="Show what would be done and proposed")] = False
    seconds: Annotated[float, Meta(ge=0.1, le=3600, description="The longest it may take")] = 120.0
    changes: Annotated[int, Meta(ge=1, le=100_000, description="The most changes and proposals of one run")] = 10_000


class Consolidate(Request, frozen=True):
    """Gather memories into a page that cites each of them; they stay as they are."""

    ids: Annotated[
        list[Annotated[str, Meta(min_length=1, max_length=200)]],
        Meta(min_length=1, max_length=200, description="The memories to gather"),
    ]
    title: Annotated[str, Meta(min_length=1, max_length=300, description="What the page is about")]
    page: Annotated[
        Annotated[str, Meta(min_length=1, max_length=200)] | None,
        Meta(description="The page to write anew, if there is one"),
    ] = None
    reason: Reason | None = None
