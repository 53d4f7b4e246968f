"""Cursor: camelCase events, `conversation_id` and `workspace_roots`, tool output as a text of JSON.

Its documents give a prompt no field for context while some versions read one, so both spellings go out and neither is
counted on; a start takes `additional_context`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from everlore.sessions.clients import claude_code
from everlore.sessions.clients.client import Client, by_kind, normal
from everlore.sessions.clients.payload import Payload, spoken, text, tool
from everlore.sessions.records import Event, EventKind

EVENTS: Mapping[str, EventKind] = {
    **claude_code.EVENTS, "beforesubmitprompt": "prompt", "afteragentresponse": "answer", "aftershellexecution": "tool_result",
    "aftermcpexecution": "tool_result", "afterfileedit": "tool_result", "beforeshellexecution": "other", "beforereadfile": "other",
    "afteragentthought": "other",
}  # fmt: skip


def client(name: str) -> Client:
    """Return the client."""
    return Client(name, EVENTS, parse, shape, by_kind({"session_start": "start", "prompt": "prompt"}, EVENTS))


def parse(event: Event, kind: EventKind, payload: Payload) -> list[Event]:
    """Read a payload of Cursor; a generation is one prompt and what comes of it."""
    generation = text(payload, "generation_id")
    if kind == "prompt":
        return spoken(event, kind, text(payload, "prompt"), f"generation:{generation}:prompt" if generation else "")
    if kind == "answer":
        return spoken(event, kind, text(payload, "text"))
    if kind == "tool_result":
        name = normal(event.name)
        if name == "aftershellexecution":
            payload = {"tool_name": "Shell", "tool_input": {"command": text(payload, "command")}, **payload}
        elif name == "afterfileedit":
            payload = {
                "tool_name": "Edit",
                "tool_input": {"file_path": text(payload, "file_path")},
                "output": "",
                **payload,
            }
        return tool(event, payload)
    if kind == "session_end":
        return [replace(event, kind=kind, detail={**event.detail, **claude_code.facts(payload)})]
    return claude_code.parse(event, kind, payload)


def shape(event: str, context: str) -> Mapping[str, Any]:
    """Return what is printed to add a context."""
    if EVENTS.get(normal(event)) == "prompt":
        return {"continue": True, "additional_context": context, "additionalContext": context}
    return {"additional_context": context}
