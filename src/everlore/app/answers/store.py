"""What is answered of the store as a whole."""

from __future__ import annotations

from typing import Any

from everlore.app.answers.models import LanguageModelStatus
from everlore.app.answers.root import Answer, Finding, Skipped
from everlore.core.types import Kind, Outcome


class Sample(Answer, frozen=True):
    """One of the first memories that came in, and what became of it."""

    kind: Kind
    title: str | None
    text: str
    tags: list[str]
    outcome: Outcome


class Imported(Answer, frozen=True):
    """What came in, or with a dry run would; `held` of the memories wait for a person. The same import again brings in nothing."""

    format: str
    sessions: int
    turns: int
    memories: int
    held: int
    entities: int
    links: int
    unchanged: int
    skipped: list[Skipped]
    findings: list[Finding]
    samples: list[Sample]
    applied: bool
    operation: str | None
    seconds: float


class Exported(Answer, frozen=True):
    """What went out."""

    path: str
    memories: int
    revisions: int
    turns: int
    links: int
    bytes: int


class ModelStatus(Answer, frozen=True):
    """The embedding model and how far the background embedding is."""

    name: str | None
    embedded: int
    waiting: int


class StoreStatus(Answer, frozen=True):
    """What is in the store."""

    home: str
    version: str
    schema: int
    encrypted: bool
    memories: dict[str, int]
    turns: int
    sessions: int
    namespaces: int
    passages: int
    links: int
    journal: int
    jobs: dict[str, int]
    bytes: int
    text_bytes: int
    model: ModelStatus
    daemon: str | None
    llm: LanguageModelStatus | None = None


class Problem(Answer, frozen=True):
    """One disagreement found by verify."""

    what: str
    detail: str
    hint: str


class Verified(Answer, frozen=True):
    """The result of verify; `ok` is true when there is no problem."""

    ok: bool
    checked: dict[str, int]
    problems: list[Problem]


class Rebuilt(Answer, frozen=True):
    """What was made again."""

    passages: int
    terms: int
    vectors_waiting: int
    seconds: float
    restored: int = 0


class Embedded(Answer, frozen=True):
    """What was embedded; `model` is None when there is no model to do it."""

    model: str | None
    embedded: int
    waiting: int


class BackedUp(Answer, frozen=True):
    """Where the copy is."""

    path: str
    bytes: int
    sha256: str


class Measured(Answer, frozen=True):
    """The result of a bench run; the report's shape depends on what was measured."""

    what: str
    report: dict[str, Any]
    out: str | None = None
