"""The BEAM shape: one chat per directory, batches of turns between a user and an assistant.

Each message ends in an index marker (`->-> 1,1`), which is not part of what was said and is taken off. A batch is a
session; a time anchor holds until the next one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from everlore.core.clock import to_ms
from everlore.core.errors import InvalidInput
from everlore.sessions.readers import fields
from everlore.sessions.records import Record, TurnRecord

_MARKER = re.compile(r"\s*->->[^\n]*\Z")


def read(path: Path) -> Iterator[Record]:
    """Yield the turns of one chat.json, one chat directory, or every chat directory below."""
    if path.is_file():
        yield from fields.whole(path.name, chat(path, path.parent.name))
        return
    found = [path / "chat.json"] if (path / "chat.json").is_file() else sorted(path.glob("*/chat.json"), key=_number)
    if not found:
        raise InvalidInput(f"{path} holds no chat.json", field="path")
    for file in found:
        yield from fields.whole(f"{file.parent.name}/{file.name}", chat(file, file.parent.name))


def chat(file: Path, name: str) -> Iterator[TurnRecord]:
    """Yield the turns of one chat."""
    time: int | None = None
    for entry in fields.items(fields.load(file), "batches"):
        batch = fields.record(entry, "batch")
        for group in fields.items(batch.get("turns"), "turns"):
            for each in fields.items(group, "turns"):
                turn = fields.record(each, "turns")
                time = _anchor(turn.get("time_anchor")) or time
                text = _MARKER.sub("", fields.body(turn, "content"))
                role = fields.role(turn.get("role"))
                yield TurnRecord(
                    f"{name}/{batch.get('batch_number')}", fields.label(turn, "id"), role or "unknown", role, time, text
                )


def _anchor(value: object) -> int | None:
    if not isinstance(value, str):
        return None
    try:
        return to_ms(datetime.strptime(value, "%B-%d-%Y").replace(tzinfo=UTC))
    except ValueError:
        return None


def _number(path: Path) -> tuple[int, str]:
    name = path.parent.name
    return (int(name), "") if name.isdecimal() else (1 << 30, name)
