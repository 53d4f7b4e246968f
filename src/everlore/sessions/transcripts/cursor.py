"""Cursor: the transcripts of its agents, files of lines without times, and the database of the editor.

A transcript says neither when nor, but for the name of its directory, where. The database holds a conversation as an object
with the order of its bubbles, and each bubble under a key of its own. What is in a transcript is not read from the database;
a conversation that is being written is read when it rests. `position` counts in milliseconds: the newest change.
"""

from __future__ import annotations

import json
import os
import re
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from everlore.core.errors import InvalidInput
from everlore.sessions.boilerplate import said
from everlore.sessions.clients.payload import instant, joined, read_output, text
from everlore.sessions.records import Event
from everlore.sessions.tools import tool_detail
from everlore.sessions.transcripts.source import (
    CHUNK_EVENTS,
    Chunk,
    Read,
    Source,
    State,
    base,
    lines_end,
    parsed,
    reader,
    result,
    under,
)

_MARGIN_MS, _RESTED_MS = 5_000, 3_600_000
_CONVERSATIONS = "SELECT value FROM cursorDiskKV WHERE key >= 'composerData:' AND key < 'composerData;'"
_BUBBLE = "SELECT value FROM cursorDiskKV WHERE key = ?"
_OVER = frozenset({"completed", "error", "cancelled", "rejected", "failed"})


@dataclass(frozen=True, slots=True)
class _Conversation:
    """A conversation of the database, when it was made and changed last, and its bubbles or their ids."""

    id: str
    made: int
    changed: int
    writing: bool
    bubbles: tuple[str | Mapping[str, Any], ...]


def read(path: Path, position: int, state: State) -> Iterator[Chunk]:
    """Read a transcript from a byte on, or what has changed in the database since a time."""
    yield from (_database if path.suffix == ".vscdb" else _lines)(path, position, state)


def take(entry: dict[str, Any], state: State, at: int) -> list[Event]:
    """Return what one line of a transcript says; it never says what came of a call."""
    message, role = entry.get("message"), entry.get("role")
    if not isinstance(message, Mapping) or role not in {"user", "assistant"}:
        return []
    event, content = base(state, role, entry, f"line:{at}"), message.get("content")
    found = []
    if words := said(joined(content)):
        found.append(replace(event, kind="prompt" if role == "user" else "answer", text=words))
    for place, block in enumerate(content if isinstance(content, list) else ()):
        if isinstance(block, Mapping) and block.get("type") == "tool_use":
            detail = tool_detail(str(block.get("name") or "tool"), block.get("input"))
            found.append(replace(event, kind="tool_call", key=f"line:{at}:{place}", detail=detail))
    return found


def _about(path: Path) -> State:
    slug = next((each.parent.name for each in path.parents if each.name == "agent-transcripts"), "")
    return {"session": path.stem, "cwd": directory_of(slug)}


_lines = reader("cursor", take, _about)


def directory_of(slug: str) -> str | None:
    """Return the directory whose path, with all else than letters and digits as `-`, is a slug; None without one."""
    root = Path("/")
    if os.name == "nt":
        root, slug = Path(f"{slug[:1]}:\\"), slug[2:]
    found = _below(root, slug) if slug else None
    return str(found) if found else None


def _below(place: Path, slug: str) -> Path | None:
    try:
        children = [child for child in os.scandir(place) if child.is_dir()]
    except OSError:
        return None
    for child in sorted(children, key=lambda child: -len(child.name)):
        name = re.sub(r"[^A-Za-z0-9]", "-", child.name).strip("-")
        if slug == name:
            return Path(child.path)
        if name and slug.startswith(f"{name}-") and (found := _below(Path(child.path), slug[len(name) + 1 :])):
            return found
    return None


def _database(path: Path, position: int, state: State) -> Iterator[Chunk]:
    events: list[Event] = []
    elsewhere = _in_transcripts()
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=2)) as database:
            changed = _changed(database, position - _MARGIN_MS)
            for conversation in changed:
                if conversation.writing or conversation.id in elsewhere:
                    continue
                events += _told(database, conversation)
                if len(events) >= CHUNK_EVENTS:
                    yield Chunk(events, position, state)
                    events = []
    except sqlite3.Error as error:
        raise InvalidInput(f"{path.name} cannot be read: {error}", field="path") from None
    read_to = max((conversation.changed for conversation in changed), default=position)
    waiting = min((conversation.changed for conversation in changed if conversation.writing), default=read_to)
    if events or min(read_to, waiting) > position:
        yield Chunk(events, max(position, min(read_to, waiting)), state)


def _changed(database: sqlite3.Connection, since: int) -> list[_Conversation]:
    tables = {row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if "cursorDiskKV" not in tables:
        return []
    rested = int(time.time() * 1000) - _RESTED_MS
    found = []
    for (value,) in database.execute(_CONVERSATIONS):
        given = _object(value)
        made = instant(given, "createdAt") or 0
        changed = instant(given, "lastUpdatedAt") or made
        identity = given.get("composerId")
        if isinstance(identity, str) and changed >= since:
            writing = given.get("status") == "generating" and changed > rested
            found.append(_Conversation(identity, made, changed, writing, _bubbles(given)))
    return sorted(found, key=lambda conversation: (conversation.made, conversation.id))


def _bubbles(given: Mapping[str, Any]) -> tuple[str | Mapping[str, Any], ...]:
    """Return the ids of the bubbles of a conversation in their order; the bubbles themselves where it holds them."""
    headers = given.get("fullConversationHeadersOnly")
    if isinstance(headers, list) and headers:
        return tuple(text(each, "bubbleId") for each in headers if isinstance(each, Mapping))
    inline = given.get("conversation")
    return tuple(each for each in inline if isinstance(each, Mapping)) if isinstance(inline, list) else ()


def _told(database: sqlite3.Connection, conversation: _Conversation) -> list[Event]:
    found: list[Event] = []
    cwd = None
    for given in conversation.bubbles:
        bubble = _fetched(database, conversation, given) if isinstance(given, str) else given
        cwd = cwd or _where(bubble)
        found += _bubble(bubble, conversation, cwd)
    return found


def _fetched(database: sqlite3.Connection, conversation: _Conversation, identity: str) -> dict[str, Any]:
    row = database.execute(_BUBBLE, (f"bubbleId:{conversation.id}:{identity}",)).fetchone()
    return _object(row[0]) | {"bubbleId": identity} if row else {}


def _bubble(bubble: Mapping[str, Any], conversation: _Conversation, cwd: str | None) -> list[Event]:
    """Return what one bubble says."""
    kind, identity = bubble.get("type"), text(bubble, "bubbleId")
    at = instant(bubble, "timestamp", "createdAt") or conversation.made or None
    event = Event("cursor", conversation.id, "other", f"bubble {kind}", at=at, key=f"bubble:{identity}", cwd=cwd)
    found = []
    if words := said(text(bubble, "text", "rawText")):
        found.append(replace(event, kind="prompt" if kind == 1 else "answer", text=words))
    tool = bubble.get("toolFormerData")
    if isinstance(tool, Mapping) and kind == 2 and str(tool.get("status")).lower() in _OVER:
        call = text(tool, "toolCallId") or identity
        calls = {"calls": {call: tool_detail(text(tool, "name") or "tool", tool.get("rawArgs") or tool.get("params"))}}
        output, bad, code = read_output(tool.get("result"))
        failed = bad or tool.get("status") != "completed"
        found.append(result(event, call, output, calls, failed=failed, status=code))
    return found


def _where(bubble: Mapping[str, Any]) -> str | None:
    uris = bubble.get("workspaceUris")
    first = uris[0] if isinstance(uris, list) and uris and isinstance(uris[0], str) else ""
    return text(bubble, "workspaceProjectDir") or first.removeprefix("file://") or None


def _in_transcripts() -> set[str]:
    """Return the conversations of which there is a transcript."""
    return {path.stem for path in (Path.home() / ".cursor" / "projects").glob("*/agent-transcripts/*")}


def _object(value: object) -> dict[str, Any]:
    found = parsed(value.encode("utf-8", "replace") if isinstance(value, str) else value) if value else None  # type: ignore[arg-type]
    return found if isinstance(found, dict) else {}


def _end(path: Path, read: Read) -> tuple[int, State]:
    return (int(time.time() * 1000), {}) if path.suffix == ".vscdb" else lines_end(path, read)


def _roots(environ: Mapping[str, str], home: Path) -> list[Path]:
    settings = [
        under(environ, "XDG_CONFIG_HOME", home, ".config"),
        home / "Library" / "Application Support",
        *([Path(environ["APPDATA"])] if environ.get("APPDATA") else []),
    ]
    return [home / ".cursor" / "projects", *(each / "Cursor" / "User" / "globalStorage" for each in settings)]


def _looks(head: bytes) -> bool:
    try:
        first = json.loads(head.partition(b"\n")[0])
    except (ValueError, RecursionError):
        return False
    return isinstance(first, dict) and {"role", "message"} <= first.keys()


SOURCE = Source(
    "cursor",
    _roots,
    ("*/agent-transcripts/*.jsonl", "*/agent-transcripts/*/*.jsonl", "state.vscdb"),
    read,
    _looks,
    _end,
)
