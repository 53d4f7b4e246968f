"""The root of all answers, and what several of them hold."""

from __future__ import annotations

from msgspec import Struct


class Answer(Struct, frozen=True, kw_only=True, omit_defaults=False):
    """The root of all answers."""


class Finding(Answer, frozen=True):
    """What the guard removed or objected to, by kind and never by value."""

    kind: str
    count: int = 1


class Skipped(Answer, frozen=True):
    """One line that could not be read."""

    where: str
    error: str
