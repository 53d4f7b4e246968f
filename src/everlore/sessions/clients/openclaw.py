"""OpenClaw, through our plugin, which sends {sessionId, workspaceDir, prompt | toolName, params, result | messages}."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from everlore.sessions.clients.claude_code import facts
from everlore.sessions.clients.client import Client, Moment, normal
from everlore.sessions.clients.payload import Payload, spoken, text, tool
from everlore.sessions.clients.pi import last_answer
from everlore.sessions.records import Event, EventKind

EVENTS: Mapping[str, EventKind] = {
    "sessionstart": "session_start", "sessionend": "session_end", "beforepromptbuild": "prompt", "aftertoolcall": "tool_result",
    "beforecompaction": "compaction", "aftercompaction": "other", "agentend": "turn_end", "subagentspawned": "subagent_start",
    "subagentended": "subagent_end",
}  # fmt: skip


def client(name: str) -> Client:
    """Return the client."""
    return Client(name, EVENTS, parse, shape, when, cap=12_000)


def parse(event: Event, kind: EventKind, payload: Payload) -> list[Event]:
    """Read what our plugin sends."""
    if kind == "prompt":
        return spoken(event, kind, text(payload, "prompt"))
    if kind == "tool_result":
        return tool(event, payload)
    if kind == "turn_end":
        return [*last_answer(event, payload), replace(event, kind=kind)]
    return [replace(event, kind=kind, detail={**event.detail, **facts(payload)})]


def when(event: str, payload: Payload) -> Moment | None:
    """Return the moment."""
    return "prompt" if normal(event) == "beforepromptbuild" else None


def shape(event: str, context: str) -> str:
    """Return what is printed to add a context."""
    return context
