"""The fields that several requests share, and the root of all requests."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

MAX_TEXT = 1_000_000
Text = Annotated[str, Meta(min_length=1, max_length=MAX_TEXT)]
Name = Annotated[str, Meta(min_length=1, max_length=600)]
Title = Annotated[str, Meta(min_length=1, max_length=300, description="A short title")]
Id = Annotated[str, Meta(min_length=1, max_length=200, description="A memory's id, as recall prints it")]
Namespace = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=600,
        description="Where it belongs, such as acme/web; reading includes what is below",
    ),
]
Directory = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=4096,
        description="Your directory; its project counts where no namespace is named",
    ),
]
Reason = Annotated[str, Meta(max_length=1000, description="Why")]
Tag = Annotated[str, Meta(min_length=1, max_length=64)]
Instant = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=80,
        description="2026-03-02, 2026-03-02T09:00:00Z, or a phrase such as 'last monday'",
    ),
]
Clearable = Annotated[
    str, Meta(max_length=80, description="A day, an instant or a phrase; an empty text takes it away")
]
WithHistory = Annotated[
    bool, Meta(description="Their pages in every commit of the vault's git too, whose commits get new ids")
]
PathText = Annotated[
    str, Meta(min_length=1, max_length=4096, description="A file or directory on the machine that holds the store")
]
Format = Literal[
    "auto", "conversation", "locomo", "beam", "longmemeval", "coding", "markdown", "rules", "claude-memory", "basic-memory", "mem0",
    "mempalace", "mcp-memory", "chatgpt", "claude-ai", "slack", "chatlog", "everlore",
]  # fmt: skip
Limit = Annotated[int, Meta(ge=1, le=1000, description="The most items to return")]
Before = Annotated[
    Annotated[str, Meta(max_length=40)] | None, Meta(description="Continue after this id of the page before")
]
FULL = {"profile": "full"}
"""Marks a field that few callers need: of MCP tools only the full profile shows it, though every surface takes it."""
AsOf = Annotated[Instant | None, Meta(description="As it was then", extra=FULL)]
RecordedAsOf = Annotated[Instant | None, Meta(description="As it was known then", extra=FULL)]
Layer = Annotated[
    int,
    Meta(
        ge=0,
        le=3,
        description="0 told at every session's start, 1 general convention, 2 default, 3 only on explicit search; by kind if none is given",
    ),
]
Ttl = Annotated[int, Meta(ge=1, le=315_360_000, description="Seconds it lives unless used, instead of its tier's span")]


class Request(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The root of all requests."""
