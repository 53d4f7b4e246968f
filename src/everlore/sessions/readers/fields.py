"""Taking typed fields out of loose JSON, with errors that name the field."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from everlore.core.clock import to_ms
from everlore.core.errors import InvalidInput
from everlore.core.types import ROLES
from everlore.sessions.records import MAX_TURN, BadLine, Record

NATURAL_ROLES = {"human": "user", "person": "user", "ai": "assistant", "agent": "assistant", "model": "assistant",
                 "function": "tool", "tool_result": "tool", "developer": "system"}  # fmt: skip


def load(path: Path) -> Any:  # noqa: ANN401 - any JSON
    """Return the JSON document in a file; raise `InvalidInput` saying where it is not JSON."""
    if not path.is_file():
        raise InvalidInput(f"{path.name} is no file", field="path")
    try:
        return json.loads(path.read_bytes().decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise InvalidInput(
            f"{path.name} is not UTF-8 at byte {error.start}", field="path", hint="convert the file to UTF-8"
        ) from None
    except (json.JSONDecodeError, RecursionError) as error:
        raise InvalidInput(f"{path.name} is not valid JSON: {error}", field="path") from None


def record(value: object, name: str) -> Mapping[str, Any]:
    """Return a JSON object; raise `InvalidInput` naming it when it is something else."""
    if not isinstance(value, dict):
        raise InvalidInput(f"{name}: expected an object, got {type(value).__name__}", field=name)
    return value


def items(value: object, name: str) -> list[Any]:
    """Return a JSON array; raise `InvalidInput` naming it when it is something else or missing."""
    if not isinstance(value, list):
        said = "nothing" if value is None else type(value).__name__
        raise InvalidInput(f"{name}: expected a list, got {said}", field=name)
    return value


def whole(where: str, turns: Iterable[Record]) -> Iterator[Record]:
    """Yield all of one conversation, or a `BadLine` in its place when any of them cannot be read."""
    try:
        yield from list(turns)
    except InvalidInput as error:
        yield BadLine(where, InvalidInput(f"{where}: {error.message}", field=error.field, hint=error.hint))


def label(source: Mapping[str, Any], name: str) -> str:
    """Return an id, which may be a string or a whole number."""
    value = source.get(name)
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else text(source, name)


def text(source: Mapping[str, Any], name: str, *, required: bool = True, limit: int = 400) -> str:
    """Return a string field; "" when it may be missing and is."""
    value = source.get(name)
    if value is None and not required:
        return ""
    if not isinstance(value, str):
        raise InvalidInput(
            f"{name}: expected a string, got {'nothing' if value is None else type(value).__name__}", field=name
        )
    if required and not value:
        raise InvalidInput(f"{name}: is empty", field=name)
    if len(value) > limit:
        raise InvalidInput(f"{name}: has {len(value):,} characters; the most is {limit:,}", field=name)
    if "\x00" in value:
        raise InvalidInput(f"{name}: holds a NUL character", field=name, hint="remove the NUL characters")
    if value.isascii():
        return value
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise InvalidInput(
            f"{name}: holds half of a surrogate pair", field=name, hint="write the text as UTF-8"
        ) from None
    return value


def name(source: Mapping[str, Any], field: str) -> str:
    """Return an id, which many exports write as a number."""
    value = source.get(field)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return text(source, field)


def body(source: Mapping[str, Any], name: str, *, required: bool = True) -> str:
    """Return the text of a turn, which may be empty, and missing unless it is required."""
    return "" if source.get(name) == "" else text(source, name, required=required, limit=MAX_TURN)


def role(value: object) -> str | None:
    """Return the role in our words; None for a conversation between people."""
    if value is None or value == "":
        return None
    known = NATURAL_ROLES.get(str(value).lower(), str(value).lower())
    if known not in ROLES:
        raise InvalidInput(f"role: {str(value)[:40]!r} is not one of {', '.join(ROLES)}", field="role")
    return known


def instant(value: object, name: str = "time") -> int | None:
    """Return Unix milliseconds of an ISO 8601 time; None for nothing. A time without a zone counts as UTC."""
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise InvalidInput(f"{name}: expected an ISO 8601 time as a string, got {type(value).__name__}", field=name)
    try:
        return to_ms(datetime.fromisoformat(value))
    except (ValueError, OverflowError):
        raise InvalidInput(
            f"{name}: {value[:40]!r} is not an ISO 8601 time", field=name, hint="such as 2026-03-02T09:14:00Z"
        ) from None
