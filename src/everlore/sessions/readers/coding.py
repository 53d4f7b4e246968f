"""Sessions of coding agents as one JSON list: each session with its agent and its turns, tool calls with their output."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from everlore.core.errors import InvalidInput
from everlore.sessions.readers import fields
from everlore.sessions.records import MAX_TURN, Record, TurnRecord


def read(path: Path) -> Iterator[Record]:
    """Yield the turns of sessions.json, given itself or by its directory."""
    document = fields.load(path / "sessions.json" if path.is_dir() else path)
    if not isinstance(document, list):
        raise InvalidInput("expected a list of sessions", field="path")
    for number, entry in enumerate(document, 1):
        yield from fields.whole(f"session {number}", _turns(entry))


def _turns(entry: object) -> Iterator[TurnRecord]:
    session = fields.record(entry, "session")
    name, agent = fields.text(session, "session"), fields.text(session, "agent", required=False) or "assistant"
    for each in fields.items(session.get("turns", []), "turns"):
        turn = fields.record(each, "turns")
        role, tool = fields.role(turn.get("role")), turn.get("tool")
        called = fields.record(tool, "tool") if tool is not None else {}
        speaker = {"assistant": agent, "tool": str(called.get("name") or "tool")[:400]}.get(role or "", "user")
        said = fields.body(turn, "text", required=tool is None)
        spoken = fields.text({"text": tool_text(tool)}, "text", required=False, limit=MAX_TURN)
        yield TurnRecord(
            name, fields.text(turn, "id"), fields.text(turn, "speaker", required=False) or speaker, role,
            fields.instant(turn.get("time")), "\n".join(part for part in (said, spoken) if part),
        )  # fmt: skip


def tool_text(tool: Any) -> str:  # noqa: ANN401 - any JSON
    """Return a tool call and its result as one searchable text; "" when there is none."""
    if not isinstance(tool, dict):
        return ""
    given = tool.get("input")
    spelled = (
        "\n".join(f"{key}: {value}" for key, value in given.items()) if isinstance(given, dict) else str(given or "")
    )
    parts = [f"{tool.get('name', 'tool')} {spelled}".strip(), str(tool.get("output") or "")]
    if tool.get("exit") not in (None, 0):
        parts.append(f"exit {tool['exit']}")
    return "\n".join(part for part in parts if part)
