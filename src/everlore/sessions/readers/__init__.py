"""Readers of conversation files: one module per format, each with `read(path)` yielding records.

`FORMATS` maps the name of a format to its reader; `detect` finds the name by looking at the file. A line that cannot be
read is yielded as a `BadLine`, so that the caller decides whether it stops the import.
"""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Callable, Iterator
from pathlib import Path

from everlore.core.errors import InvalidInput, NotFound
from everlore.sessions.readers import beam, coding, conversation, locomo, longmemeval, markdown
from everlore.sessions.records import Record

FORMATS: dict[str, Callable[[Path], Iterator[Record]]] = {
    "conversation": conversation.read,
    "locomo": locomo.read,
    "beam": beam.read,
    "longmemeval": longmemeval.read,
    "coding": coding.read,
    "markdown": markdown.read,
}


def detect(path: Path) -> str:
    """Return the name of the format that `path` holds ("everlore" for an export); raise `InvalidInput` when unsure."""
    if not path.exists():
        raise NotFound(f"{path} does not exist", field="path")
    if path.is_dir():
        return _detect_directory(path)
    if path.suffix.lower() in {".md", ".markdown"}:
        return "markdown"
    with path.open("rb") as file:
        start = file.read(4096)
    if b'"everlore_export"' in start[:200]:
        return "everlore"
    head = start.removeprefix(BOM_UTF8).lstrip()
    if head[:1] == b"{":
        return "conversation"
    for mark, name in ((b'"sample_id"', "locomo"), (b'"haystack_', "longmemeval"), (b'"question_id"', "longmemeval"),
                       (b'"qa"', "locomo"), (b'"batch_number"', "beam"), (b'"session"', "coding")):  # fmt: skip
        if head[:1] == b"[" and mark in start:
            return name
    raise InvalidInput(
        f"cannot tell what {path.name} holds", field="format", hint=f"name it: {', '.join([*FORMATS, 'everlore'])}"
    )


def _detect_directory(path: Path) -> str:
    if (path / "sessions.json").is_file():
        return "coding"
    if (path / "chat.json").is_file() or any(path.glob("*/chat.json")):
        return "beam"
    if any(path.rglob("*.md")):
        return "markdown"
    if any(path.glob("*.jsonl")):
        return "conversation"
    raise InvalidInput(
        f"{path} holds no file of a known format", field="path", hint=f"formats are: {', '.join(FORMATS)}"
    )
