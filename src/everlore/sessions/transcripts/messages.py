"""Transcripts that are lists of messages with roles: Pi, OMP and OpenClaw; Cursor's agents; Antigravity; Copilot CLI."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from everlore.core.shorten import shorten
from everlore.sessions.boilerplate import said
from everlore.sessions.clients.payload import iso, joined, read_output
from everlore.sessions.records import Event, EventKind
from everlore.sessions.tools import tool_detail
from everlore.sessions.transcripts.source import (
    LONGEST_OUTPUT,
    Chunk,
    Read,
    Source,
    State,
    chunked,
    objects,
    remember_call,
    under,
)

Take = Callable[[dict[str, Any], State], list[Event]]


def _reader(client: str, take: Take, name: Callable[[Path], str]) -> Read:
    def read(path: Path, position: int, state: State) -> Iterator[Chunk]:
        start = dict(state)
        start.setdefault("client", client)
        start.setdefault("session", name(path))
        yield from chunked(objects(path, position), start, position, take)

    return read


def _event(state: State, name: object, entry: Mapping[str, Any], key: str) -> Event:
    at = iso(str(entry.get("timestamp") or entry.get("created_at") or ""))
    return Event(state["client"], state["session"], "other", str(name), at=at, key=key, cwd=state.get("cwd"))


def _result(event: Event, call: str, raw: object, state: State, *, failed: bool) -> Event:
    output, bad, code = read_output(raw)
    detail = dict(state.get("calls", {}).pop(call, None) or {"tool": "tool"}) | {"call": call}
    kind: EventKind = "tool_failure" if failed or bad or code else "tool_result"
    return replace(
        event,
        kind=kind,
        text=shorten(output, LONGEST_OUTPUT),
        key=f"result:{call}",
        detail={**detail, **({"exit": code} if code is not None else {})},
    )


def _pi(entry: dict[str, Any], state: State) -> list[Event]:
    if entry.get("type") == "session":
        state["session"], state["cwd"] = str(entry.get("id") or state["session"]), entry.get("cwd")
        return []
    message = entry.get("message")
    if entry.get("type") == "compaction":
        return [replace(_event(state, "compaction", entry, f"entry:{entry.get('id')}"), kind="compaction")]
    if entry.get("type") != "message" or not isinstance(message, Mapping):
        return []
    event = _event(state, message.get("role"), entry, f"entry:{entry.get('id')}")
    content, role = message.get("content"), message.get("role")
    if role == "toolResult":
        return [
            _result(event, str(message.get("toolCallId") or ""), content, state, failed=message.get("isError") is True)
        ]
    for block in content if isinstance(content, list) else ():
        if isinstance(block, Mapping) and block.get("type") == "toolCall":
            remember_call(
                state, str(block.get("id") or ""), tool_detail(str(block.get("name") or "tool"), block.get("arguments"))
            )
    text = said(joined(content))
    return (
        [replace(event, kind="prompt" if role == "user" else "answer", text=text)]
        if text and role in {"user", "assistant"}
        else []
    )


def _cursor(entry: dict[str, Any], state: State) -> list[Event]:
    message, role = entry.get("message"), entry.get("role")
    if not isinstance(message, Mapping) or role not in {"user", "assistant"}:
        return []
    number = state["number"] = state.get("number", 0) + 1
    event = _event(state, role, entry, f"line:{number}")
    found = []
    if text := said(joined(message.get("content"))):
        found.append(replace(event, kind="prompt" if role == "user" else "answer", text=text))
    content = message.get("content")
    for place, block in enumerate(content if isinstance(content, list) else ()):
        if isinstance(block, Mapping) and block.get("type") == "tool_use":
            detail = tool_detail(str(block.get("name") or "tool"), block.get("input"))
            found.append(replace(event, kind="tool_call", key=f"line:{number}:{place}", detail=detail))
    return found


def _antigravity(entry: dict[str, Any], state: State) -> list[Event]:
    source, content = str(entry.get("source", "")), entry.get("content")
    number = state["number"] = state.get("number", 0) + 1
    if not isinstance(content, str) or not source.startswith(("USER", "MODEL")):
        return []
    text = said(content)
    event = _event(state, source, entry, f"line:{number}")
    return [replace(event, kind="prompt" if source.startswith("USER") else "answer", text=text)] if text else []


def _copilot(entry: dict[str, Any], state: State) -> list[Event]:
    data, kind = entry.get("data"), str(entry.get("type", ""))
    if not isinstance(data, Mapping):
        return []
    if kind == "session.start":
        context = data.get("context")
        state["session"] = str(data.get("sessionId") or state["session"])
        state["cwd"] = context.get("cwd") if isinstance(context, Mapping) else None
        return []
    number = state["number"] = state.get("number", 0) + 1
    event = _event(state, kind, entry, f"event:{entry.get('id') or number}")
    call = str(data.get("toolCallId") or "")
    if kind == "tool.execution_start":
        remember_call(state, call, tool_detail(str(data.get("toolName") or "tool"), data.get("arguments")))
    elif kind == "tool.execution_complete":
        return [_result(event, call, data.get("result"), state, failed=data.get("success") is False)]
    elif kind in {"user.message", "assistant.message"} and (text := said(joined(data.get("content")))):
        return [replace(event, kind="prompt" if kind == "user.message" else "answer", text=text)]
    return []


def _after_underscore(path: Path) -> str:
    return path.stem.rpartition("_")[2]


def _sessions(client: str, roots: Callable[[Mapping[str, str], Path], list[Path]], *globs: str) -> Source:
    looks = (lambda head: b'"type":"session"' in head.replace(b" ", b"")[:200]) if client == "pi" else (lambda _: False)
    return Source(client, roots, globs, _reader(client, _pi, _after_underscore), looks)


SOURCES = (
    _sessions("pi", lambda environ, home: [home / ".pi" / "agent" / "sessions"], "*/*.jsonl"),
    _sessions("omp", lambda environ, home: [under(environ, "PI_CODING_AGENT_DIR", home, ".omp", "agent") / "sessions"], "*/*.jsonl"),
    _sessions("openclaw", lambda environ, home: [under(environ, "OPENCLAW_STATE_DIR", home, ".openclaw") / "agents"], "*/sessions/*.jsonl"),
    Source(
        "cursor", lambda environ, home: [home / ".cursor" / "projects"], ("*/agent-transcripts/*.jsonl", "*/agent-transcripts/*/*.jsonl"),
        _reader("cursor", _cursor, lambda path: path.stem),
    ),
    Source(
        "antigravity", lambda environ, home: [path for path in (home / ".gemini").glob("antigravity*/brain") if path.is_dir()],
        ("*/.system_generated/logs/transcript.jsonl",), _reader("antigravity", _antigravity, lambda path: path.parents[2].name),
    ),
    Source(
        "copilot", lambda environ, home: [under(environ, "COPILOT_HOME", home, ".copilot") / "session-state"], ("*/events.jsonl",),
        _reader("copilot", _copilot, lambda path: path.parent.name), lambda head: b'"session.start"' in head,
    ),
)  # fmt: skip
