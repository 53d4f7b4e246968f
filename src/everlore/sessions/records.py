"""What comes in: turns, memories and events, as every reader and every client's adapter yields them.

A turn comes from a file that somebody imports. An event is told by an agent's client as it works, through a hook or through
the transcript that it leaves on disk; some events become turns, the rest say what happened to the session.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from everlore.core.errors import InvalidInput
from everlore.core.types import Role

MAX_TURN = 4_000_000
"""The most characters one turn may have; a longer one is refused, never cut."""


@dataclass(frozen=True, slots=True)
class TurnRecord:
    """One turn. `id` is unique within its session and comes back as `source.turn`; `time` is Unix milliseconds or None.

    What an agent's client told also has its event, its detail as JSON, the channel it came through and a digest of what
    was said.
    """

    session: str
    id: str
    speaker: str
    role: str | None
    time: int | None
    text: str
    caption: str | None = None
    event: str | None = None
    detail: str | None = None
    channel: str | None = None
    digest: bytes | None = None


@dataclass(frozen=True, slots=True)
class MemoryRecord:
    """One memory on its way in from a file."""

    text: str
    title: str | None
    kind: str
    tags: tuple[str, ...]
    valid_from: int | None
    source: str | None
    valid_until: int | None = None
    links: tuple[NamedLink, ...] = ()
    names: tuple[str, ...] = field(default=(), compare=False)
    """What links call it, beside its title: the file that it comes from, its aliases."""


@dataclass(frozen=True, slots=True)
class NamedLink:
    """A link to what bears a name: another memory of the same import, or an entity for `mentions`; `said` is the word for it."""

    kind: str
    target: str
    said: str = ""


@dataclass(frozen=True, slots=True)
class EntityRecord:
    """A named thing on its way in from a file."""

    name: str
    kind: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RelationRecord:
    """A link between two named things; `said` is the word that the file has for it."""

    kind: str
    source: str
    target: str
    said: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What is not read by rule and stops no import: where it stands, and why."""

    where: str
    why: str


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line or file that cannot be read: where it stands and the error it would raise."""

    where: str
    error: InvalidInput


Record = TurnRecord | MemoryRecord | EntityRecord | RelationRecord | LeftOut | BadLine

EventKind = Literal[
    "session_start", "prompt", "answer", "tool_call", "tool_result", "tool_failure", "compaction", "turn_end",
    "session_end", "subagent_start", "subagent_end", "other",
]  # fmt: skip
EVENT_KINDS: tuple[str, ...] = get_args(EventKind)
SPOKEN: Mapping[str, Role] = {
    "prompt": "user", "answer": "assistant", "tool_call": "tool", "tool_result": "tool", "tool_failure": "tool",
}  # fmt: skip
"""The events that become turns, and in which role."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that a client told of a session; `session` and `key` are the client's own ids, `at` Unix milliseconds.

    `name` is the client's own word for it. `key` is unique in its session and the same however often and through
    whichever channel the event arrives (`call:ID` of a tool call, `result:ID` of its result, `prompt:ID`, `uuid:ID` of
    a line of a transcript); "" when the client gives none. `text` is what was said; of a tool result it is the output
    alone. `detail` may hold:

    - `tool` (the client's name for it), `call` (the id of the call), `command` (a shell command), `paths` (files read or
      written, as given), `writes` (true when the files were changed), `input` (any other input, as short text), `exit`
      (int), `todos` (a list of {"content", "status": pending|in_progress|completed}: all there is to do), `task` ({"id", "content",
      "status"}: one thing to do that was made, without an id, or changed), `duration` (milliseconds)
    - of session_start: `source` (startup, resume, clear, compact, fork); of session_end: `reason`; of compaction:
      `trigger` and `summary`; of subagent_*: `agent`; of any: `model`
    """

    client: str
    session: str
    kind: EventKind
    name: str
    at: int | None = None
    text: str = ""
    key: str = ""
    cwd: str | None = None
    branch: str | None = None
    parent: str | None = None
    transcript: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)
