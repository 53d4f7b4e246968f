"""What is asked by whoever shows a store: projects, sessions whole, the journal, titles, graphs to draw, how a project is."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from everlore.app.requests.fields import Limit, Request


class Projects(Request, frozen=True):
    """List projects, those with the latest activity first."""

    workspace: Annotated[
        Annotated[str, Meta(min_length=1, max_length=600)] | None, Meta(description="Only projects of this workspace")
    ] = None
    limit: Limit = 100


class Workspaces(Request, frozen=True):
    """List workspaces, those with the latest activity first."""

    limit: Limit = 100
