"""From loose input to a request: shapes, bounds and characters are checked here, for every surface alike.

A wrong field raises `InvalidInput` naming it; nothing is coerced, except that a surface whose input is all text (a
command line, a query string) passes `text=True` to have numbers and booleans read from text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from everlore.app.requests import Request
from everlore.core.errors import InvalidInput

_PATH = re.compile(r" - at `\$\.?(.*?)`$")
_NAMED = re.compile(r"field `([^`]+)`")

R = TypeVar("R", bound=Request)


def decode(request: type[R], payload: object, *, text: bool = False) -> R:
    """Return the request that `payload` spells; raise `InvalidInput` naming the first field that is wrong."""
    if not isinstance(payload, Mapping):
        raise InvalidInput(
            f"expected an object with named fields, got {_kind(payload)}",
            field="body",
            hint=f"fields are: {_fields(request)}",
        )
    _reject_bad_characters(payload, "")
    try:
        return msgspec.convert(payload, request, strict=not text)
    except msgspec.ValidationError as error:
        message = str(error)
        at = _PATH.search(message)
        named = _NAMED.search(message)
        field = at.group(1) if at else named.group(1) if named else "body"
        if at and named:
            field = f"{at.group(1)}.{named.group(1)}".lstrip(".")
        hint = f"fields are: {_fields(request)}" if "unknown field" in message else ""
        raise InvalidInput(f"{field}: {_PATH.sub('', message)}", field=field, hint=hint) from None


def given_path(text: str) -> Path:
    """Return the absolute path that a request names; raise `InvalidInput` for one that cannot exist on this machine."""
    try:
        path = Path(text).expanduser().absolute()
        path.exists()
    except (OSError, RuntimeError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise InvalidInput(f"path: {text[:80]!r} cannot be looked up: {reason}", field="path") from None
    return path


def decode_json(request: type[R], body: bytes) -> R:
    """Return the request that a JSON document spells; raise `InvalidInput` for anything that is not JSON in UTF-8."""
    try:
        payload = msgspec.json.decode(body) if body.strip() else {}
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidInput(
            f"the body is not valid JSON: {error}", field="body", hint="send one JSON object in UTF-8"
        ) from None
    return decode(request, payload)


def _fields(request: type[Request]) -> str:
    return ", ".join(request.__struct_fields__) or "none"


def _kind(value: object) -> str:
    if value is None:
        return "null"
    return {list: "an array", str: "a string", bool: "a boolean", int: "a number", float: "a number"}.get(
        type(value), "something else"
    )


def _reject_bad_characters(value: Any, where: str) -> None:  # noqa: ANN401 - any JSON value
    if isinstance(value, str):
        if "\x00" in value:
            raise InvalidInput(
                f"{where}: the text holds a NUL character", field=where, hint="remove the NUL characters"
            )
        try:
            value.encode("utf-8")
        except UnicodeEncodeError:
            raise InvalidInput(
                f"{where}: the text holds half of a surrogate pair, so it is not valid Unicode",
                field=where,
                hint="send the text as UTF-8",
            ) from None
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            _reject_bad_characters(inner, f"{where}.{name}".lstrip("."))
    elif isinstance(value, (list, tuple)):
        for number, inner in enumerate(value):
            _reject_bad_characters(inner, f"{where}[{number}]")
