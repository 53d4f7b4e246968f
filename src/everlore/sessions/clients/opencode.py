"""OpenCode, through our plugin, which speaks as this says: {sessionID, directory, text | tool, args, output, callID}.

The plugin pushes what is printed into the system prompt of the session, as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from everlore.sessions.clients.claude_code import facts
from everlore.sessions.clients.client import Client, Moment, normal
from everlore.sessions.clients.payload import Payload, spoken, text, tool
from everlore.sessions.records import Event, EventKind

EVENTS: Mapping[str, EventKind] = {
    "sessionstart": "session_start", "sessioncreated": "session_start", "chatmessage": "prompt", "toolexecuteafter": "tool_result",
    "message": "answer", "sessionidle": "turn_end", "sessioncompacted": "compaction", "sessioncompacting": "compaction",
    "sessiondeleted": "session_end", "sessionend": "session_end", "sessionerror": "other",
}  # fmt: skip


def client(name: str) -> Client:
    """Return the client."""
    return Client(name, EVENTS, parse, shape, when, cap=12_000)


def parse(event: Event, kind: EventKind, payload: Payload) -> list[Event]:
    """Read what our plugin sends."""
    message = text(payload, "messageID")
    parent = text(payload, "parentID")
    event = replace(event, parent=parent or event.parent)
    if kind == "prompt":
        asked = unquoted(text(payload, "text", "prompt"))
        return spoken(event, kind, asked, f"message:{message}" if message else "")
    if kind == "answer":
        return spoken(event, kind, text(payload, "text"), f"message:{message}" if message else "")
    if kind == "tool_result":
        return tool(event, payload)
    return [replace(event, kind=kind, detail={**event.detail, **facts(payload)})]


def unquoted(asked: str) -> str:
    """Return a prompt without the quotes that `opencode run` puts round one of several words."""
    inner = asked[1:-1]
    return inner if len(asked) > 2 and asked[0] == asked[-1] == '"' and '"' not in inner else asked


def when(event: str, payload: Payload) -> Moment | None:
    """Return the moment."""
    moments: Mapping[str, Moment] = {"sessionstart": "start", "chatmessage": "prompt", "sessioncompacted": "compacted"}
    return moments.get(normal(event))


def shape(event: str, context: str) -> str:
    """Return what is printed to add a context."""
    return context
