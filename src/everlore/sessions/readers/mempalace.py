"""MemPalace: a palace's directory (its `chroma.sqlite3`), or the folder of Markdown that it exports.

Each drawer comes in as it is, a memory with its wing and room as tags and the day on which it was filed; a room such as
"decisions" gives the kind. The database is opened for reading alone.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path, PurePosixPath
from typing import Any

from everlore.core.errors import InvalidInput
from everlore.sessions.readers import exports, fields, pages
from everlore.sessions.records import BadLine, Record

DATABASE = "chroma.sqlite3"
INDEX = b"# Palace Export"
_ROOM = re.compile(r"\A# (.+?) / (.+?)\s*\n")
_FIELD = re.compile(r"^\|\s*([^|]+?)\s*\|\s*(.*?)\s*\|\s*$", re.MULTILINE)
_PAGE = 500


def read(path: Path) -> Iterator[Record]:
    """Yield each drawer."""
    database = path / DATABASE if path.is_dir() else path
    if database.is_file() and database.name.endswith(".sqlite3"):
        yield from _database(database)
    else:
        yield from pages.each(path, _room)


def _database(path: Path) -> Iterator[Record]:
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=2)) as database:
            after = 0
            while ids := [row[0] for row in database.execute(_IDS, (after, _PAGE))]:
                found: dict[int, dict[str, Any]] = {each: {} for each in ids}
                for drawer, key, text, number in database.execute(_VALUES, (ids[0], ids[-1])):
                    found.get(drawer, {})[key] = text if text is not None else number
                for drawer, about in found.items():
                    yield from fields.whole(f"{path.name}, drawer {drawer}", _drawers([about]))
                after = ids[-1]
    except sqlite3.Error as error:
        raise InvalidInput(
            f"{path.name} cannot be read: {error}", field="path", hint="`mempalace export` writes Markdown"
        ) from None


_IDS = """SELECT DISTINCT id FROM embedding_metadata WHERE id > ? AND key = 'chroma:document' ORDER BY id LIMIT ?"""
_VALUES = """SELECT id, key, string_value, coalesce(float_value, int_value) FROM embedding_metadata WHERE id BETWEEN ? AND ?"""


def _drawers(found: Iterable[Mapping[str, Any]]) -> Iterator[Record]:
    for about in found:
        text = exports.mended(about.get("chroma:document")).strip()
        if text:
            yield _drawer(text, about.get("wing"), about.get("room"), about.get("filed_at"))


def _drawer(text: str, wing: object, room: object, filed: object) -> Record:
    tags = [exports.mended(each) for each in (wing, room) if each]
    return pages.memory(text, None, pages.kind_of(room, "fact"), tags, valid_from=pages.any_moment(filed))


def _room(text: str, where: str) -> Iterator[Record]:
    head = _ROOM.match(text)
    if head is None:
        if text.encode().startswith(INDEX):
            return
        yield BadLine(where, InvalidInput(f"{where}: is no room of an exported palace", field="text"))
        return
    for part in re.split(r"^## (?=[^\n]*\n\n> )", text[head.end() :], flags=re.MULTILINE)[1:]:
        quoted = [line[2:] if line.startswith("> ") else "" for line in part.split("\n") if line.startswith(">")]
        about = dict(_FIELD.findall(part[part.rfind("| Field |") :]))
        said = "\n".join(quoted).strip()
        if said:
            yield _drawer(said, head[1] or PurePosixPath(where).parent.name, head[2], about.get("Filed"))
