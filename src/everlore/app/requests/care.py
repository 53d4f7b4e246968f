"""What is asked to look after pages, projects and the store's health."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, field

from everlore.app.requests.fields import Directory, Namespace, Reason, Request, Tag, Text, WithHistory
from everlore.core.types import Kind

PageName = Annotated[str, Meta(min_length=1, max_length=300, description="The page by its title or slug, or its id")]
Project = Annotated[str, Meta(min_length=1, max_length=600, description="The project, such as acme/web")]
DryRun = Annotated[bool, Meta(description="Show what would be touched, and change nothing")]


class WritePage(Request, frozen=True):
    """Write a page, or give it a new revision where there is one of the name."""

    name: PageName
    text: Annotated[Text, Meta(description="The page in Markdown; [[name]] links it with another")]
    kind: Annotated[Kind | None, Meta(description="What sort of knowledge it is, page if none is given")] = None
    tags: Annotated[list[Tag], Meta(max_length=32, description="Labels of a new page")] = field(default_factory=list)
    namespace: Namespace | None = None
    cwd: Directory | None = None
    dry_run: DryRun = False
    reason: Reason | None = None


class ReadPage(Request, frozen=True):
    """Show a page with what it links and what links it."""

    name: PageName
    namespace: Namespace | None = None
    cwd: Directory | None = None


class DeletePage(Request, frozen=True):
    """Archive a page; restore brings it back."""

    name: PageName
    namespace: Namespace | None = None
    cwd: Directory | None = None
    dry_run: DryRun = False
    reason: Reason | None = None


class RenameProject(Request, frozen=True):
    """Give a project another name in its workspace."""

    project: Project
    name: Annotated[str, Meta(min_length=1, max_length=64, description="Its new name, one segment")]
    dry_run: DryRun = False
    reason: Reason | None = None


class MoveProject(Request, frozen=True):
    """Move a project to another workspace under the name that it has."""

    project: Project
    workspace: Annotated[str, Meta(min_length=1, max_length=64, description="The workspace to move it to")]
    dry_run: DryRun = False
    reason: Reason | None = None


class MergeWorkspace(Request, frozen=True):
    """Move all that a workspace holds into another one; projects of one name become one."""

    workspace: Annotated[str, Meta(min_length=1, max_length=64, description="The workspace that is emptied")]
    into: Annotated[str, Meta(min_length=1, max_length=64, description="The workspace that takes it all")]
    dry_run: DryRun = False
    reason: Reason | None = None


class PurgeProject(Request, frozen=True):
    """Remove all text of a project for good: memories, sessions, handoffs, names."""

    project: Project
    with_vault_history: WithHistory = False
    dry_run: DryRun = False
    reason: Reason | None = None


class PurgeSession(Request, frozen=True):
    """Remove the text of a session for good."""

    session: Annotated[
        str, Meta(min_length=1, max_length=400, description="The session, by either id that `sessions` shows")
    ]
    with_memories: Annotated[bool, Meta(description="The memories that were learnt from it too")] = False
    with_vault_history: WithHistory = False
    dry_run: DryRun = False
    reason: Reason | None = None


class Lint(Request, frozen=True):
    """Find what is wrong with memories: contradictions, stale pages, orphans, broken links, duplicates, size, sources."""

    namespace: Namespace | None = None
    days: Annotated[
        int, Meta(ge=1, le=36_500, description="Stale is what was neither used nor revised for so long")
    ] = 180
    longest: Annotated[int, Meta(ge=100, le=1_000_000, description="Characters beyond which a memory is too large")] = (
        20_000
    )
    compare: Annotated[
        int, Meta(ge=0, le=100_000, description="The most memories to hold against their nearest, newest first")
    ] = 1_000
    limit: Annotated[int, Meta(ge=1, le=1_000, description="The most findings of each sort to show")] = 20
    fix: Annotated[bool, Meta(description="Propose what would mend the findings shown; nothing is changed")] = False


class Reorg(Request, frozen=True):
    """Propose better places and kinds for memories."""

    namespace: Namespace | None = None
    limit: Annotated[int, Meta(ge=1, le=1_000, description="The most proposals")] = 50
    dry_run: Annotated[bool, Meta(description="Show them without proposing")] = False
