"""`memory.json` of the reference MCP memory server: lines of entities with observations, and of relations between them.

An entity comes in as one of ours, each observation as a fact that mentions it, and a relation as a link with its word.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from everlore.core.errors import InvalidInput
from everlore.sessions.readers import exports, fields, pages
from everlore.sessions.readers.basic_memory import link_kind
from everlore.sessions.records import BadLine, EntityRecord, NamedLink, Record, RelationRecord

_KINDS = {"person": "person", "user": "person", "people": "person", "organization": "organization", "company": "organization",
          "team": "organization", "project": "project", "package": "package", "library": "package", "file": "path",
          "path": "path", "url": "url", "website": "url", "concept": "concept", "page": "page"}  # fmt: skip
_LONGEST = 300


def read(path: Path) -> Iterator[Record]:
    """Yield the entities, what was observed of each, and the relations."""
    with path.open("rb") as file:
        head = file.read(4096)
    if b'"entities"' in head and not head.lstrip().startswith((b'{"type"', b'{ "type"')):
        if path.stat().st_size > exports.LARGEST:
            raise InvalidInput(
                f"{path.name} is larger than {exports.LARGEST >> 20} MB", field="path", hint="write it as lines"
            )
        whole = fields.record(fields.load(path), path.name)
        entries = [
            {"type": "entity", **fields.record(each, "entities")}
            for each in fields.items(whole.get("entities"), "entities")
        ]
        entries += [{"type": "relation", **fields.record(each, "relations")} for each in whole.get("relations") or []]
        for number, entry in enumerate(entries, 1):
            yield from fields.whole(f"{path.name}, entry {number}", _entry(entry))
        return
    with path.open("rb") as file:
        for number, line in enumerate(iter(lambda: file.readline(exports.LARGEST), b""), 1):
            if line.strip():
                yield from _line(f"{path.name}, line {number}", line)


def _line(where: str, line: bytes) -> Iterator[Record]:
    try:
        entry = fields.record(json.loads(line.decode("utf-8-sig")), "line")
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        yield BadLine(where, InvalidInput(f"{where}: not valid JSON: {error}", field="line"))
    except InvalidInput as error:
        yield BadLine(where, InvalidInput(f"{where}: {error.message}", field=error.field))
    else:
        yield from fields.whole(where, _entry(entry))


def _entry(entry: Mapping[str, Any]) -> Iterator[Record]:
    if entry.get("type") == "relation":
        word = fields.text(entry, "relationType", limit=_LONGEST)
        ends = (fields.text(entry, "from", limit=_LONGEST), fields.text(entry, "to", limit=_LONGEST))
        yield RelationRecord(link_kind(word), *ends, word)
        return
    if entry.get("type") != "entity":
        raise InvalidInput("type: expected entity or relation", field="type")
    name = fields.text(entry, "name", limit=_LONGEST)
    sort = fields.text(entry, "entityType", required=False, limit=_LONGEST)
    yield EntityRecord(name, _KINDS.get(sort.casefold(), "name"))
    for said in fields.items(entry.get("observations") or [], "observations"):
        text = exports.mended(said).strip()
        if not text:
            raise InvalidInput("observations: expected texts", field="observations")
        told = text if name.casefold() in text.casefold() else f"{name}: {text}"
        yield pages.memory(
            told, None, "fact", [sort] if sort else [], links=(NamedLink("mentions", name, "observation"),)
        )
