"""Codex: Claude's shape with `turn_id`, and the older `notify` program, which gets its JSON as the last argument.

Unknown keys in the output fail the hook. A hook may add about 2,500 tokens; more is spilled to a file.
"""

from __future__ import annotations

from dataclasses import replace

from everlore.sessions.clients import claude_code
from everlore.sessions.clients.client import Client, by_kind
from everlore.sessions.clients.payload import Payload, spoken, text
from everlore.sessions.records import Event, EventKind

EVENTS = {**claude_code.EVENTS, "notify": "turn_end", "agentturncomplete": "turn_end", "interrupt": "turn_end"}


def client(name: str) -> Client:
    """Return the client."""
    when = by_kind({"session_start": "start", "prompt": "prompt"}, EVENTS)
    return Client(name, EVENTS, parse, claude_code.shape, when, cap=8_000)


def parse(event: Event, kind: EventKind, payload: Payload) -> list[Event]:
    """Read a payload of Codex; what a turn said first and last has the turn's id in its key."""
    turn = text(payload, "turn_id", "turn-id")
    if kind == "prompt":
        return spoken(event, kind, text(payload, "prompt"), f"turn:{turn}:prompt" if turn else "")
    if kind == "turn_end":
        asked = payload.get("input-messages")
        prompts = asked if isinstance(asked, list) else []
        last = text(payload, "last_assistant_message", "last-assistant-message")
        said = [
            found for prompt in prompts[-1:] if isinstance(prompt, str) for found in spoken(event, "prompt", prompt)
        ]
        said += spoken(event, "answer", last, f"turn:{turn}:answer" if turn else "")
        return [*said, replace(event, kind="turn_end")]
    return claude_code.parse(event, kind, payload)
