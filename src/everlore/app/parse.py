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

_LONGEST = 300
_DEEPEST = 64

_TYPES = {"str": "text", "int": "a whole number", "float": "a number", "bool": "true or false", "array": "a list",
          "object": "an object", "null": "null"}  # fmt: skip
_PLAIN = (
    (re.compile(r"Object missing required field `.*`"), "is required"),
    (re.compile(r"Object contains unknown field `.*`"), "is not a field of this operation"),
    (re.compile(r"Expected `\w+` of length >= 1"), "must not be empty"),
    (re.compile(r"Expected `(?:str|array)` of length <= (?P<most>\d+)"), "must not be longer than {most}"),
    (re.compile(r"Expected `(?:int|float)` >= (?P<least>\S+)"), "must be at least {least}"),
    (re.compile(r"Expected `(?:int|float)` <= (?P<most>\S+)"), "must be at most {most}"),
    (re.compile(r"Expected `(?P<wanted>\w+)(?: \| null)?`, got `(?P<given>\w+)`"), "must be {wanted}, not {given}"),
    (re.compile(r"Expected `str` matching regex .*"), "is not of the form that its description gives"),
    (re.compile(r"Invalid enum value (?P<given>.*)"), "must be one of its choices, not {given}"),
)

R = TypeVar("R", bound=Request)


def decode(request: type[R], payload: object, *, text: bool = False) -> R:
    """Return the request that `payload` spells; raise `InvalidInput` naming the first field that is wrong."""
    if not isinstance(payload, Mapping):
        raise InvalidInput(
            f"expected an object with named fields, got {_kind(payload)}",
            field="body",
            hint=f"fields are: {_fields(request)}",
        )
    reject_bad_characters(payload, "")
    try:
        return msgspec.convert({name: _whole(value) for name, value in payload.items()}, request, strict=not text)
    except msgspec.ValidationError as error:
        field, said = field_of(error)
        hint = f"fields are: {_fields(request)}" if said.startswith("is not a field") else ""
        raise InvalidInput(f"{field} {said}", field=field, hint=hint) from None


def field_of(error: msgspec.ValidationError) -> tuple[str, str]:
    """Return the field that an error of msgspec is about, and what it says, neither longer than a person reads."""
    message = str(error)
    at, named = _PATH.search(message), _NAMED.search(message)
    field = at.group(1) if at else named.group(1) if named else "body"
    if at and named:
        field = f"{at.group(1)}.{named.group(1)}".lstrip(".")
    said = _plainly(_PATH.sub("", message))
    return field[:_LONGEST], said if len(said) <= _LONGEST else f"{said[:_LONGEST]}..."


def _whole(value: object) -> object:
    """Return 2.0 as 2: JSON does not tell them apart, and some programs write the one for the other."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _plainly(said: str) -> str:
    """Return in a person's words what msgspec says of a value."""
    for pattern, plain in _PLAIN:
        if found := pattern.fullmatch(said):
            words = {name: _TYPES.get(word, word) for name, word in found.groupdict().items()}
            return plain.format(**words)
    return f"is wrong: {said}"


def given_path(text: str, field: str = "path") -> Path:
    """Return the absolute path that a field of a request names; raise `InvalidInput` for one that cannot exist on this machine."""
    try:
        path = Path(text).expanduser().absolute()
        path.exists()
    except (OSError, RuntimeError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise InvalidInput(f"{field}: {text[:80]!r} cannot be looked up: {reason}", field=field) from None
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


def reject_bad_characters(value: Any, where: str, depth: int = 0) -> None:  # noqa: ANN401 - any JSON value
    """Raise `InvalidInput` for a text that cannot be stored as it is, wherever in a value it stands."""
    if isinstance(value, str):
        _reject_bad_text(value, where)
    elif depth == _DEEPEST:
        raise InvalidInput(f"{where[:_LONGEST]}: it is nested too deep", field=where[:_LONGEST])
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            if not isinstance(name, str):
                raise InvalidInput(
                    f"{where or 'body'}: names of fields are strings, not {_kind(name)}", field=where or "body"
                )
            _reject_bad_text(name, where or "body")
            reject_bad_characters(inner, f"{where}.{name[:_LONGEST]}".lstrip("."), depth + 1)
    elif isinstance(value, (list, tuple)):
        for number, inner in enumerate(value):
            reject_bad_characters(inner, f"{where}[{number}]", depth + 1)


def _reject_bad_text(text: str, where: str) -> None:
    if "\x00" in text:
        raise InvalidInput(f"{where}: the text holds a NUL character", field=where, hint="remove the NUL characters")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise InvalidInput(
            f"{where}: the text holds half of a surrogate pair, so it is not valid Unicode",
            field=where,
            hint="send the text as UTF-8",
        ) from None
