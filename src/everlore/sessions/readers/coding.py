"""Sessions of coding agents as one JSON list: each session with its agent and its turns, tool calls with their output."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from everlore.core.errors import InvalidInput
from everlore.sessions.readers import fields
from everlore.sessions.records import Record, TurnRecord


def read(path: Path) -> Iterator[Record]:
    """Yield the turns of sessions.json, given itself or by its directory."""
    document = fields.load(path / "sessions.json" if path.is_dir() else path)
    if not isinstance(document, list):
        raise InvalidInput("expected a list of sessions", field="path")
    for session in document:
        name, agent = fields.text(session, "session"), str(session.get("agent") or "assistant")
        for turn in session.get("turns", []):
            role = fields.role(turn.get("role"))
            tool = turn.get("tool")
            speaker = {"assistant": agent, "tool": str((tool or {}).get("name") or "tool")}.get(role or "", "user")
            yield TurnRecord(
                name, fields.text(turn, "id"), turn.get("speaker") or speaker, role, fields.instant(turn.get("time")),
                "\n".join(part for part in (fields.body(turn, "text"), tool_text(tool)) if part),
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
