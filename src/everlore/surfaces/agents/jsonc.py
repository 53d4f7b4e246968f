"""Changing one value of a JSON file with comments and leaving every other byte as it is.

A document is read into nodes that know where they stand in the text; an edit splices the text and reads it again. Comments,
trailing commas, the order of keys, indentation, line ends and a byte order mark stay. Taking out what was put in gives back
the text that was there before.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from everlore.core.errors import InvalidInput

_SPACE = re.compile(r"(?:[\s\ufeff]+|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\.)*"')
_PLAIN = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null")
_DEEPEST = 200


@dataclass(slots=True)
class Node:
    """One value: where it stands, what it is, and for an object or array its members (key, where the member starts, value)."""

    start: int
    end: int
    value: Any
    members: list[tuple[str, int, Node]] = field(default_factory=list)


class Document:
    """A text of JSON with comments; empty text is an empty object."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.root = _read(text) if text.strip("\ufeff \t\r\n") else None

    @property
    def value(self) -> Any:  # noqa: ANN401 - any JSON
        """What the document holds, as `json.loads` would have it."""
        return self.root.value if self.root else {}

    def get(self, *keys: str) -> Any:  # noqa: ANN401 - any JSON
        """Return the value at a path of keys, None when there is none."""
        node = self._find(keys)
        return None if node is None else node.value

    def set(self, keys: tuple[str, ...], value: object) -> None:
        """Put a value at a path of keys, making the objects on the way; raise `InvalidInput` where something else stands."""
        if self.root is None:
            self._replace(
                f"{self.text.strip()}{_spelled(_nested(keys, value), 0, self._unit(), self._end())}{self._end()}"
            )
            return
        node, depth = self.root, 0
        for depth, key in enumerate(keys):
            if not isinstance(node.value, dict):
                where = ".".join(keys[:depth]) or "the document"
                raise InvalidInput(f"{where} is no object", field="config", hint="mend the file by hand")
            inner = next((each for name, _, each in node.members if name == key), None)
            if inner is None:
                self._insert(node, _nested(keys[depth + 1 :], value), depth + 1, key)
                return
            node = inner
        if node.value != value:
            self._splice(node.start, node.end, _spelled(value, depth + 1, self._unit(), self._end()))

    def append(self, keys: tuple[str, ...], value: object) -> None:
        """Add a value to the array at a path of keys, making it where there is none."""
        node = self._find(keys)
        if node is None:
            self.set(keys, [value])
        elif isinstance(node.value, list):
            self._insert(node, value, len(keys) + 1, None)
        else:
            raise InvalidInput(f"{'.'.join(keys)} is no list", field="config", hint="mend the file by hand")

    def replace(self, keys: tuple[str, ...], index: int, value: object) -> None:
        """Put another value in the place of one of an array."""
        node = self._find(keys)
        assert node is not None
        old = node.members[index][2]
        if old.value != value:
            self._splice(old.start, old.end, _spelled(value, len(keys) + 1, self._unit(), self._end()))

    def remove(self, keys: tuple[str, ...]) -> bool:
        """Take the member at a path of keys out; return whether there was one."""
        parent = self._find(keys[:-1])
        if parent is None or not isinstance(parent.value, dict):
            return False
        for index, (name, _, _) in enumerate(parent.members):
            if name == keys[-1]:
                self._cut(parent, index)
                return True
        return False

    def remove_from(self, keys: tuple[str, ...], ours: Callable[[Any], bool]) -> int:
        """Take out the values of the array at a path of keys that are ours; return how many there were."""
        count = 0
        while (node := self._find(keys)) is not None and isinstance(node.value, list):
            index = next((place for place, (_, _, each) in enumerate(node.members) if ours(each.value)), None)
            if index is None:
                break
            self._cut(node, index)
            count += 1
        return count

    def _find(self, keys: tuple[str, ...]) -> Node | None:
        node = self.root
        for key in keys:
            if node is None or not isinstance(node.value, dict):
                return None
            node = next((each for name, _, each in node.members if name == key), None)
        return node

    def _insert(self, parent: Node, value: object, depth: int, key: str | None) -> None:
        """Write a new last member of an object or array."""
        unit, end = self._unit(), self._end()
        lead = f"{json.dumps(key, ensure_ascii=False)}: " if key is not None else ""
        spelled = f"{lead}{_spelled(value, depth, unit, end)}"
        if not parent.members:
            kept = self.text[parent.start + 1 : parent.end - 1].rstrip()
            put = f"{kept}{end}{unit * depth}{spelled}{end}{unit * (depth - 1)}"
            self._splice(parent.start + 1, parent.end - 1, put)
            return
        _, start, last = parent.members[-1]
        line = self.text.rfind("\n", 0, start) + 1
        indent = self.text[line:start]
        gap = f"{end}{indent}" if not indent.strip() and line > parent.start else " "
        after = _SPACE.match(self.text, last.end)
        assert after is not None
        if self.text[after.end() : after.end() + 1] == ",":
            self._splice(after.end() + 1, after.end() + 1, f"{gap}{spelled},")
        else:
            self._splice(last.end, last.end, f",{gap}{spelled}")

    def _cut(self, parent: Node, index: int) -> None:
        """Take a member out with the comma and the white space that were its own."""
        _, start, node = parent.members[index]
        before = parent.members[index - 1][2].end if index else parent.start + 1
        after = _SPACE.match(self.text, node.end)
        assert after is not None
        comma = self.text[after.end() : after.end() + 1] == ","
        if index + 1 < len(parent.members):
            self._splice(start, parent.members[index + 1][1], "")
        elif not index:
            blank = not self.text[before:start].strip()
            rest = self.text[after.end() + comma : parent.end - 1]
            self._splice(before if blank else start, parent.end - 1 if not rest.strip() else after.end() + comma, "")
        elif comma:
            own = _SPACE.match(self.text, before)
            assert own is not None
            self._splice(own.end() + 1, after.end() + 1, "")
        else:
            self._splice(self.text.find(",", before), node.end, "")

    def _splice(self, start: int, end: int, put: str) -> None:
        self._replace(self.text[:start] + put + self.text[end:])

    def _replace(self, text: str) -> None:
        self.text = text
        self.root = _read(text)

    def _unit(self) -> str:
        found = re.search(r"\n([ \t]+)\S", self.text)
        return found[1] if found else "  "

    def _end(self) -> str:
        return "\r\n" if "\r\n" in self.text else "\n"


def _nested(keys: tuple[str, ...], value: object) -> object:
    for key in reversed(keys):
        value = {key: value}
    return value


def _spelled(value: object, depth: int, unit: str, end: str) -> str:
    text = json.dumps(value, indent=unit if unit.strip(" ") else len(unit), ensure_ascii=False)
    return text.replace("\n", f"{end}{unit * depth}")


def _read(text: str) -> Node:
    at = _skip(text, 0)
    node = _value(text, at, 0)
    if _skip(text, node.end) != len(text):
        raise _wrong(text, node.end)
    return node


def _value(text: str, at: int, depth: int) -> Node:
    if depth > _DEEPEST:
        raise InvalidInput("the file is nested too deeply", field="config")
    opening = text[at : at + 1]
    if opening in ("{", "["):
        return _members(text, at, depth)
    if found := _STRING.match(text, at) or _PLAIN.match(text, at):
        return Node(at, found.end(), json.loads(found[0]))
    raise _wrong(text, at)


def _members(text: str, start: int, depth: int) -> Node:
    named = text[start] == "{"
    node = Node(start, start, {} if named else [])
    at = _skip(text, start + 1)
    while text[at : at + 1] != ("}" if named else "]"):
        begin, key = at, ""
        if named:
            found = _STRING.match(text, at)
            if not found:
                raise _wrong(text, at)
            key, at = json.loads(found[0]), _skip(text, found.end())
            if text[at : at + 1] != ":":
                raise _wrong(text, at)
            at = _skip(text, at + 1)
        each = _value(text, at, depth + 1)
        node.members.append((key, begin, each))
        if named:
            node.value[key] = each.value
        else:
            node.value.append(each.value)
        at = _skip(text, each.end)
        if text[at : at + 1] == ",":
            at = _skip(text, at + 1)
        elif text[at : at + 1] != ("}" if named else "]"):
            raise _wrong(text, at)
    node.end = at + 1
    return node


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _wrong(text: str, at: int) -> InvalidInput:
    line = text.count("\n", 0, at) + 1
    near = text[at : at + 20].splitlines()
    return InvalidInput(f"line {line}: not valid JSON near {near[0] if near else 'the end'!r}", field="config")
