"""Claude.ai's export: its zip file, the directory it unpacks to, or one of its `conversations`, `projects` or `memories.json`.

What was said becomes turns, a long text that was pasted a turn of its own; thoughts and the use of tools are left out. The
instructions and documents of projects and what Claude has remembered become memories.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from everlore.core.errors import InvalidInput
from everlore.sessions.readers import exports, fields
from everlore.sessions.readers.pages import MAX_PAGE, MAX_TAG, MAX_TITLE
from everlore.sessions.records import BadLine, MemoryRecord, Record, TurnRecord


def read(path: Path) -> Iterator[Record]:
    """Yield the turns of every conversation, then the memories."""
    with exports.opened(path) as files:
        names: dict[str, str] = {}
        found = False
        for kind, take in (("conversations", _turns), ("projects", _project), ("memories", _memories)):
            for name in _files(files, kind, alone=path.is_file() and not exports.is_zip(path)):
                found = True
                yield from exports.each(files, name, lambda value, take=take: take(value, names))  # type: ignore[misc]
        if not found:
            raise InvalidInput("it holds no conversations.json, projects.json or memories.json", field="path")


def _files(files: exports.Files, kind: str, *, alone: bool) -> list[str]:
    """Return the files of one kind; of a file by itself its beginning tells what it is."""
    if alone:
        head = files.head(files.names[0])
        marks = {"projects": b'"prompt_template"', "memories": b'"conversations_memory"'}
        told = next((name for name, mark in marks.items() if mark in head and b'"chat_messages"' not in head), None)
        return list(files.names) if kind == (told or "conversations") else []
    below = [name for name in files.names if PurePosixPath(name).parts[-2:-1] == (kind,) and name.endswith(".json")]
    return [*files.called(f"{kind}.json"), *(sorted(below) if kind == "projects" else [])]


def _turns(value: object, _: dict[str, str]) -> Iterator[TurnRecord]:
    conversation = fields.record(value, "conversation")
    session = fields.name(conversation, "uuid")
    for entry in fields.items(conversation.get("chat_messages"), "chat_messages"):
        message = fields.record(entry, "chat_messages")
        role = fields.role(message.get("sender"))
        identity, time = fields.name(message, "uuid"), fields.instant(message.get("created_at"), "created_at")
        speaker = "Claude" if role == "assistant" else "user"
        text, files = _said(message), ", ".join(_names(message.get("files")))
        if text or files:
            text = fields.body({"text": text}, "text", required=False)
            yield TurnRecord(session, identity, speaker, role, time, text, files[:100_000] or None)
        for number, each in enumerate(_objects(message.get("attachments")), 1):
            if pasted := exports.mended(each.get("extracted_content")).strip():
                pasted = fields.body({"extracted_content": pasted}, "extracted_content")
                name = exports.mended(each.get("file_name"))[:400] or None
                yield TurnRecord(session, f"{identity}/{number}", speaker, role, time, pasted, name)


def _said(message: Mapping[str, Any]) -> str:
    blocks = [
        exports.mended(block.get("text")) for block in _objects(message.get("content")) if block.get("type") == "text"
    ]
    return "\n\n".join(filter(None, blocks)).strip() or exports.mended(message.get("text")).strip()


def _project(value: object, names: dict[str, str]) -> Iterator[Record]:
    project = fields.record(value, "project")
    title = exports.mended(project.get("name")).strip()[:MAX_TITLE] or "Project"
    names[str(project.get("uuid"))] = title
    if project.get("is_starter_project"):
        return
    about = [exports.mended(project.get(name)).strip() for name in ("description", "prompt_template")]
    yield from _pages("\n\n".join(filter(None, about)), title, title, project.get("created_at"))
    for each in _objects(project.get("docs")):
        name = exports.mended(each.get("filename")).strip()[:MAX_TITLE] or title
        yield from _pages(exports.mended(each.get("content")), name, title, each.get("created_at"))


def _memories(value: object, names: dict[str, str]) -> Iterator[Record]:
    kept = fields.record(value, "memories")
    yield from _pages(exports.mended(kept.get("conversations_memory")), "What Claude remembers", None, None)
    projects = kept.get("project_memories")
    for uuid, text in projects.items() if isinstance(projects, dict) else []:
        name = names.get(uuid)
        title = f"What Claude remembers of {name or uuid}"[:MAX_TITLE]
        yield from _pages(exports.mended(text), title, name, None)


def _pages(text: str, title: str, project: str | None, created: object) -> Iterator[Record]:
    if len(text := text.strip()) > MAX_PAGE:
        said = f"{title}: has {len(text):,} characters; the most is {MAX_PAGE:,}"
        yield BadLine(title, InvalidInput(said, field="text"))
    elif text:
        tags = (project[:MAX_TAG].strip(),) if project else ()
        yield MemoryRecord(text, title, "page", tags, fields.instant(created, "created_at"), None)


def _names(value: object) -> list[str]:
    return [name for each in _objects(value) if (name := exports.mended(each.get("file_name")))]


def _objects(value: object) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
