"""The LoCoMo shape: a list of conversations between two people, sessions numbered, one date per session.

A session is called `<sample>/session_<n>`; turn ids are LoCoMo's own (`D1:3`), which repeat between conversations, so each
conversation belongs in a namespace of its own or in a store of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from everlore.core.clock import to_ms
from everlore.core.errors import InvalidInput
from everlore.sessions.readers import fields
from everlore.sessions.records import Record, TurnRecord


def read(path: Path) -> Iterator[Record]:
    """Yield every turn of every conversation in the file."""
    document = fields.load(path)
    if not isinstance(document, list):
        raise InvalidInput("expected a list of conversations", field="path")
    for number, sample in enumerate(document):
        name = str(sample.get("sample_id", number)) if isinstance(sample, dict) else str(number)
        yield from fields.whole(f"{path.name}, conversation {name[:80]}", conversation(sample, name))


def conversation(sample: Any, name: str) -> Iterator[TurnRecord]:  # noqa: ANN401 - any JSON
    """Yield the turns of one conversation."""
    talk = sample.get("conversation") if isinstance(sample, dict) else None
    if not isinstance(talk, dict):
        raise InvalidInput(f"conversation {name}: has no `conversation` object", field="conversation")
    numbered = {int(key[8:]): key for key in talk if key.startswith("session_") and key[8:].isdecimal()}
    for number, key in sorted(numbered.items()):
        time = _time(talk.get(f"{key}_date_time"))
        for entry in fields.items(talk[key], key):
            turn = fields.record(entry, key)
            caption = fields.text(turn, "blip_caption", required=False, limit=100_000) or None
            yield TurnRecord(
                f"{name}/session_{number}", fields.text(turn, "dia_id"), fields.text(turn, "speaker"), None, time,
                fields.body(turn, "text", required=caption is None), caption,
            )  # fmt: skip


def _time(value: object) -> int | None:
    if not isinstance(value, str):
        return None
    try:
        return to_ms(datetime.strptime(value, "%I:%M %p on %d %B, %Y").replace(tzinfo=UTC))
    except ValueError:
        return fields.instant(value)
