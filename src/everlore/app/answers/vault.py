"""What is answered of the vault."""

from __future__ import annotations

from everlore.app.answers.root import Answer


class PageProblem(Answer, frozen=True):
    """A file that was left alone, and why."""

    path: str
    problem: str


class VaultStatus(Answer, frozen=True):
    """Where the vault is; `waiting` memories have changed since their files were written, the files of `missing` are gone."""

    path: str
    on: bool
    pages: int
    waiting: int
    git: bool
    problems: list[PageProblem]
    missing: list[str]


class VaultSynced(Answer, frozen=True):
    """What was taken in from the files, at most 200 paths of each sort, and how many files waited to be written.

    `conflicts` were edited in the store too; a proposal holds the other text. `git` says why nothing was committed.
    """

    taken_in: int
    written: int
    revised: list[str]
    made: list[str]
    archived: list[str]
    moved: list[str]
    conflicts: list[str]
    awaiting_approval: list[str]
    missing: list[str]
    problems: list[PageProblem]
    git: str
    seconds: float
