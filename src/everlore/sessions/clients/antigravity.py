"""Antigravity: payloads name neither the event nor the prompt, and every model call fires PreInvocation.

Context is given at the first call of a conversation alone, so that it is told once. What was said and what tools gave is
read from the end of the transcript, whose path the payload has.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from everlore.sessions.clients.client import Client, Moment
from everlore.sessions.clients.payload import Payload, instant, spoken, text, tool
from everlore.sessions.records import Event, EventKind

EVENTS: Mapping[str, EventKind] = {
    "preinvocation": "prompt", "postinvocation": "other", "pretooluse": "other", "posttooluse": "tool_result", "stop": "turn_end",
    "sessionstart": "session_start",
}  # fmt: skip
_TAIL = 256 * 1024


def client(name: str) -> Client:
    """Return the client."""
    return Client(name, EVENTS, parse, shape, when)


def parse(event: Event, kind: EventKind, payload: Payload) -> list[Event]:
    """Read a payload of Antigravity."""
    if kind == "prompt":
        found = _last(event, payload, "USER", "prompt")
        return found or [replace(event, kind="other")]
    if kind == "turn_end":
        return [*_last(event, payload, "MODEL", "answer"), replace(event, kind="turn_end")]
    if kind == "tool_result":
        step = payload.get("stepIdx")
        return [replace(each, key=f"step:{step}" if isinstance(step, int) else "") for each in tool(event, payload)]
    return [replace(event, kind=kind)]


def _last(event: Event, payload: Payload, source: str, kind: EventKind) -> list[Event]:
    """Return the last thing that a source said, as the transcript has it."""
    path = text(payload, "transcriptPath", "transcript_path")
    try:
        if not Path(path).is_file():
            return []
        with Path(path).open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - _TAIL))
            lines = file.read(_TAIL).splitlines()
    except (OSError, ValueError):
        return []
    for line in reversed(lines):
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, dict) and str(entry.get("source", "")).startswith(source):
            at = instant(entry, "created_at")
            return spoken(replace(event, at=at) if at else event, kind, text(entry, "content"))
    return []


def when(event: str, payload: Payload) -> Moment | None:
    """Return the moment: the first model call is the start, and no other is told anything."""
    number = payload.get("invocationNum")
    return (
        "start"
        if event == "SessionStart"
        or (isinstance(number, int) and number in (0, 1) and not payload.get("initialNumSteps"))
        else None
    )


def shape(event: str, context: str) -> Mapping[str, Any]:
    """Return what is printed to add a context."""
    return {"injectSteps": [{"ephemeralMessage": context}]}
