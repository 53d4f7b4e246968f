"""Markdown files as memories: one page per file, with its front matter read when it has one.

Front matter may give title, kind, tags and valid_from (or date); the first heading is the title otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from everlore.core.clock import to_ms
from everlore.core.errors import InvalidInput
from everlore.core.types import KINDS
from everlore.sessions.readers import fields
from everlore.sessions.records import BadLine, MemoryRecord, Record

_FRONT = re.compile(r"\A---[ \t]*\n(.*?)\n---[ \t]*(?:\n|\Z)", re.DOTALL)
_HEADING = re.compile(r"^#\s+(.+?)\s*#*\s*$", re.MULTILINE)
MAX_PAGE, MAX_TITLE, MAX_TAG, MAX_TAGS = 1_000_000, 300, 64, 32


def read(path: Path) -> Iterator[Record]:
    """Yield one memory for each Markdown file; hidden files and directories are left alone."""
    if path.is_file():
        yield _page(path, path.name)
        return
    for file in sorted(filter(Path.is_file, path.rglob("*.md"))):
        inside = file.relative_to(path)
        if not any(part.startswith(".") for part in inside.parts):
            yield _page(file, str(inside))


def _page(file: Path, where: str) -> Record:
    try:
        text = file.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
        front, text = _front_matter(text)
        body = fields.text({"text": text.strip()}, "text", limit=MAX_PAGE)
        return _memory(front, body, file.stem)
    except UnicodeDecodeError as error:
        return BadLine(where, InvalidInput(f"{where}: is not UTF-8 at byte {error.start}", field="text"))
    except OSError as error:
        return BadLine(where, InvalidInput(f"{where}: cannot be read: {error.strerror}", field="path"))
    except InvalidInput as error:
        return BadLine(where, InvalidInput(f"{where}: {error.message}", field=error.field, hint=error.hint))


def _memory(front: dict[str, Any], text: str, stem: str) -> MemoryRecord:
    heading = _HEADING.search(text)
    name = stem.replace("-", " ").replace("_", " ")
    first = heading.group(1) if heading and len(heading.group(1)) <= MAX_TITLE else name[:MAX_TITLE]
    title = _plain(front, "title", MAX_TITLE) or first
    kind = _plain(front, "kind", MAX_TITLE) or "page"
    if kind not in KINDS:
        raise InvalidInput(f"kind: {kind[:40]!r} is not one of {', '.join(KINDS)}", field="kind")
    tags = front.get("tags") or []
    tags = tags.split(",") if isinstance(tags, str) else fields.items(tags, "tags")
    if len(tags) > MAX_TAGS:
        raise InvalidInput(f"tags: there are {len(tags)}; the most is {MAX_TAGS}", field="tags")
    named = [_plain({"tags": tag}, "tags", MAX_TAG) for tag in tags]
    valid_from = _date(front.get("valid_from") or front.get("date"))
    return MemoryRecord(text, title, kind, tuple(tag for tag in named if tag), valid_from, None)


def _plain(front: Mapping[str, Any], name: str, limit: int) -> str:
    """Return a plain value of the front matter as text; lists and maps, which may be of any size, are no such value."""
    value = front.get(name)
    if value is None or value == "":
        return ""
    if not isinstance(value, (str, int, float, date)):
        raise InvalidInput(f"{name}: expected a text, got {type(value).__name__}", field=name)
    return fields.text({name: str(value).strip()}, name, required=False, limit=limit)


def _front_matter(text: str) -> tuple[dict[str, Any], str]:
    found = _FRONT.match(text)
    if not found:
        return {}, text
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        front = YAML(typ="safe").load(found.group(1))
    except (YAMLError, ValueError, TypeError, OverflowError, RecursionError) as error:
        said = next(iter(str(error).splitlines()), type(error).__name__)
        raise InvalidInput(f"front matter is not valid YAML: {said}", field="front matter") from None
    return (front if isinstance(front, dict) else {}), text[found.end() :]


def _date(value: object) -> int | None:
    if isinstance(value, datetime):
        return to_ms(value)
    if isinstance(value, date):
        return to_ms(datetime(value.year, value.month, value.day))  # noqa: DTZ001 - a date without a zone counts as UTC
    return fields.instant(value, "valid_from")
