"""OpenCode's database, in the shape of version 1 (message and part) or 2 (session_v2 and session_message), read only.

`position` counts in milliseconds: the newest change that was read. A message that is still being written is read again when
it has changed, and told once by its key; the last second is left for the next time, since more may come in it.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from everlore.core.errors import InvalidInput
from everlore.core.shorten import shorten
from everlore.sessions.boilerplate import said
from everlore.sessions.clients.payload import read_output
from everlore.sessions.records import Event
from everlore.sessions.tools import tool_detail
from everlore.sessions.transcripts.source import CHUNK_EVENTS, LONGEST_OUTPUT, Chunk, Source, State, under

_FIRST = """
SELECT m.id, m.session_id, m.time_created, m.data, s.directory, s.parent_id FROM message m JOIN session s ON s.id = m.session_id
WHERE m.time_updated > ? AND m.time_updated <= ? ORDER BY m.time_created, m.id"""
_PARTS = "SELECT id, data FROM part WHERE message_id = ? ORDER BY id"
_SECOND = """
SELECT m.id, m.session_id, m.time_created, m.data, s.directory, s.parent_id, m.type FROM session_message m JOIN session_v2 s ON s.id = m.session_id
WHERE m.time_created > ? AND m.time_created <= ? ORDER BY m.time_created, m.seq"""


def read(path: Path, position: int, state: State) -> Iterator[Chunk]:
    """Read what changed in the database since `position`."""
    until = int(time.time() * 1000) - 1000
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=2)) as database:
            tables = {row[0] for row in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
            events: list[Event] = []
            if {"message", "part", "session"} <= tables:
                columns = {row[1] for row in database.execute("PRAGMA table_info(message)")}
                query = _FIRST if "time_updated" in columns else _FIRST.replace("time_updated", "time_created")
                for row in database.execute(query, (position, until)):
                    events += _first(row, database.execute(_PARTS, (row[0],)).fetchall())
            if {"session_message", "session_v2"} <= tables:
                for row in database.execute(_SECOND, (position, until)):
                    events += _second(row)
    except sqlite3.Error as error:
        raise InvalidInput(f"{path.name} cannot be read: {error}", field="path") from None
    for start in range(0, len(events), CHUNK_EVENTS):
        last = start + CHUNK_EVENTS >= len(events)
        yield Chunk(events[start : start + CHUNK_EVENTS], until if last else position, state)
    if not events and until > position:
        yield Chunk([], until, state)


def _base(row: tuple[Any, ...]) -> Event:
    return Event(
        "opencode", str(row[1]), "other", "message", at=row[2] if isinstance(row[2], int) else None, key=f"message:{row[0]}",
        cwd=row[4] or None, parent=str(row[5]) if row[5] else None,
    )  # fmt: skip


def _first(row: tuple[Any, ...], parts: list[tuple[str, str]]) -> list[Event]:
    data, event = _json(row[3]), _base(row)
    read_parts = [(identity, _json(part)) for identity, part in parts]
    texts = [part.get("text", "") for _, part in read_parts if part.get("type") == "text" and not part.get("synthetic")]
    text, role = said("\n".join(filter(None, texts))), data.get("role")
    found = (
        [replace(event, kind="prompt" if role == "user" else "answer", text=text)]
        if text and role in {"user", "assistant"}
        else []
    )
    for _, part in read_parts:
        state = part.get("state")
        if part.get("type") == "tool" and isinstance(state, Mapping) and state.get("status") in {"completed", "error"}:
            found.append(_tool(event, str(part.get("tool") or "tool"), str(part.get("callID") or ""), state))
    return found


def _second(row: tuple[Any, ...]) -> list[Event]:
    data, event, kind = _json(row[3]), _base(row), row[6]
    if kind == "user":
        text = said(str(data.get("text") or ""))
        return [replace(event, kind="prompt", text=text)] if text else []
    if kind == "compaction":
        return [replace(event, kind="compaction")]
    if kind != "assistant" or not isinstance(data.get("content"), list):
        return []
    blocks = [block for block in data["content"] if isinstance(block, Mapping)]
    text = said("\n".join(str(block.get("text") or "") for block in blocks if block.get("type") == "text"))
    found = [replace(event, kind="answer", text=text)] if text else []
    for block in blocks:
        state = block.get("state")
        if block.get("type") == "tool" and isinstance(state, Mapping) and state.get("status") in {"completed", "error"}:
            found.append(_tool(event, str(block.get("name") or "tool"), str(block.get("id") or ""), state))
    return found


def _tool(event: Event, name: str, call: str, state: Mapping[str, Any]) -> Event:
    output, bad, code = read_output(state.get("output", state.get("error", state.get("result"))))
    meta = state.get("metadata")
    code = meta["exit"] if isinstance(meta, Mapping) and isinstance(meta.get("exit"), int) else code
    detail = {**tool_detail(name, state.get("input")), "call": call, **({"exit": code} if code is not None else {})}
    failed = bad or state.get("status") == "error" or bool(code)
    return replace(
        event,
        kind="tool_failure" if failed else "tool_result",
        text=shorten(output, LONGEST_OUTPUT),
        key=f"result:{call}",
        detail=detail,
    )


def _json(text: object) -> dict[str, Any]:
    try:
        found = json.loads(text) if isinstance(text, (str, bytes)) else text
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


SOURCE = Source(
    "opencode",
    lambda environ, home: [under(environ, "XDG_DATA_HOME", home, ".local", "share") / "opencode"],
    ("opencode.db",),
    read,
    lambda head: head.startswith(b"SQLite format 3"),
)
