"""What is answered of pages, of projects that are moved or purged, and of what is wrong with memories."""

from __future__ import annotations

from typing import Literal

from everlore.app.answers.knowledge import MemoryView
from everlore.app.answers.life import Left
from everlore.app.answers.root import Answer, Finding


class PageLink(Answer, frozen=True):
    """One link of a page: its kind, what is at the other end and how that is called."""

    kind: str
    id: str
    name: str


class PageShown(Answer, frozen=True):
    """A page, what it leads to, what leads to it, and the `[[names]]` in it that nothing bears."""

    page: MemoryView
    links: list[PageLink]
    backlinks: list[PageLink]
    missing: list[str]


class PageChanged(Answer, frozen=True):
    """What became, or with a dry run would become, of a page; `backlinks` are the pages that lead to it.

    `missing` are `[[names]]` in its text that nothing bears. `operation` can be given to undo.
    """

    id: str
    outcome: Literal["created", "revised", "unchanged", "held", "archived"]
    name: str
    namespace: str
    revision: int
    links: int
    backlinks: list[PageLink]
    missing: list[str]
    findings: list[Finding]
    applied: bool
    operation: str | None


class Touched(Answer, frozen=True):
    """What was, or with a dry run would be, moved: how much of each sort, and what stays. `operation` can be given to undo."""

    before: str
    namespace: str
    touched: dict[str, int]
    remains: list[str]
    applied: bool
    operation: str | None


class PurgedWhole(Answer, frozen=True):
    """What of a project or session is, or with a dry run would be, gone for good, and what remains where. It cannot be undone."""

    what: str
    touched: dict[str, int]
    places: list[Left]
    applied: bool
    operation: str | None


class Ill(Answer, frozen=True):
    """One finding: which memories, why, what to do, and the operation and proposal that would do it."""

    sort: str
    ids: list[str]
    namespace: str
    title: str
    why: str
    todo: str
    operation: str | None = None
    proposal: str | None = None


class Linted(Answer, frozen=True):
    """What was found, of each sort how much in all, and how much was looked at.

    `complete` is whether every memory was read and held against its nearest; `proposed` are proposals that are new.
    """

    counts: dict[str, int]
    found: list[Ill]
    proposed: int
    read: int
    compared: int
    complete: bool
