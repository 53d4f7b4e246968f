"""What is asked that a language model takes part in."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from everlore.app.requests.fields import Directory, Namespace, Request


class Answer(Request, frozen=True):
    """Answer a question in sentences that cite what is remembered, or say that nothing is known."""

    question: Annotated[str, Meta(min_length=1, max_length=10_000, description="The question, in plain words")]
    namespace: Namespace | None = None
    cwd: Directory | None = None
    limit: Annotated[int, Meta(ge=1, le=50, description="The most items to answer from")] = 12


class Refine(Request, frozen=True):
    """Have a language model read what is new; what it suggests waits for review."""

    namespace: Namespace | None = None
    session: Annotated[
        Annotated[str, Meta(min_length=1, max_length=200)] | None, Meta(description="Only the lessons of this session")
    ] = None
    dry_run: Annotated[bool, Meta(description="Only say what there is to do and what it may cost at most")] = False
    limit: Annotated[int, Meta(ge=1, le=10_000, description="The most requests for which work is begun")] = 50
