"""What is answered of a memory's life beside its text."""

from __future__ import annotations

from typing import Literal

from everlore.app.answers.root import Answer


class Faded(Answer, frozen=True):
    """One memory that a sweep archives or promotes, and why."""

    id: str
    what: Literal["archived", "promoted", "proposed for purge"]
    why: str
    strength: float
    text: str


class Swept(Answer, frozen=True):
    """What a sweep did, or would do. `operation` can be given to undo."""

    applied: bool
    memories: list[Faded]
    archived: int
    promoted: int
    proposed: int
    operation: str | None


class Left(Answer, frozen=True):
    """Where a purged text was, and whether it is gone from there."""

    where: str
    gone: bool
    detail: str


class Purged(Answer, frozen=True):
    """What is gone for good, and what remains where. It cannot be undone."""

    ids: list[str]
    places: list[Left]
    operation: str


class Curated(Answer, frozen=True):
    """What a curator did and proposed, or would, by sort. `operation` can be given to undo."""

    changed: dict[str, int]
    proposed: dict[str, int]
    read: int
    complete: bool
    seconds: float
    operation: str | None
