"""Antigravity's transcripts: what the person and the model said, one line each; they name neither directory nor tools."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from everlore.sessions.boilerplate import said
from everlore.sessions.records import Event
from everlore.sessions.transcripts.source import Source, State, base, reader


def take(entry: dict[str, Any], state: State, at: int) -> list[Event]:
    """Return what one line says."""
    source, content = str(entry.get("source", "")), entry.get("content")
    if not isinstance(content, str) or not source.startswith(("USER", "MODEL")):
        return []
    text, event = said(content), base(state, source, entry, f"line:{at}")
    return [replace(event, kind="prompt" if source.startswith("USER") else "answer", text=text)] if text else []


def _about(path: Path) -> State:
    return {"session": path.parents[2].name if len(path.parents) > 2 else path.stem}


SOURCE = Source(
    "antigravity",
    lambda environ, home: sorted(path for path in (home / ".gemini").glob("antigravity*/brain") if path.is_dir()),
    ("*/.system_generated/logs/transcript.jsonl",),
    reader("antigravity", take, _about),
    lambda head: b'"source"' in head and (b'"USER_EXPLICIT"' in head or b'"MODEL"' in head),
)
