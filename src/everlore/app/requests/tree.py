"""What is asked of the tree of namespaces and of standards."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from everlore.app.requests.fields import Directory, Id, Namespace, Reason, Request


class Namespaces(Request, frozen=True):
    """Show the tree of namespaces with how much lies at each and below it."""

    namespace: Namespace | None = None
    depth: Annotated[int, Meta(ge=1, le=8, description="How many levels to show")] = 3


class NamespaceMove(Request, frozen=True):
    """Rename or move a namespace with all that is in it and below it."""

    namespace: Annotated[str, Meta(min_length=1, max_length=600, description="The namespace to move")]
    to: Annotated[str, Meta(min_length=1, max_length=600, description="Its whole new path, such as acme/shop")]
    reason: Reason | None = None


class StandardSet(Request, frozen=True):
    """Attach a memory to a namespace under a name, for it and all below it."""

    name: Annotated[str, Meta(min_length=1, max_length=64, description="What it is a standard for, such as style")]
    id: Id
    namespace: Namespace | None = None
    cwd: Directory | None = None
    reason: Reason | None = None


class StandardDrop(Request, frozen=True):
    """Detach a standard from a namespace."""

    name: Annotated[str, Meta(min_length=1, max_length=64, description="The name of the standard")]
    namespace: Namespace | None = None
    cwd: Directory | None = None
    reason: Reason | None = None


class Standards(Request, frozen=True):
    """Show the standards that hold in a namespace, its own and those it inherits."""

    namespace: Namespace | None = None
    cwd: Directory | None = None
