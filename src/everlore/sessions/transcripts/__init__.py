"""Transcripts: what agents' clients leave on disk, read into events. One module for each shape."""

from __future__ import annotations

import os
from pathlib import Path

from everlore.sessions.transcripts import (
    antigravity,
    claude_code,
    cline,
    codex,
    copilot,
    cursor,
    gemini_cli,
    opencode,
    pi,
)
from everlore.sessions.transcripts.source import DATABASES, WHOLE, Chunk, Source

SOURCES: dict[str, Source] = {
    source.client: source
    for source in (
        claude_code.SOURCE, codex.SOURCE, gemini_cli.SOURCE, opencode.SOURCE, *pi.SOURCES, cursor.SOURCE, antigravity.SOURCE,
        copilot.SOURCE, cline.SOURCE,
    )
}  # fmt: skip

_HEAD = 65_536
_NAMED = {".vscdb": "cursor", ".zst": "codex"}
_DOCUMENTS = ("api_conversation_history.json", ".messages.json")


def source_of(path: Path) -> Source | None:
    """Return what can read a file, by its place, its name or its beginning; None when nothing can."""
    home = Path.home()
    for source in SOURCES.values():
        if source.owns(path, os.environ, home):
            return source
    if path.name.endswith(_DOCUMENTS):
        return SOURCES["cline"]
    if path.suffix in _NAMED:
        return SOURCES[_NAMED[path.suffix]]
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError:
        return None
    return next((source for source in SOURCES.values() if source.looks(head)), None)


__all__ = ["DATABASES", "SOURCES", "WHOLE", "Chunk", "Source", "source_of"]
