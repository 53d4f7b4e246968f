"""Gemini CLI's chats: a first line about the session, then messages; a later line of the same id takes the place of an earlier.

A message is told when the next one begins or the file has been quiet, for it may still be replaced; so the last message waits
in the state. Older files are one JSON document, read anew when they have changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from everlore.core.errors import InvalidInput
from everlore.core.shorten import shorten
from everlore.sessions.boilerplate import said
from everlore.sessions.clients.payload import iso, joined, read_output, text
from everlore.sessions.records import Event
from everlore.sessions.tools import tool_detail
from everlore.sessions.transcripts.source import LONGEST_OUTPUT, Chunk, Source, State, chunked, decode, objects


def read(path: Path, position: int, state: State) -> Iterator[Chunk]:
    """Read a chat from a position on."""
    if path.suffix == ".json":
        yield from _whole(path)
        return
    start = dict(state)
    start.setdefault("parent", path.parent.name if path.parent.parent.name == "chats" else None)
    yield from chunked(objects(path, position), start, position, take)


def take(entry: dict[str, Any], state: State) -> list[Event]:
    """Return what one line says."""
    if "sessionId" in entry and "type" not in entry:
        _meet(entry, state)
        return []
    if not isinstance(entry.get("id"), str) or not state.get("session"):
        return []
    return told(entry, state)


def told(message: Mapping[str, Any], state: State) -> list[Event]:
    """Return what one message says; what was told under the same id is told again and known by its key."""
    kind, identity = message.get("type"), message["id"]
    event = Event(
        "gemini-cli", state["session"], "other", str(kind), at=iso(str(message.get("timestamp", ""))), key=f"message:{identity}", cwd=state.get("cwd"),
        parent=state.get("parent"),
    )  # fmt: skip
    found = []
    if kind == "user" and (words := said(joined(message.get("content")))):
        found.append(replace(event, kind="prompt", text=words))
    if kind == "gemini":
        if words := said(joined(message.get("content"))):
            model = message.get("model")
            found.append(replace(event, kind="answer", text=words, detail={"model": model} if model else {}))
        calls = message.get("toolCalls")
        found += [
            _call(event, call)
            for call in (calls if isinstance(calls, list) else ())
            if isinstance(call, Mapping) and call.get("result") is not None
        ]
    return found


def _meet(entry: Mapping[str, Any], state: State) -> None:
    state["session"] = str(entry.get("sessionId"))
    directories = entry.get("directories")
    if isinstance(directories, list) and directories and isinstance(directories[0], str):
        state["cwd"] = directories[0]


def _call(event: Event, call: Mapping[str, Any]) -> Event:
    output, bad, code = read_output(_responses(call.get("result")))
    failed = bad or str(call.get("status")) in {"error", "cancelled"} or bool(code)
    detail = {**tool_detail(str(call.get("name") or "tool"), call.get("args")), "call": str(call.get("id") or "")}
    return replace(
        event, kind="tool_failure" if failed else "tool_result", text=shorten(output, LONGEST_OUTPUT), key=f"result:{call.get('id')}",
        detail={**detail, **({"exit": code} if code is not None else {})},
    )  # fmt: skip


def _responses(result: object) -> object:
    """Return the matter of a list of function responses."""
    if isinstance(result, list):
        parts = [part.get("functionResponse", part) for part in result if isinstance(part, Mapping)]
        return "\n".join(_response(part.get("response", part)) for part in parts if isinstance(part, Mapping))
    return result


def _response(value: object) -> str:
    return text(value, "output", "error", "text") if isinstance(value, Mapping) else str(value)


def _whole(path: Path) -> Iterator[Chunk]:
    try:
        document = decode(path.read_bytes())
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidInput(f"{path.name} is not valid JSON: {error}", field="path") from None
    if not isinstance(document, Mapping) or not isinstance(document.get("messages"), list):
        raise InvalidInput(f"{path.name} is no chat of Gemini CLI", field="path")
    state: State = {}
    _meet(document, state)
    events = [
        event
        for message in document["messages"]
        if isinstance(message, Mapping) and isinstance(message.get("id"), str)
        for event in told(message, state)
    ]
    yield Chunk(events, path.stat().st_size, {})


SOURCE = Source(
    "gemini-cli",
    lambda environ, home: [home / ".gemini" / "tmp"],
    ("*/chats/session-*.jsonl", "*/chats/session-*.json", "*/chats/*/*.jsonl"),
    read,
    lambda head: b'"projectHash"' in head,
)
