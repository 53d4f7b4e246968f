"""Gemini CLI's chats: a first line about the session, then messages, and lines that change what was said of it before.

A later line of the same id is the same message with more of its calls: it is told again and known by its key. What was
rewound was said nevertheless and stays. When a chat is compressed its messages are set anew; of those only the summary is
new. Older files are one JSON document, read anew when they have changed. The directory is that of the project, which stands
in a file beside the chats.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from everlore.core.errors import InvalidInput
from everlore.sessions.boilerplate import said
from everlore.sessions.clients.payload import iso, joined, text
from everlore.sessions.records import Event
from everlore.sessions.tools import tool_detail
from everlore.sessions.transcripts.source import Chunk, Read, Source, State, chunked, document, lines_end, result, under

_SUMMARY = "<state_snapshot>"


def read(path: Path, position: int, state: State) -> Iterator[Chunk]:
    """Read a chat from a position on."""
    start = dict(state)
    if "project" not in start:
        start["project"] = _project(path)
    if path.suffix == ".json":
        yield from _whole(path, start)
        return
    start.setdefault("parent", path.parent.name if path.parent.parent.name == "chats" else None)
    yield from chunked(path, position, start, take)


def take(entry: dict[str, Any], state: State, at: int) -> list[Event]:
    """Return what one line says."""
    changed = entry.get("$set")
    if isinstance(changed, Mapping):
        _meet(changed, state)
        messages = changed.get("messages")
        return _compressed(messages, state) if isinstance(messages, list) and state.get("session") else []
    if "sessionId" in entry and "type" not in entry:
        _meet(entry, state)
        return []
    if not isinstance(entry.get("id"), str) or not state.get("session"):
        return []
    return told(entry, state)


def told(message: Mapping[str, Any], state: State) -> list[Event]:
    """Return what one message says."""
    kind, event = message.get("type"), _event(message, state)
    words = said(joined(message.get("content")))
    if words.startswith(_SUMMARY):
        return [replace(event, kind="compaction", name="compressed", detail={"summary": words[:4_000]})]
    found = []
    if kind == "user" and words:
        found.append(replace(event, kind="prompt", text=words))
    if kind == "gemini":
        if words:
            model = message.get("model")
            found.append(replace(event, kind="answer", text=words, detail={"model": model} if model else {}))
        calls = message.get("toolCalls")
        found += [
            _call(event, call)
            for call in (calls if isinstance(calls, list) else ())
            if isinstance(call, Mapping) and call.get("result") is not None
        ]
    return found


def _event(message: Mapping[str, Any], state: State) -> Event:
    return Event(
        "gemini-cli", state["session"], "other", str(message.get("type")), at=iso(str(message.get("timestamp", ""))), key=f"message:{message.get('id')}",
        cwd=state.get("cwd") or state.get("project"), parent=state.get("parent"),
    )  # fmt: skip


def _compressed(messages: list[Any], state: State) -> list[Event]:
    """Return the summary among the messages that take the place of all earlier ones."""
    given = (each for each in messages if isinstance(each, Mapping) and isinstance(each.get("id"), str))
    return [event for message in given for event in told(message, state) if event.kind == "compaction"]


def _meet(entry: Mapping[str, Any], state: State) -> None:
    if isinstance(entry.get("sessionId"), str):
        state["session"] = entry["sessionId"]
    directories = entry.get("directories")
    if isinstance(directories, list) and directories and isinstance(directories[0], str):
        state["cwd"] = directories[0]


def _project(path: Path) -> str | None:
    """Return the directory of the project that a chat belongs to."""
    chats = next((each for each in path.parents if each.name == "chats"), None)
    if chats is not None:
        with suppress(OSError, UnicodeDecodeError):
            return (chats.parent / ".project_root").read_text("utf-8").strip() or None
    return None


def _call(event: Event, call: Mapping[str, Any]) -> Event:
    identity = str(call.get("id") or "")
    calls = {"calls": {identity: tool_detail(str(call.get("name") or "tool"), call.get("args"))}}
    failed = str(call.get("status")) in {"error", "cancelled"}
    return result(event, identity, _responses(call.get("result")), calls, failed=failed)


def _responses(given: object) -> object:
    """Return the matter of a list of function responses."""
    if isinstance(given, list):
        parts = [part.get("functionResponse", part) for part in given if isinstance(part, Mapping)]
        return "\n".join(_response(part.get("response", part)) for part in parts if isinstance(part, Mapping))
    return given


def _response(value: object) -> str:
    return text(value, "output", "error", "text") if isinstance(value, Mapping) else str(value)


def _whole(path: Path, state: State) -> Iterator[Chunk]:
    found = document(path)
    if not isinstance(found.get("messages"), list):
        raise InvalidInput(f"{path.name} is no chat of Gemini CLI", field="path")
    skip, around = state.get("skip", 0), dict(state)
    _meet(found, around)
    messages = (each for each in found["messages"][skip:] if isinstance(each, Mapping))
    events = [
        event for message in messages if around.get("session") and message.get("id") for event in told(message, around)
    ]
    yield Chunk(events, path.stat().st_size, {"skip": skip} if skip else {})


def _end(path: Path, read: Read) -> tuple[int, State]:
    if path.suffix != ".json":
        return lines_end(path, read)
    messages = document(path).get("messages")
    return path.stat().st_size, {"skip": len(messages) if isinstance(messages, list) else 0}


SOURCE = Source(
    "gemini-cli",
    lambda environ, home: [under(environ, "GEMINI_CLI_HOME", home) / ".gemini" / "tmp"],
    ("*/chats/session-*.jsonl", "*/chats/session-*.json", "*/chats/*/*.jsonl"),
    read,
    lambda head: b'"projectHash"' in head,
    _end,
)
