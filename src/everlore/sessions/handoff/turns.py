"""What a handoff is made from and made of: turns in order, facts of the session, the state of the work tree, cited lines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Said:
    """One turn: `position` is its place in the session, `time` Unix milliseconds, `detail` as `Event.detail` has it."""

    uid: str
    position: int
    role: str | None
    event: str | None
    text: str
    time: int | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a session beside its turns; times are Unix milliseconds."""

    client: str
    session: str
    started: int | None = None
    ended: int | None = None
    cwd: str | None = None
    branch: str | None = None
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Git:
    """The state of a work tree: `unpushed` commits, `uncommitted` files, and git's own words on how much they differ."""

    branch: str = ""
    head: str = ""
    diffstat: str = ""
    uncommitted: tuple[str, ...] = ()
    unpushed: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a handoff: words of the turn `position`, and what we count beside them; None where `source` says it."""

    quote: str
    position: int | None
    note: str = ""
    source: str = "git"


@dataclass(frozen=True, slots=True)
class Handoff:
    """Everything a session has to hand over, each section with the most important line first."""

    facts: Facts
    last_asked: tuple[Line, ...] = ()
    failing: tuple[Line, ...] = ()
    todo: tuple[Line, ...] = ()
    questions: tuple[Line, ...] = ()
    last_said: tuple[Line, ...] = ()
    goal: tuple[Line, ...] = ()
    files: tuple[Line, ...] = ()
    tree: tuple[Line, ...] = ()
    decided: tuple[Line, ...] = ()
    commands: tuple[Line, ...] = ()
