"""Cline: payloads put the matter of an event under a name of its own; an answer adds to the context of the next request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from everlore.sessions.clients.claude_code import facts
from everlore.sessions.clients.client import Client, by_kind
from everlore.sessions.clients.payload import Payload, record, spoken, text, tool
from everlore.sessions.records import Event, EventKind

EVENTS: Mapping[str, EventKind] = {
    "taskstart": "session_start", "taskresume": "session_start", "userpromptsubmit": "prompt", "posttooluse": "tool_result",
    "taskcomplete": "turn_end", "taskcancel": "session_end", "precompact": "compaction", "sessionshutdown": "session_end",
    "agentstart": "session_start", "promptsubmit": "prompt", "toolresult": "tool_result", "agentend": "turn_end",
}  # fmt: skip


def client(name: str) -> Client:
    """Return the client."""
    return Client(name, EVENTS, parse, shape, by_kind({"session_start": "start", "prompt": "prompt"}, EVENTS))


def parse(event: Event, kind: EventKind, payload: Payload) -> list[Event]:
    """Read a payload of either build."""
    if kind == "prompt":
        return spoken(
            event,
            kind,
            text(record(payload, "userPromptSubmit", "prompt_submit"), "prompt", "text") or text(payload, "prompt"),
        )
    if kind == "tool_result":
        inner = record(payload, "postToolUse", "tool_result")
        renamed = {
            "tool_name": text(inner, "toolName", "name"),
            "tool_input": inner.get("parameters", inner.get("input")),
            "duration": inner.get("executionTimeMs", inner.get("durationMs")),
        }
        bad = inner.get("success") is False or bool(inner.get("error"))
        output = inner.get("result", inner.get("output", inner.get("error", "")))
        return tool(event, {**renamed, "output": output}, failed=bad)
    if kind == "session_start":
        task = text(record(record(payload, "taskStart"), "taskMetadata"), "initialTask")
        return [replace(event, kind=kind), *spoken(event, "prompt", task)]
    return [replace(event, kind=kind, detail={**event.detail, **facts(payload)})]


def shape(event: str, context: str) -> Mapping[str, Any]:
    """Return what is printed to add a context."""
    return {"cancel": False, "contextModification": context, "context": context}
