"""Readers of what is imported, conversations and other tools' stores: one module per format, each with `read(path)` yielding records.

`FORMATS` maps the name of a format to its reader; `detect` finds the name by looking at the file. A line that cannot be
read is yielded as a `BadLine`, so that the caller decides whether it stops the import.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

from everlore.core.errors import InvalidInput, NotFound
from everlore.sessions.readers import (
    basic_memory,
    beam,
    chatgpt,
    chatlog,
    claude_ai,
    claude_memory,
    coding,
    conversation,
    exports,
    locomo,
    longmemeval,
    markdown,
    mcp_memory,
    mem0,
    mempalace,
    pages,
    rules,
    slack,
)
from everlore.sessions.records import Record

FORMATS: dict[str, Callable[[Path], Iterator[Record]]] = {
    "conversation": conversation.read,
    "locomo": locomo.read,
    "beam": beam.read,
    "longmemeval": longmemeval.read,
    "coding": coding.read,
    "markdown": markdown.read,
    "rules": rules.read,
    "claude-memory": claude_memory.read,
    "basic-memory": basic_memory.read,
    "mem0": mem0.read,
    "mempalace": mempalace.read,
    "mcp-memory": mcp_memory.read,
    "chatgpt": chatgpt.read,
    "claude-ai": claude_ai.read,
    "slack": slack.read,
    "chatlog": chatlog.read,
}
_HEAD = 65_536
_LOOKED_AT = 20
"""Pages of a folder that are looked at to tell whose notes they are."""
_MEM0 = re.compile(rb'"memory"\s*:\s*"')
_GRAPH = re.compile(rb'\s*(?:\{\s*"type"\s*:\s*"(?:entity|relation)"|\{\s*"(?:entities|relations)"\s*:\s*\[)')
_EXPORTED = (
    (b'"chat_messages"', "claude-ai"), (b'"conversations_memory"', "claude-ai"), (b'"prompt_template"', "claude-ai"),
    (b'"current_node"', "chatgpt"), (b'"mapping"', "chatgpt"),
)  # fmt: skip


def detect(path: Path) -> str:
    """Return the name of the format that `path` holds ("everlore" for an export); raise `InvalidInput` when unsure."""
    if not path.exists():
        raise NotFound(f"{path} does not exist", field="path")
    if path.is_dir():
        return _detect_directory(path)
    if exports.is_zip(path):
        with exports.opened(path) as files:
            if found := _detect_export(files):
                return found
        raise _unclear(path)
    with path.open("rb") as file:
        start = file.read(_HEAD)
    if path.suffix.lower() in {".md", ".markdown"}:
        return "chatlog" if chatlog.looks(start, markdown=True) else _page(path.name, start)
    if start.startswith(b"SQLite format 3") and path.name == mempalace.DATABASE:
        return "mempalace"
    if b'"everlore_export"' in start[:200]:
        return "everlore"
    head = start.removeprefix(BOM_UTF8).lstrip()
    if _GRAPH.match(head):
        return "mcp-memory"
    if head[:1] == b"{":
        return _exported(head) or ("mem0" if _MEM0.search(head) else "conversation")
    if head[:1] == b"[" and (found := _detect_list(head)):
        return found
    if path.suffix.lower() in chatlog.SUFFIXES and chatlog.looks(start):
        return "chatlog"
    raise _unclear(path)


def _detect_list(head: bytes) -> str | None:
    for mark, name in ((b'"sample_id"', "locomo"), (b'"haystack_', "longmemeval"), (b'"question_id"', "longmemeval"),
                       (b'"qa"', "locomo"), (b'"batch_number"', "beam"), *_EXPORTED, (b'"session"', "coding")):  # fmt: skip
        if mark in head:
            return name
    return "mem0" if _MEM0.search(head) else None


def _page(name: str, start: bytes) -> str:
    """Return whose page a Markdown file is, by its name and how it begins."""
    if name.lower() in rules.NAMES:
        return "rules"
    text = start.decode("utf-8", "replace").removeprefix("\ufeff").replace("\r\n", "\n")
    front = text[4:].partition("\n---")[0] if text.startswith("---\n") else ""
    if name == claude_memory.INDEX or any(
        re.search(rf"^\s*type:\s*{each}\s*$", front, re.MULTILINE) for each in claude_memory.TYPES
    ):
        return "claude-memory"
    return "basic-memory" if basic_memory.looks(text) else "markdown"


def _notes(path: Path) -> str:
    """Return whose notes a folder of Markdown holds: what the first of them are, where all that tell anything agree."""
    found = [each for each, _ in zip(pages.files(path), range(_LOOKED_AT), strict=False) if isinstance(each, tuple)]
    told = set()
    for file, where in found:
        with file.open("rb") as opened:
            told.add(
                _page(file.name, opened.read(_HEAD))
                if "/" not in where or file.name != claude_memory.INDEX
                else "markdown"
            )
    if "claude-memory" in told and (path / claude_memory.INDEX).is_file():
        return "claude-memory"
    if told == {"rules"}:
        return "rules"
    told -= {"markdown", "rules"}
    return told.pop() if len(told) == 1 else "markdown"


def _exported(head: bytes) -> str | None:
    return next((name for mark, name in _EXPORTED if mark in head), None)


def _detect_export(files: exports.Files) -> str | None:
    """Return what program made a zip file or directory; None when none is known by its files."""
    names = {PurePosixPath(name).name for name in files.names}
    if any(name.startswith("conversations") and name.endswith(".json") for name in names):
        shards = chatgpt.shards(files)
        return _exported(files.head(shards[0])) or ("claude-ai" if "memories.json" in names else "chatgpt")
    if names.intersection(slack.LISTS):
        return "slack"
    if names & {"projects.json", "memories.json"}:
        return "claude-ai"
    logs = [name for name in files.names if PurePosixPath(name).suffix.lower() in {".txt", ".log"}]
    return "chatlog" if logs and chatlog.looks(files.head(logs[0])) else None


def _detect_directory(path: Path) -> str:
    if (path / "sessions.json").is_file():
        return "coding"
    if (path / "chat.json").is_file() or any(path.glob("*/chat.json")):
        return "beam"
    with exports.opened(path) as files:
        found = _detect_export(files)
    if found and found != "chatlog":
        return found
    if (path / mempalace.DATABASE).is_file():
        return "mempalace"
    if (path / "index.md").is_file() and (path / "index.md").read_bytes().startswith(mempalace.INDEX):
        return "mempalace"
    if any(isinstance(each, tuple) for each in pages.files(path)):
        return _notes(path)
    if any(path.glob("*.jsonl")):
        return "conversation"
    if found:
        return found
    raise InvalidInput(
        f"{path} holds no file of a known format", field="path", hint=f"formats are: {', '.join(FORMATS)}"
    )


def _unclear(path: Path) -> InvalidInput:
    return InvalidInput(
        f"cannot tell what {path.name} holds", field="format", hint=f"name it: {', '.join([*FORMATS, 'everlore'])}"
    )
