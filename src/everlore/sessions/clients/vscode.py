"""VS Code's own agent: Claude's events with fields in both spellings; a start alone may be told something."""

from __future__ import annotations

from everlore.sessions.clients import claude_code
from everlore.sessions.clients.client import Client, by_kind


def client(name: str) -> Client:
    """Return the client."""
    when = by_kind({"session_start": "start"}, claude_code.EVENTS)
    return Client(name, claude_code.EVENTS, claude_code.parse, claude_code.shape, when)
