"""Gemini CLI and Qwen Code: an answer must always be JSON, `{}` for nothing, and stderr must stay empty.

PreCompress comes before every request, whether or not the context is compressed, so it says nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from everlore.sessions.clients import claude_code
from everlore.sessions.clients.client import Client, by_kind, normal
from everlore.sessions.clients.payload import Payload, spoken, text
from everlore.sessions.records import Event, EventKind

EVENTS: Mapping[str, EventKind] = {
    **claude_code.EVENTS, "beforeagent": "prompt", "afteragent": "turn_end", "beforetool": "tool_call", "aftertool": "tool_result",
    "precompress": "other", "beforemodel": "other", "aftermodel": "other",
}  # fmt: skip
NAMES = {normal(name): name for name in ("SessionStart", "BeforeAgent", "UserPromptSubmit", "AfterTool")}


def client(name: str) -> Client:
    """Return the client."""
    return Client(name, EVENTS, parse, shape, by_kind({"session_start": "start", "prompt": "prompt"}, EVENTS))


def parse(event: Event, kind: EventKind, payload: Payload) -> list[Event]:
    """Read a payload of Gemini; the end of a turn repeats its prompt, which the event before it has told."""
    if kind == "turn_end":
        answer = text(payload, "prompt_response", "last_assistant_message")
        return [*spoken(event, "answer", answer), replace(event, kind="turn_end")]
    return claude_code.parse(event, kind, payload)


def shape(event: str, context: str) -> Mapping[str, Any]:
    """Return what is printed to add a context."""
    return {"hookSpecificOutput": {"hookEventName": NAMES.get(normal(event), event), "additionalContext": context}}
