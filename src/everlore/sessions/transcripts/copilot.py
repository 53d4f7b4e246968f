"""Copilot CLI's sessions: one file of events each, in a directory named by the session."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from everlore.sessions.boilerplate import said
from everlore.sessions.clients.payload import joined
from everlore.sessions.records import Event
from everlore.sessions.tools import tool_detail
from everlore.sessions.transcripts.source import Source, State, base, reader, remember_call, result, under


def take(entry: dict[str, Any], state: State, at: int) -> list[Event]:
    """Return what one event says."""
    data, kind = entry.get("data"), str(entry.get("type", ""))
    if not isinstance(data, Mapping):
        return []
    if kind in {"session.start", "session.resume"}:
        _meet(data, state)
        return []
    event = base(state, kind, entry, f"event:{entry.get('id') or at}")
    call = str(data.get("toolCallId") or "")
    if kind == "tool.execution_start":
        remember_call(state, call, tool_detail(str(data.get("toolName") or "tool"), data.get("arguments")))
    elif kind == "tool.execution_complete":
        given = data.get("result") if data.get("result") is not None else data.get("error")
        return [result(event, call, given, state, failed=data.get("success") is False)]
    elif kind == "session.compaction_complete" and data.get("success") is not False:
        summary = str(data.get("summaryContent") or "")[:4_000]
        return [replace(event, kind="compaction", detail={"summary": summary})]
    elif kind in {"user.message", "assistant.message"} and (text := said(joined(data.get("content")))):
        return [replace(event, kind="prompt" if kind == "user.message" else "answer", text=text)]
    return []


def _meet(data: Mapping[str, Any], state: State) -> None:
    context = data.get("context")
    state["session"] = str(data.get("sessionId") or state["session"])
    if isinstance(context, Mapping):
        state["cwd"], state["branch"] = context.get("cwd"), context.get("branch")


SOURCE = Source(
    "copilot",
    lambda environ, home: [under(environ, "COPILOT_HOME", home, ".copilot") / "session-state"],
    ("*/events.jsonl",),
    reader("copilot", take, lambda path: {"session": path.parent.name}),
    lambda head: b'"session.start"' in head,
)
