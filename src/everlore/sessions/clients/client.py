"""What every client has: names of events, a way to read them, and a way to answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from everlore.sessions.clients.payload import Payload, base, text
from everlore.sessions.clients.silent import READING, SILENT, SPEAKING
from everlore.sessions.records import Event, EventKind

Moment = Literal["start", "prompt", "compacted", "read"]
FENCE_END = "</everlore-memory>"


def normal(event: str) -> str:
    """Return an event's name as it is looked up: installers and clients differ in case and in marks between words."""
    return "".join(character for character in event.lower() if character.isalnum())


@dataclass(frozen=True, slots=True)
class Client:
    """One client. `events` maps its names, in any spelling, to our kinds; `cap` is the most characters of one answer.

    `parse(event, kind, payload)` gives the events of a delivery from one that has what all have; `shape(event, context)`
    gives the object that is printed for a context, or a text that is printed as it is.
    """

    name: str
    events: Mapping[str, EventKind]
    parse: Callable[[Event, EventKind, Payload], list[Event]]
    shape: Callable[[str, str], Mapping[str, Any] | str]
    when: Callable[[str, Payload], Moment | None]
    cap: int = 10_000

    def kind(self, event: str) -> EventKind:
        """Return our word for an event of the client's, "other" when there is none."""
        return self.events.get(normal(event), "other")

    def read(self, event: str, payload: Payload, environ: Mapping[str, str], cwd: str) -> list[Event]:
        """Return what a delivery says; a delivery that names no session says nothing."""
        try:
            found = base(self.name, event, payload, cwd)
            return self.parse(found, self.kind(event), payload) if found.session else []
        except (TypeError, ValueError, ArithmeticError, LookupError, AttributeError, RecursionError):
            return []

    def speaks(self, event: str, payload: Payload) -> Moment | None:
        """Return at which moment of a session an event may be answered with context, None where it may not."""
        if event in READING.get(self.name, ()):
            return "read"
        if event not in SPEAKING.get(self.name, ()):
            return None
        return self.when(event, payload)

    def answer(self, event: str, context: str | None) -> str:
        """Return the exact output for a context; None is nothing to say."""
        silent = SILENT.get(self.name, {})
        if not context:
            return silent.get(event, silent.get("*", ""))
        shaped = self.shape(event, fitted(context, self.cap))
        return shaped if isinstance(shaped, str) else json.dumps(shaped, ensure_ascii=False)


def fitted(context: str, cap: int) -> str:
    """Return a context within `cap` characters, cut at the end of a line and closed by its fence."""
    if len(context) <= cap:
        return context
    head = context[: cap - len(FENCE_END) - 1]
    return f"{head[: head.rfind(chr(10))]}\n{FENCE_END}"


def by_kind(
    kinds: Mapping[EventKind, Moment], events: Mapping[str, EventKind]
) -> Callable[[str, Payload], Moment | None]:
    """Return the usual way to tell the moment: a start after a compaction is one of its own."""

    def when(event: str, payload: Payload) -> Moment | None:
        moment = kinds.get(events.get(normal(event), "other"))
        return "compacted" if moment == "start" and text(payload, "source") == "compact" else moment

    return when
