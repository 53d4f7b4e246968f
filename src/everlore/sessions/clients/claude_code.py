"""Claude Code, and the clients that took its hooks over: Droid, Kimi, Grok, Kiro and others.

Payloads are snake_case with `hook_event_name`; context goes out as `hookSpecificOutput.additionalContext`, where no string may
be longer than 10,000 characters. A subagent's events carry `agent_id`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from everlore.sessions.clients.client import Client, by_kind
from everlore.sessions.clients.payload import Payload, session, spoken, text, tool
from everlore.sessions.records import Event, EventKind

EVENTS: Mapping[str, EventKind] = {
    "sessionstart": "session_start", "userpromptsubmit": "prompt", "userprompt": "prompt", "prompt": "prompt",
    "pretooluse": "tool_call", "posttooluse": "tool_result", "tool": "tool_result", "posttoolusefailure": "tool_failure",
    "precompact": "compaction", "postcompact": "other", "postcompaction": "compaction", "stop": "turn_end", "turnend": "turn_end",
    "subagentstart": "subagent_start", "subagentstop": "subagent_end", "sessionend": "session_end",
}  # fmt: skip
NAMES = {
    "session_start": "SessionStart", "prompt": "UserPromptSubmit", "tool_call": "PreToolUse", "tool_result": "PostToolUse",
    "subagent_start": "SubagentStart",
}  # fmt: skip


def client(name: str) -> Client:
    """Return the client."""
    when = by_kind({"session_start": "start", "prompt": "prompt"}, EVENTS)
    return Client(name, EVENTS, parse, shape, when, cap=9_500)


def parse(event: Event, kind: EventKind, payload: Payload) -> list[Event]:
    """Read a payload of Claude's shape."""
    prompt = text(payload, "prompt_id", "promptId")
    if kind == "prompt":
        return spoken(event, kind, text(payload, "prompt", "user_prompt", "text"), f"prompt:{prompt}" if prompt else "")
    if kind in {"tool_result", "tool_failure"}:
        return tool(event, payload, failed=True if kind == "tool_failure" else None)
    if kind == "tool_call":
        return [called(event, payload)]
    if kind == "turn_end":
        return [*spoken(event, "answer", text(payload, "last_assistant_message")), replace(event, kind="turn_end")]
    if kind in {"subagent_start", "subagent_end"}:
        return _subagent(event, kind, payload)
    return [replace(event, kind=kind, detail={**event.detail, **facts(payload)})]


def called(event: Event, payload: Payload) -> Event:
    """Return a tool's call of which nothing has come yet."""
    (found,) = tool(event, payload, failed=False)
    identity = found.key.removeprefix("result:")
    return replace(found, kind="tool_call", text="", key=f"call:{identity}" if identity else "")


def facts(payload: Payload) -> dict[str, Any]:
    """Return what a payload says of a start, an end or a compaction."""
    names = ("source", "reason", "trigger", "title", "message", "notification_type")
    found = {name: payload[name][:400] for name in names if isinstance(payload.get(name), str) and payload[name]}
    if agent := text(payload, "agent_type", "agentName", "agent_name"):
        found["agent"] = agent[:400]
    if summary := text(payload, "compact_summary", "summary"):
        found["summary"] = summary[:4_000]
    return found


def _subagent(event: Event, kind: EventKind, payload: Payload) -> list[Event]:
    """Return what a subagent's start or end says: of the parent that it happened, of the subagent what it said last."""
    above = session(payload)
    parent = replace(event, session=above, parent=None, kind=kind, detail={**event.detail, **facts(payload)})
    if kind == "subagent_start" or event.parent is None:
        return [parent]
    own = replace(event, transcript=text(payload, "agent_transcript_path") or None)
    return [parent, *spoken(own, "answer", text(payload, "last_assistant_message"))]


def shape(event: str, context: str) -> Mapping[str, Any]:
    """Return what is printed to add a context."""
    name = NAMES.get(EVENTS.get("".join(c for c in event.lower() if c.isalnum()), ""), event)
    return {"hookSpecificOutput": {"hookEventName": name, "additionalContext": context}}
