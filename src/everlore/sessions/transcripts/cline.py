"""Cline's tasks: one JSON document of messages each, read anew when it has changed and known by its messages' keys."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from everlore.core.errors import InvalidInput
from everlore.sessions.boilerplate import said
from everlore.sessions.clients.payload import instant, joined, text
from everlore.sessions.records import Event
from everlore.sessions.tools import tool_detail
from everlore.sessions.transcripts.source import Chunk, Read, Source, State, document, remember_call, result, under

_WHERE = re.compile(r"# Current Working Directory \(([^)\n]+)\)")
_ANSWERED = re.compile(r"\s*\[[^\]\n]{1,400}\] Result:|\s*\[ERROR\]")
"""What came of a tool, in the versions that put it into the text of the person."""
_AROUND = re.compile(
    r"</?(?:task|feedback|answer|user_message)>\n?|<environment_details>.*?(?:</environment_details>|\Z)", re.DOTALL
)


def read(path: Path, position: int, state: State) -> Iterator[Chunk]:
    """Read a whole task, but for the messages to be skipped."""
    messages = document(path).get("messages")
    if not isinstance(messages, list):
        raise InvalidInput(f"{path.name} is no task of Cline", field="path")
    skip = state.get("skip", 0)
    around: State = {"session": path.parent.name, "cwd": _directory(path, messages)}
    events = []
    for number, message in enumerate(messages):
        if isinstance(message, Mapping) and isinstance(message.get("role"), str):
            found = told(message, number, around)
            events += found if number >= skip else []
    yield Chunk(events, path.stat().st_size, {"skip": skip} if skip else {})


def told(message: Mapping[str, Any], number: int, state: State) -> list[Event]:
    """Return what one message says."""
    role, content = message["role"], message.get("content")
    event = Event(
        "cline", state["session"], "other", role, at=instant(message, "ts", "timestamp"), key=f"message:{number}", cwd=state["cwd"],
    )  # fmt: skip
    blocks = [block for block in content if isinstance(block, Mapping)] if isinstance(content, list) else []
    found = []
    for block in blocks:
        if block.get("type") == "tool_use":
            detail = tool_detail(str(block.get("name") or "tool"), block.get("input"))
            remember_call(state, str(block.get("id") or ""), detail)
        elif block.get("type") == "tool_result":
            call = str(block.get("tool_use_id") or "")
            found.append(result(event, call, block.get("content"), state, failed=bool(block.get("is_error"))))
    if role == "user":
        blocks = [block for block in blocks if not _ANSWERED.match(text(block, "text"))]
    words = said(_AROUND.sub("", joined(blocks if isinstance(content, list) else content)))
    if words and role in {"user", "assistant"}:
        found.append(replace(event, kind="prompt" if role == "user" else "answer", text=words))
    return found


def _directory(path: Path, messages: list[Any]) -> str | None:
    """Return where a task is worked on, which stands beside it, or in what the editor adds to the first prompts."""
    with suppress(OSError, InvalidInput):
        about = document(path.with_name(path.name.removesuffix(".messages.json") + ".json"))
        if path.name.endswith(".messages.json") and text(about, "cwd"):
            return text(about, "cwd")
    for message in messages[:3]:
        if isinstance(message, Mapping) and (found := _WHERE.search(joined(message.get("content")))):
            return found[1]
    return None


def _end(path: Path, read: Read) -> tuple[int, State]:
    messages = document(path).get("messages")
    return path.stat().st_size, {"skip": len(messages) if isinstance(messages, list) else 0}


def _roots(environ: Mapping[str, str], home: Path) -> list[Path]:
    settings = [
        under(environ, "XDG_CONFIG_HOME", home, ".config"),
        home / "Library" / "Application Support",
        *([Path(environ["APPDATA"])] if environ.get("APPDATA") else []),
    ]
    older = (each / "Code" / "User" / "globalStorage" / "saoudrizwan.claude-dev" / "tasks" for each in settings)
    return [home / ".cline" / "data" / "sessions", *older]


SOURCE = Source(
    "cline", _roots, ("*/*.messages.json", "*/api_conversation_history.json"), read, lambda _: False, _end,
)  # fmt: skip
