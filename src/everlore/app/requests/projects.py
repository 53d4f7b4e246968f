"""What is asked of a project's repository."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, field

from everlore.app.requests.fields import Directory, Id, Instant, Namespace, PathText, Request


class Bootstrap(Request, frozen=True):
    """Give a project its first pages from what its repository holds."""

    path: Annotated[PathText | None, Meta(description="The project's directory; yours if none is given")] = None
    namespace: Namespace | None = None
    cwd: Directory | None = None
    since: Annotated[Instant | None, Meta(description="Leave out what git tells from before this instant")] = None
    max_pages: Annotated[int, Meta(ge=1, le=2000, description="The most pages and memories to make")] = 300
    dry_run: Annotated[bool, Meta(description="Only say what would come")] = False


class Freshness(Request, frozen=True):
    """Look whether the code that memories speak of is as it was."""

    namespace: Namespace | None = None
    cwd: Directory | None = None
    all: Annotated[bool, Meta(description="List also what is fresh")] = False
    accept: Annotated[
        list[Id], Meta(max_length=100, description="Memories that hold as the code is now; they are anchored anew")
    ] = field(default_factory=list)
