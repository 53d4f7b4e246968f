"""JSON edited as text: a few letters are put into one string, and every other byte stays what it was.

Parsing and writing anew would change numbers, escapes, spaces and the order of what it does not understand. Here offsets
are found with the standard library's scanner and the text is cut open there. What is not well-formed raises `ValueError`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Sequence
from typing import Any, NamedTuple

_BLANK = re.compile(r"[ \t\r\n]*")
_value = json.JSONDecoder().raw_decode


class Value(NamedTuple):
    """A value of an object or array: its name or place, where its text begins and ends, and what it is.

    Of a list that was to be taken apart, `value` is the list of its elements as `Value`s.
    """

    name: str | int
    start: int
    end: int
    value: Any


def document(text: str, apart: Collection[str] = ()) -> dict[str, Value]:
    """Return the members of the object that `text` is, lists named in `apart` taken apart; raise `ValueError`."""
    start = _skip(text, 0)
    found, end = {}, start
    for member in members(text, start, apart):
        found[str(member.name)] = member
        end = member.end
    end = _skip(text, end if found else start + 1)
    if text[end : end + 1] != "}" or _skip(text, end + 1) != len(text):
        raise ValueError("this is not one object")
    return found


def members(text: str, start: int, apart: Collection[str] = ()) -> Iterator[Value]:
    """Yield the members of the object that begins at `start`; raise `ValueError`."""
    at = _opened(text, start, "{")
    while text[at : at + 1] != "}":
        if text[at : at + 1] != '"':
            raise ValueError(f"a name is missing at {at}")
        name, at = _value(text, at)
        at = _skip(text, at)
        if text[at : at + 1] != ":":
            raise ValueError(f"a colon is missing at {at}")
        member = _member(text, _skip(text, at + 1), name, apart)
        yield member
        at = _next(text, member.end, "}")


def elements(text: str, start: int) -> Iterator[Value]:
    """Yield the elements of the array that begins at `start`; raise `ValueError`."""
    at, place = _opened(text, start, "["), 0
    while text[at : at + 1] != "]":
        value, end = _value(text, at)
        yield Value(place, at, end, value)
        at, place = _next(text, end, "]"), place + 1


def inside(text: str, start: int, path: Sequence[str | int]) -> int:
    """Return the offset of the first letter of the string that lies at `path` below the value at `start`.

    Raises `ValueError` when no string is there.
    """
    at: int | None = start
    for step in path:
        if at is None:
            break
        values = elements(text, at) if isinstance(step, int) else members(text, at)
        at = None
        for value in values:  # of a name that comes twice the last counts, as for whoever parses this
            if value.name == step:
                at = value.start
    if at is None or text[at : at + 1] != '"':
        raise ValueError("there is no text")
    return at + 1


def insert(text: str, pieces: Sequence[tuple[int, str]]) -> str:
    """Return `text` with each piece put into the string at its offset."""
    parts, last = [], 0
    for at, piece in sorted(pieces):
        parts += [text[last:at], json.dumps(piece, ensure_ascii=False)[1:-1]]
        last = at
    return "".join([*parts, text[last:]])


def _member(text: str, start: int, name: str, apart: Collection[str]) -> Value:
    if name in apart and text[start : start + 1] == "[":
        found = list(elements(text, start))
        end = _skip(text, found[-1].end if found else start + 1)
        return Value(name, start, end + 1, found)
    value, end = _value(text, start)
    return Value(name, start, end, value)


def _skip(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    return found.end() if found else at


def _opened(text: str, start: int, sign: str) -> int:
    if text[start : start + 1] != sign:
        raise ValueError(f"{sign} is missing at {start}")
    return _skip(text, start + 1)


def _next(text: str, end: int, closing: str) -> int:
    """Return where the next value begins, or the closing sign stands."""
    at = _skip(text, end)
    sign = text[at : at + 1]
    if sign == ",":
        at = _skip(text, at + 1)
        if text[at : at + 1] not in ("", closing):
            return at
    elif sign == closing:
        return at
    raise ValueError(f"a comma or {closing} is missing at {at}")
