"""Transcripts: what agents' clients leave on disk, read into events. One module for each shape."""

from __future__ import annotations

from pathlib import Path

from everlore.sessions.transcripts import claude_code, codex, gemini_cli, messages, opencode
from everlore.sessions.transcripts.source import Chunk, Source

SOURCES: dict[str, Source] = {
    source.client: source
    for source in (claude_code.SOURCE, codex.SOURCE, gemini_cli.SOURCE, opencode.SOURCE, *messages.SOURCES)
}


def source_of(path: Path) -> Source | None:
    """Return what can read a file, by its name and its beginning; None when nothing can."""
    if path.name.endswith(".jsonl.zst"):
        return SOURCES["codex"]
    try:
        with path.open("rb") as file:
            head = file.read(8192)
    except OSError:
        return None
    return next((source for source in SOURCES.values() if source.looks(head)), None)


__all__ = ["SOURCES", "Chunk", "Source", "source_of"]
