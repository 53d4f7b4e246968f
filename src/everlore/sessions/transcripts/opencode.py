"""OpenCode's database, in the shape of version 1 (message and part) or 2 (session_message), and the files of before.

`position` counts in milliseconds: the newest change that was read. What changed a little before is read again, since it may
have been written late, and known by its key. Of a message that is being written the calls that are over are told; the rest
waits in the state until it is complete, or for an hour, since an agent that was killed completes nothing.

Before there was a database, a session was a file of its own, each of its messages another, and each part of those too.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from everlore.core.errors import InvalidInput
from everlore.sessions.boilerplate import said
from everlore.sessions.clients.opencode import unquoted
from everlore.sessions.clients.payload import joined, record, text
from everlore.sessions.records import Event
from everlore.sessions.tools import tool_detail
from everlore.sessions.transcripts.source import (
    CHUNK_EVENTS,
    DATABASES,
    Chunk,
    Read,
    Source,
    State,
    document,
    parsed,
    result,
    under,
)

_MARGIN_MS, _WAIT_MS, _PAGE, _MOST_OPEN = 5_000, 3_600_000, 100, 200


@dataclass(frozen=True, slots=True)
class _Message:
    """A message as all shapes have it; the parts of version 1 are its blocks."""

    id: str
    session: str
    made: int
    kind: str
    data: Mapping[str, Any]
    blocks: Sequence[Mapping[str, Any]]
    cwd: str | None
    parent: str | None


@dataclass(frozen=True, slots=True)
class _Shape:
    """How messages lie in a database: `rows` is what to select from, `kind` where its kind stands."""

    rows: str
    updated: str
    kind: str
    order: str
    parts: bool


def read(path: Path, position: int, state: State) -> Iterator[Chunk]:
    """Read what changed since `position` in a database; what is new in a session's files."""
    yield from _database(path, position, state) if path.suffix in DATABASES else _files(path, state)


def _database(path: Path, position: int, state: State) -> Iterator[Chunk]:
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=2)) as database:
            yield from _changed(database, position, state)
    except sqlite3.Error as error:
        raise InvalidInput(f"{path.name} cannot be read: {error}", field="path") from None


def _changed(database: sqlite3.Connection, position: int, state: State) -> Iterator[Chunk]:
    events: list[Event] = []
    waiting: dict[str, int] = {}
    newest, now = position, int(time.time() * 1000)
    before = state.get("open")
    for shape in _shapes(database):
        ids, last = _ids(database, shape, position - _MARGIN_MS, before if isinstance(before, dict) else {})
        newest = max(newest, last)
        for start in range(0, len(ids), _PAGE):
            for message in _messages(database, shape, ids[start : start + _PAGE]):
                complete = _is_complete(message) or message.made < now - _WAIT_MS
                events += _told(message, complete=complete)
                if not complete:
                    waiting[message.id] = message.made
            if len(events) >= CHUNK_EVENTS:
                yield Chunk(events, position, state)
                events = []
    open_now = dict(sorted(waiting.items(), key=lambda item: -item[1])[:_MOST_OPEN])
    after: State = {"open": open_now} if open_now else {}
    if events or newest > position or after != state:
        yield Chunk(events, newest, after)


def _shapes(database: sqlite3.Connection) -> Iterator[_Shape]:
    """Yield the shapes that a database has; a session that is in both was taken over into the newer."""
    tables = {row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    sessions = "session_v2" if "session_v2" in tables else "session"
    first = {"message", "part", "session"} <= tables
    if first:
        gone = " WHERE m.session_id NOT IN (SELECT id FROM session_v2)" if "session_v2" in tables else " WHERE 1"
        rows = f"message m JOIN session s ON s.id = m.session_id{gone}"
        yield _Shape(rows, _updated(database, "message"), "''", "m.time_created, m.id", parts=True)
    if "session_message" in tables and sessions in tables:
        told = (
            " WHERE m.session_id NOT IN (SELECT session_id FROM message)"
            if first and sessions == "session"
            else " WHERE 1"
        )
        rows = f"session_message m JOIN {sessions} s ON s.id = m.session_id{told}"
        columns = _columns(database, "session_message")
        order = "m.time_created, m.seq" if "seq" in columns else "m.time_created, m.id"
        yield _Shape(rows, _updated(database, "session_message"), "m.type", order, parts=False)


def _columns(database: sqlite3.Connection, table: str) -> set[str]:
    return {row[1] for row in database.execute(f"PRAGMA table_info({table})")}


def _updated(database: sqlite3.Connection, table: str) -> str:
    return "m.time_updated" if "time_updated" in _columns(database, table) else "m.time_created"


def _ids(database: sqlite3.Connection, shape: _Shape, since: int, waiting: Mapping[str, int]) -> tuple[list[str], int]:
    """Return the messages that changed, or waited, in their order, and when the last of them changed."""
    marks = ", ".join("?" * len(waiting))
    query = f"SELECT m.id, {shape.updated} FROM {shape.rows} AND ({shape.updated} >= ? OR m.id IN ({marks})) ORDER BY {shape.order}"  # noqa: S608
    rows = database.execute(query, (since, *waiting)).fetchall()
    return [row[0] for row in rows], max((row[1] for row in rows if isinstance(row[1], int)), default=0)


def _messages(database: sqlite3.Connection, shape: _Shape, ids: Sequence[str]) -> Iterator[_Message]:
    marks = ", ".join("?" * len(ids))
    query = (
        f"SELECT m.id, m.session_id, m.time_created, {shape.kind}, m.data, s.directory, s.parent_id FROM {shape.rows} "  # noqa: S608
        f"AND m.id IN ({marks}) ORDER BY {shape.order}"
    )
    for identity, session, at, kind, given, cwd, parent in database.execute(query, ids).fetchall():
        data = _object(given)
        if shape.parts:
            parts = database.execute("SELECT data FROM part WHERE message_id = ? ORDER BY id", (identity,))
            blocks = [_object(row[0]) for row in parts]
        else:
            content = data.get("content")
            blocks = [block for block in content if isinstance(block, dict)] if isinstance(content, list) else []
        made = at if isinstance(at, int) else 0
        yield _Message(identity, session, made, kind or text(data, "role"), data, blocks, cwd or None, parent or None)


def _files(path: Path, state: State) -> Iterator[Chunk]:
    """Read the messages of a session that are files, those after the last that was told."""
    about = document(path)
    session, after, events = text(about, "id") or path.stem, str(state.get("after", "")), list[Event]()
    storage, told = path.parents[2], True
    now = int(time.time() * 1000)
    for each in sorted((storage / "message" / session).glob("*.json")):
        if each.stem <= after and told:
            continue
        data = document(each)
        made = record(data, "time").get("created")
        parts = [document(part) for part in sorted((storage / "part" / each.stem).glob("*.json"))]
        message = _Message(
            each.stem, session, made if isinstance(made, int) else 0, text(data, "role"), data, parts,
            text(about, "directory") or None, text(about, "parentID") or None,
        )  # fmt: skip
        complete = _is_complete(message) or message.made < now - _WAIT_MS
        events += _told(message, complete=complete)
        told = told and complete
        after = each.stem if told else after
        if len(events) >= CHUNK_EVENTS:
            yield Chunk(events, path.stat().st_size, {"after": after})
            events = []
    yield Chunk(events, path.stat().st_size, {"after": after})


def _is_complete(message: _Message) -> bool:
    """Tell whether nothing more will be written into a message."""
    if message.kind not in {"assistant", "shell"}:
        return True
    data = message.data
    if "completed" in record(data, "time") or data.get("error") or data.get("finish"):
        return True
    return not isinstance(data.get("time"), Mapping) and all(_is_over(block) for block in message.blocks)


def _is_over(block: Mapping[str, Any]) -> bool:
    return block.get("type") != "tool" or record(block, "state").get("status") in {"completed", "error"}


def _told(message: _Message, *, complete: bool) -> list[Event]:
    """Return what a message says; of one that is not complete only the calls that are over."""
    data, kind = message.data, message.kind
    event = Event(
        "opencode", message.session, "other", kind or "message", at=message.made or None, key=f"message:{message.id}", cwd=message.cwd,
        parent=message.parent,
    )  # fmt: skip
    words = said(_words(message))
    if kind == "compaction" or (kind == "assistant" and data.get("summary") is True):
        summary = (text(data, "summary") or words)[:4_000]
        return [replace(event, kind="compaction", name="compaction", detail={"summary": summary})] if complete else []
    if kind == "user":
        return [replace(event, kind="prompt", text=unquoted(words))] if words else []
    if kind == "shell" and "completed" in record(data, "time"):
        return [_typed(event, data)]
    if kind != "assistant":
        return []
    model = text(data, "modelID") or text(record(data, "model"), "modelID", "id")
    found = []
    if words and complete:
        found.append(replace(event, kind="answer", text=words, detail={"model": model} if model else {}))
    return [
        *found,
        *(_call(event, block) for block in message.blocks if block.get("type") == "tool" and _is_over(block)),
    ]


def _typed(event: Event, data: Mapping[str, Any]) -> Event:
    """Return a command that the person ran."""
    call = text(data, "callID")
    calls = {"calls": {call: tool_detail("bash", {"command": text(data, "command")})}}
    return result(event, call, text(data, "output"), calls)


def _words(message: _Message) -> str:
    texts = (block for block in message.blocks if not block.get("synthetic") and not block.get("ignored"))
    own = text(message.data, "text")
    return own or "\n".join(filter(None, (text(block, "text") for block in texts if block.get("type") == "text")))


def _call(event: Event, block: Mapping[str, Any]) -> Event:
    state = record(block, "state")
    call = text(block, "callID", "id")
    calls = {"calls": {call: tool_detail(text(block, "tool", "name") or "tool", state.get("input"))}}
    failure = state.get("error")
    output = state.get("output", joined(state.get("content")) or state.get("result"))
    output = output or (text(failure, "message") if isinstance(failure, Mapping) else failure)
    about = {**record(state, "structured"), **record(state, "metadata")}
    code = next((about[name] for name in ("exit", "exitCode", "exit_code") if type(about.get(name)) is int), None)
    return result(event, call, output, calls, failed=state.get("status") == "error", status=code)


def _object(value: object) -> dict[str, Any]:
    found = parsed(value.encode("utf-8", "replace") if isinstance(value, str) else value) if value else None  # type: ignore[arg-type]
    return found if isinstance(found, dict) else {}


def _end(path: Path, read: Read) -> tuple[int, State]:
    if path.suffix in DATABASES:
        return int(time.time() * 1000), {}
    session = text(document(path), "id") or path.stem
    names: Iterable[str] = (each.stem for each in (path.parents[2] / "message" / session).glob("*.json"))
    return path.stat().st_size, {"after": max(names, default="")}


SOURCE = Source(
    "opencode",
    lambda environ, home: [under(environ, "XDG_DATA_HOME", home, ".local", "share") / "opencode"],
    ("opencode.db", "opencode-*.db", "storage/session/*/*.json"),
    read,
    lambda head: head.startswith(b"SQLite format 3"),
    _end,
)
