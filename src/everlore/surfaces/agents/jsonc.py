"""Changing one value of a JSON file with comments and leaving every other byte as it is.

A document is read into nodes that know where they stand in the text; an edit splices the text and reads it again. Comments,
trailing commas, the order of keys, indentation, line ends and a byte order mark stay. Taking out what was put in gives back
the text that was there before.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from everlore.core.errors import InvalidInput

_SPACE = re.compile(r"(?:[\s\ufeff]+|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\.)*"')
_PLAIN = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null")
_BESIDE = re.compile(r"[ \t]*(?://[^\r\n]*|/\*[^\r\n]*?\*/[ \t]*(?=\r?\n))")
"""A comment on the rest of a line, which is of what stands before it."""
_WORDS = re.compile(r"\[\n\s*(\"(?:[^\"\\]|\\.)*\"(?:,\n\s*\"(?:[^\"\\]|\\.)*\")*)\n\s*\]")
"""An array of strings as `json.dumps` spreads it over lines."""
_DEEPEST = 200

Path = tuple[str | int, ...]
"""Where a value stands: keys of objects, numbers of places in arrays."""


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

    def get(self, *keys: str | int) -> Any:  # noqa: ANN401 - any JSON
        """Return the value at a path of keys, None when there is none."""
        node = self._find(keys)
        return None if node is None else node.value

    def line(self, keys: Path) -> int:
        """Return the line on which a value starts, 0 when there is none."""
        node = self._find(keys)
        return self.text.count("\n", 0, node.start) + 1 if node else 0

    def set(self, keys: Path, value: object) -> None:
        """Put a value at a path of keys, making the objects on the way; raise `InvalidInput` where something else stands."""
        if self.root is None:
            self._replace(
                f"{self.text.strip()}{_spelled(_nested(keys, value), 0, self._unit(), self._end())}{self._end()}"
            )
            return
        node, depth = self.root, 0
        for depth, key in enumerate(keys):
            inner = _member(node, key)
            if inner is None:
                if not isinstance(node.value, dict):
                    raise self._unfit(node, keys[:depth], "object")
                self._insert(node, _nested(keys[depth + 1 :], value), depth + 1, str(key))
                return
            node = inner
        if node.value != value:
            self._splice(node.start, node.end, _spelled(value, depth + 1, self._unit(), self._end()))

    def append(self, keys: Path, value: object) -> None:
        """Add a value to the array at a path of keys, making it where there is none."""
        node = self._find(keys)
        if node is None:
            self.set(keys, [value])
        elif isinstance(node.value, list):
            self._insert(node, value, len(keys) + 1, None)
        else:
            raise self._unfit(node, keys, "list")

    def remove(self, keys: Path) -> bool:
        """Take the value at a path of keys out; return whether there was one."""
        parent, found = self._find(keys[:-1]), False
        while parent is not None and (node := _member(parent, keys[-1])) is not None:
            self._cut(parent, next(n for n, (_, _, each) in enumerate(parent.members) if each is node))
            if isinstance(keys[-1], int):
                return True
            parent, found = self._find(keys[:-1]), True
        return found

    def _unfit(self, node: Node, keys: Path, kind: str) -> InvalidInput:
        line, where = self.text.count("\n", 0, node.start) + 1, ".".join(map(str, keys)) or "the document"
        return InvalidInput(f"line {line}: {where} is no {kind}", field="config", hint="mend the file by hand")

    def _find(self, keys: Path) -> Node | None:
        node = self.root
        for key in keys:
            if node is None:
                return None
            node = _member(node, key)
        return node

    def _insert(self, parent: Node, value: object, depth: int, key: str | None) -> None:
        """Write a new last member of an object or array."""
        unit, end = self._unit(), self._end()
        lead = f"{json.dumps(key, ensure_ascii=False)}: " if key is not None else ""
        inline = bool(parent.members) and "\n" not in self.text[parent.start : parent.end]
        spelled = lead + (json.dumps(value, ensure_ascii=False) if inline else _spelled(value, depth, unit, end))
        if not parent.members:
            kept = self.text[parent.start + 1 : parent.end - 1].rstrip()
            put = f"{kept}{end}{unit * depth}{spelled}{end}{unit * (depth - 1)}"
            self._splice(parent.start + 1, parent.end - 1, put)
            return
        _, start, last = parent.members[-1]
        line = self.text.rfind("\n", 0, start) + 1
        indent = self.text[line:start]
        gap = f"{end}{indent}" if not indent.strip("\ufeff \t") and line > parent.start else " "
        comma, trailing = self._comma(last)
        at = comma + 1 if trailing else last.end
        beside = _BESIDE.match(self.text, at)
        place = beside.end() if beside and gap != " " else at
        self._splice(
            at, place, f"{'' if trailing else ','}{self.text[at:place]}{gap}{spelled}{',' if trailing else ''}"
        )

    def _cut(self, parent: Node, index: int) -> None:
        """Take a member out with the comma and the white space that were its own; comments stay."""
        _, start, node = parent.members[index]
        comma, followed = self._comma(node)
        end = comma + 1 if followed else node.end
        if index:
            before, _ = self._comma(parent.members[index - 1][2])
            lead = self._lead(start, end, before + 1)
            if followed:
                self._splice(lead, end, "")
            else:
                self._splice(before, end, self.text[before + 1 : lead])
        elif index + 1 < len(parent.members):
            following = parent.members[1][1]
            blank = not self.text[end:following].strip()
            self._splice(start if blank else self._lead(start, end, parent.start + 1), following if blank else end, "")
        else:
            inside = self.text[parent.start + 1 : start] + self.text[end : parent.end - 1]
            whole = not inside.strip()
            self._splice(parent.start + 1 if whole else start, parent.end - 1 if whole else end, "")

    def _comma(self, node: Node) -> tuple[int, bool]:
        """Return where the comma after a value is, and whether there is one."""
        after = _skip(self.text, node.end)
        return after, self.text[after : after + 1] == ","

    def _lead(self, start: int, end: int, floor: int) -> int:
        """Return where the white space before a member begins, unless a comment before it needs the end of its line."""
        lead = start
        while lead > floor and self.text[lead - 1] in " \t\r\n":
            lead -= 1
        return lead if self.text[end : end + 1] in {"\r", "\n", ""} or "//" not in self.text[floor:lead] else start

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


def _member(node: Node, key: str | int) -> Node | None:
    """Return a member of an object or array; of two with the same key the last, which is the one that counts."""
    if isinstance(key, int):
        return node.members[key][2] if isinstance(node.value, list) and key < len(node.members) else None
    if not isinstance(node.value, dict):
        return None
    return next((each for name, _, each in reversed(node.members) if name == key), None)


def _nested(keys: Path, value: object) -> object:
    for key in reversed(keys):
        value = {key: value}
    return value


def _spelled(value: object, depth: int, unit: str, end: str) -> str:
    text = json.dumps(value, indent=unit if unit.strip(" ") else len(unit), ensure_ascii=False)
    text = _WORDS.sub(lambda found: "[" + re.sub(r",\n\s*", ", ", found[1]) + "]", text)
    return text.replace("\n", f"{end}{unit * depth}")


def _read(text: str) -> Node:
    at = _skip(text, 0)
    node = _value(text, at, 0)
    if _skip(text, node.end) != len(text):
        raise _wrong(text, node.end)
    return node


def _value(text: str, at: int, depth: int) -> Node:
    if depth > _DEEPEST:
        line = text.count("\n", 0, at) + 1
        raise InvalidInput(f"line {line}: nested too deeply", field="config")
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
