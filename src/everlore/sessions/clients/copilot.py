"""Copilot CLI: camelCase events with camelCase payloads, or PascalCase events with Claude's; a start alone may be told something."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from everlore.sessions.clients import claude_code
from everlore.sessions.clients.client import Client, by_kind
from everlore.sessions.clients.payload import Payload
from everlore.sessions.records import Event, EventKind

EVENTS: Mapping[str, EventKind] = {
    **claude_code.EVENTS, "userpromptsubmitted": "prompt", "agentstop": "turn_end", "erroroccurred": "other",
}  # fmt: skip


def client(name: str) -> Client:
    """Return the client."""
    return Client(name, EVENTS, parse, shape, by_kind({"session_start": "start"}, EVENTS))


def parse(event: Event, kind: EventKind, payload: Payload) -> list[Event]:
    """Read a payload of either shape; an end says why in `reason` or `stopReason`."""
    if kind == "turn_end" and "stopReason" in payload:
        return [replace(event, kind=kind)]
    return claude_code.parse(event, kind, payload)


def shape(event: str, context: str) -> Mapping[str, Any]:
    """Return what is printed to add a context."""
    return {"additionalContext": context}
