"""The YAML between the two `---` of a page: written by us, edited by anybody.

What we write is a small part of YAML, one line a key, which a few patterns read; whatever else is there is read by
ruamel.yaml. To change a key, the lines of that key alone are replaced, so that comments, the order of keys, quotes and
keys that mean nothing to us stay as they are, byte for byte.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

Value = str | int | float | bool | list[str]
Fields = dict[str, Any]

_LONGEST = 64_000
_WORD = r"[\w./+()-]+"
_PLAIN = re.compile(rf"[^\W\d_][\w./+()-]*(?: {_WORD})*")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3})?Z")
_NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,15})(\.\d+)?")
_SPECIAL = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n", "nan", "inf"})
_KEY = re.compile(r"([A-Za-z][\w-]*):(?: (.*))?")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_IN_QUOTES = re.compile(r""""(?:[^"\\]|\\.)*"|'[^']*'""")
_REFERENCE = re.compile(r"\s*(?:[^:#]+:\s+|-\s+)*[&*!]\S|[^:#]+:\s*[\[{](?:.*[\[,{:])?\s*[&*!]\S")
"""What makes a few lines of YAML stand for very much, or for what is no text."""
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


class Malformed(Exception):
    """Says why a page cannot be read."""


def emit(key: str, value: Value) -> str:
    """Return the line of one key."""
    if isinstance(value, list):
        return f"{key}: [{', '.join(map(_scalar, value))}]\n"
    return f"{key}: {_scalar(value)}\n"


def _scalar(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    text = str(value)
    if _TIME.fullmatch(text) or (_PLAIN.fullmatch(text) and text.lower() not in _SPECIAL and not text.endswith(".")):
        return text
    return _UNSAFE.sub(_escaped, json.dumps(text, ensure_ascii=False))


def _escaped(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def read(head: str) -> Fields:
    """Return the keys and values of some front matter; raise `Malformed`."""
    if len(head) > _LONGEST:
        raise Malformed(f"its front matter is longer than {_LONGEST:,} characters")
    fields: Fields = {}
    for line in head.removesuffix("\n").split("\n") if head else []:
        match = _KEY.fullmatch(line)
        if match is None or match[1] in fields or _UNSAFE.search(line):
            return _read_any(head)
        try:
            fields[match[1]] = _value(match[2] or "")
        except ValueError:
            return _read_any(head)
    return fields


def _value(text: str) -> Value:
    """Return the value that a line of ours spells; raise `ValueError` for any other."""
    if text.startswith("[") and text.endswith("]"):
        return _items(text[1:-1])
    return _one(text)


def _items(text: str) -> list[str]:
    items: list[str] = []
    at = 0
    while at < len(text):
        quoted = _QUOTED.match(text, at)
        end = quoted.end() if quoted else text.find(",", at)
        end = len(text) if end < 0 else end
        item = _one(text[at:end])
        if not isinstance(item, str):
            raise ValueError(text)
        items.append(item)
        if end < len(text) and text[end : end + 2] != ", ":
            raise ValueError(text)
        at = end + 2
    return items


def _one(text: str) -> str | int | float | bool:
    if text in {"true", "false"}:
        return text == "true"
    if number := _NUMBER.fullmatch(text):
        return float(text) if number[1] else int(text)
    if _TIME.fullmatch(text) or (_PLAIN.fullmatch(text) and text.lower() not in _SPECIAL):
        return text
    if _QUOTED.fullmatch(text) and "\\x" not in text:
        told = json.loads(text)
        if isinstance(told, str) and not any("\ud800" <= letter <= "\udfff" for letter in told):
            return told
    raise ValueError(text)


def _read_any(head: str) -> Fields:
    from ruamel.yaml.error import YAMLError

    if any(map(_REFERENCE.match, _IN_QUOTES.sub('""', head).split("\n"))):
        raise Malformed("its front matter uses anchors, references or tags, which nothing here needs")
    try:
        found = _loader().load(head)
    except (YAMLError, ValueError, TypeError, AttributeError, KeyError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        said = getattr(error, "problem", None) or str(error).partition("\n")[0]
        where = f" in line {mark.line + 2}" if mark else ""
        raise Malformed(f"its front matter is not valid YAML{where}: {said}") from None
    if found is None:
        return {}
    if not isinstance(found, Mapping) or not all(isinstance(key, str) for key in found):
        raise Malformed("its front matter is not a list of keys with values")
    _must_be_text(found)
    return dict(found)


def _must_be_text(value: object) -> None:
    """Raise `Malformed` where a value cannot be written as text again."""
    try:
        json.dumps(value, ensure_ascii=False, default=str).encode()
    except (ValueError, RecursionError) as error:
        raise Malformed(f"its front matter holds what is no text: {str(error)[:80]}") from None


@cache
def _loader() -> Any:  # noqa: ANN401 - ruamel.yaml has no types of its own
    from ruamel.yaml import YAML
    from ruamel.yaml.constructor import SafeConstructor

    class _AsWritten(SafeConstructor):
        """Leaves dates as they were written."""

    _AsWritten.add_constructor("tag:yaml.org,2002:timestamp", SafeConstructor.construct_yaml_str)
    loader = YAML(typ="safe", pure=True)
    loader.Constructor = _AsWritten
    return loader


def update(head: str, before: Fields, after: Mapping[str, Value | None]) -> str:
    """Return front matter in which some keys, read as `before`, have the values `after`; None takes a key away.

    Raise `Malformed` where that cannot be written into it.
    """
    changed = {
        key: value
        for key, value in after.items()
        if before.get(key) != value or type(before.get(key)) is not type(value)
    }
    changed = {key: value for key, value in changed.items() if value is not None or key in before}
    if not changed:
        return head
    lines = [f"{line}\n" for line in head.removesuffix("\n").split("\n")] if head else []
    for key, value in changed.items():
        new = [] if value is None else [emit(key, value)]
        found = _extent(lines, key)
        if found is None:
            lines += new
            continue
        first, last = found
        if new and (note := _note(lines[first:last])):
            new = [new[0].rstrip("\n") + note]
        lines[first:last] = new
    written = "".join(lines)
    expected = {**before, **changed}
    if read(written) != {key: value for key, value in expected.items() if value is not None}:
        raise Malformed("its front matter is written in a way that cannot be changed in place")
    return written


def _extent(lines: list[str], key: str) -> tuple[int, int] | None:
    """Return the first line of a key and the line after its last; comments before the next key are that key's."""
    named = re.compile(rf"""(["']?){re.escape(key)}\1\s*:(?:\s|$)""")
    for first, line in enumerate(lines):
        if named.match(line):
            last = first + 1
            while last < len(lines) and (lines[last][0] in " \t\r\n#" or re.match(r"-(\s|$)", lines[last])):
                last += 1
            while last > first + 1 and (not lines[last - 1].strip() or lines[last - 1].startswith("#")):
                last -= 1
            return first, last
    return None


def _note(lines: list[str]) -> str:
    """Return the comment at the end of a value of one line, with its newline."""
    if len(lines) != 1:
        return ""
    rest = re.sub(r""""(?:[^"\\]|\\.)*"|'[^']*'""", "", lines[0])
    at = re.search(r"\s+#.*\n?$", rest)
    return at[0] if at else ""
