"""Pi and OMP, through our extension, which sends {session, cwd, prompt | tool, input, content, isError | messages}."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from everlore.sessions.clients.claude_code import facts
from everlore.sessions.clients.client import Client, Moment, normal
from everlore.sessions.clients.payload import Payload, joined, spoken, text, tool
from everlore.sessions.records import Event, EventKind

EVENTS: Mapping[str, EventKind] = {
    "sessionstart": "session_start", "beforeagentstart": "prompt", "toolresult": "tool_result", "agentend": "turn_end",
    "sessionbeforecompact": "compaction", "sessioncompact": "other", "sessionshutdown": "session_end",
}  # fmt: skip


def client(name: str) -> Client:
    """Return the client."""
    return Client(name, EVENTS, parse, shape, when, cap=12_000)


def parse(event: Event, kind: EventKind, payload: Payload) -> list[Event]:
    """Read what our extension sends."""
    if kind == "prompt":
        return spoken(event, kind, text(payload, "prompt"))
    if kind == "tool_result":
        return tool(event, payload, failed=True if payload.get("isError") is True else None)
    if kind == "turn_end":
        return [*last_answer(event, payload), replace(event, kind=kind)]
    return [replace(event, kind=kind, detail={**event.detail, **facts(payload)})]


def last_answer(event: Event, payload: Payload) -> list[Event]:
    """Return what the agent said last among the messages of a turn."""
    messages = payload.get("messages")
    for message in reversed(messages if isinstance(messages, list) else []):
        if not isinstance(message, Mapping) or message.get("role") != "assistant":
            continue
        if found := spoken(event, "answer", joined(message.get("content"))):
            return found
    return spoken(event, "answer", text(payload, "text", "lastAssistantMessage"))


def when(event: str, payload: Payload) -> Moment | None:
    """Return the moment."""
    moments: Mapping[str, Moment] = {"sessionstart": "start", "beforeagentstart": "prompt"}
    return moments.get(normal(event))


def shape(event: str, context: str) -> str:
    """Return what is printed to add a context."""
    return context
