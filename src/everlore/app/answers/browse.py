"""What is answered to whoever shows a store: projects, sessions whole, the journal, titles, graphs to draw, how a project is."""

from __future__ import annotations

from everlore.app.answers.root import Answer


class ProjectView(Answer, frozen=True):
    """One project: the first two segments of its namespace, or the first alone for what lies at a workspace itself.

    `memories`, `sessions` and `turns` are those at it and below it, `last` is when something happened there last: a session
    ended, or what is remembered changed. `handoffs` are open ones, `proposals` those that wait for a decision.
    """

    namespace: str
    workspace: str
    project: str
    memories: int
    sessions: int
    turns: int
    last: str | None
    handoffs: int
    proposals: int


class ProjectList(Answer, frozen=True):
    """Projects, those with the latest activity first; `total` is how many there are."""

    projects: list[ProjectView]
    total: int


class WorkspaceView(Answer, frozen=True):
    """One workspace: the first segment of namespaces, how many projects it has, and what lies in all of them."""

    workspace: str
    projects: int
    memories: int
    sessions: int
    turns: int
    last: str | None


class WorkspaceList(Answer, frozen=True):
    """Workspaces, those with the latest activity first; `total` is how many there are."""

    workspaces: list[WorkspaceView]
    total: int
