"""What is answered of a project's repository."""

from __future__ import annotations

from typing import Literal

from everlore.app.answers.root import Answer, Finding, Skipped
from everlore.core.types import Kind

Step = Literal["kept", "revised", "unchanged", "held", "edited", "put aside", "archived"]


class Seeded(Answer, frozen=True):
    """One page or memory that a repository gives; `edited` and `put aside` ones belong to somebody else now and are left alone."""

    title: str
    kind: Kind
    what: Step
    id: str | None
    sources: int


class Bootstrapped(Answer, frozen=True):
    """What came of a repository. `unresolved` are sources that lead nowhere; `cut` says what the limits left out."""

    namespace: str
    root: str
    dry_run: bool
    files: int
    commits: int
    seeds: list[Seeded]
    counts: dict[str, int]
    sources: int
    unresolved: list[str]
    skipped: list[Skipped]
    cut: list[str]
    findings: list[Finding]
    operation: str | None
    seconds: float


class Anchored(Answer, frozen=True):
    """One memory and whether the code that it speaks of is as it was when it was written."""

    id: str
    title: str
    state: Literal["fresh", "drifted", "gone"]
    mark: str
    namespace: str


class Fresh(Answer, frozen=True):
    """What was looked at: memories newly anchored, anchors checked, and memories by state."""

    anchored: int
    checked: int
    fresh: int
    drifted: int
    gone: int
    memories: list[Anchored]
    seconds: float
