"""Everlore's own conversation format: JSON lines of {session, id, speaker, role, time, text, caption}."""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from everlore.core.errors import InvalidInput
from everlore.sessions.readers import fields
from everlore.sessions.records import BadLine, Record, TurnRecord

_KNOWN = {"session", "id", "speaker", "role", "time", "text", "caption"}
_decode = msgspec.json.Decoder().decode


def read(path: Path) -> Iterator[Record]:
    """Yield the turns of a file, or of every .jsonl file of a directory, in order."""
    for file in sorted(filter(Path.is_file, path.glob("*.jsonl"))) if path.is_dir() else [path]:
        with file.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield _parse(line.removeprefix(BOM_UTF8), f"{file.name}, line {number}")


def _parse(line: bytes, where: str) -> Record:
    try:
        value = _decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return BadLine(where, InvalidInput(f"{where}: not valid JSON in UTF-8: {error}", field="line"))
    if not isinstance(value, dict):
        return BadLine(where, InvalidInput(f"{where}: expected an object", field="line"))
    try:
        return turn(value)
    except InvalidInput as error:
        return BadLine(where, InvalidInput(f"{where}: {error.message}", field=error.field, hint=error.hint))


def turn(value: dict[str, Any]) -> TurnRecord:
    """Return the turn one line spells; raise `InvalidInput` naming the field."""
    if not value.keys() <= _KNOWN:
        unknown = min(value.keys() - _KNOWN)
        raise InvalidInput(
            f"unknown field {unknown[:40]!r}", field=unknown, hint=f"fields are: {', '.join(sorted(_KNOWN))}"
        )
    caption = fields.text(value, "caption", required=False, limit=100_000) or None
    return TurnRecord(
        session=fields.name(value, "session"),
        id=fields.name(value, "id"),
        speaker=fields.text(value, "speaker", required=False) or str(value.get("role") or "unknown"),
        role=fields.role(value.get("role")),
        time=fields.instant(value.get("time")),
        text=fields.body(value, "text", required=caption is None),
        caption=caption,
    )
