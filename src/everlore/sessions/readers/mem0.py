"""mem0's memories as JSON: a list, or an object with `results` or `memories`, as `get_all` and its exports give them.

What it calls a category, or a type in the metadata, is the kind where we have one; categories come in as tags.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from everlore.core.errors import InvalidInput
from everlore.sessions.readers import exports, fields, pages
from everlore.sessions.records import Record

_TEXTS = ("memory", "text", "data", "content")


def read(path: Path) -> Iterator[Record]:
    """Yield each memory; of a directory, those of its JSON files."""
    with exports.opened(path) as files:
        found = [name for name in files.names if name.endswith(".json")] if path.is_dir() else list(files.names)
        if not found:
            raise InvalidInput("it holds no JSON file", field="path")
        for name in found:
            yield from exports.each(files, name, _element)


def _element(value: object) -> Iterator[Record]:
    entry = fields.record(value, "memory")
    inner = next((entry[name] for name in ("results", "memories") if isinstance(entry.get(name), list)), None)
    for each in inner if inner is not None else [entry]:
        yield _memory(fields.record(each, "memory"))


def _memory(entry: Mapping[str, Any]) -> Record:
    text = next((exports.mended(entry[name]) for name in _TEXTS if isinstance(entry.get(name), str)), "")
    if not text.strip():
        raise InvalidInput(f"memory: there is no text under any of {', '.join(_TEXTS)}", field="memory")
    given = entry.get("metadata")
    more: Mapping[str, Any] = given if isinstance(given, dict) else {}
    tags = [*_names(entry.get("categories")), *_names(more.get("tags")), *_names(more.get("category"))]
    sort = next(
        (kind for word in (more.get("kind"), more.get("type"), *tags) if (kind := pages.kind_of(word, ""))), "fact"
    )
    return pages.memory(text, None, sort, tags, valid_from=pages.any_moment(entry.get("created_at")))


def _names(value: object) -> list[str]:
    given = value if isinstance(value, list) else [value]
    return [exports.mended(each) for each in given if isinstance(each, str)]
