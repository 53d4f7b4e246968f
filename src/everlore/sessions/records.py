"""One turn on its way in, as every reader yields it, and what can be wrong with a line of a file."""

from __future__ import annotations

from dataclasses import dataclass

from everlore.core.errors import InvalidInput

MAX_TURN = 4_000_000
"""The most characters one turn may have; a longer one is refused, never cut."""


@dataclass(frozen=True, slots=True)
class TurnRecord:
    """One turn. `id` is unique within its session and comes back as `source.turn`; `time` is Unix milliseconds or None."""

    session: str
    id: str
    speaker: str
    role: str | None
    time: int | None
    text: str
    caption: str | None = None


@dataclass(frozen=True, slots=True)
class MemoryRecord:
    """One memory on its way in from a file."""

    text: str
    title: str | None
    kind: str
    tags: tuple[str, ...]
    valid_from: int | None
    source: str | None


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line or file that cannot be read: where it stands and the error it would raise."""

    where: str
    error: InvalidInput


Record = TurnRecord | MemoryRecord | BadLine
