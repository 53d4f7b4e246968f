"""What is done to one file of a client: put our part in, or take it out, and leave everything else as it is.

Each edit is data with two methods, from text to text. Ours is found again by what it says, not by where it stands: a server
called `everlore`, a hook that runs `hook CLIENT` of a program called lore or everlore, a block between two marks.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from everlore.core.errors import InvalidInput
from everlore.surfaces.agents.jsonc import Document

BEGIN, END = "<!-- everlore:begin -->", "<!-- everlore:end -->"
HASH_BEGIN, HASH_END = "# everlore:begin", "# everlore:end"


class Edit(Protocol):
    """One change to a file."""

    def put(self, text: str) -> str:
        """Return the text with our part in it; raise `InvalidInput` where that cannot be."""
        ...

    def take(self, text: str) -> str:
        """Return the text without our part."""
        ...


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a JSON object that is ours by its key. `if_missing` leaves one alone that is there already."""

    keys: tuple[str, ...]
    value: Any
    if_missing: bool = False

    def put(self, text: str) -> str:
        """Return the text with the member in it."""
        document = Document(text)
        if not (self.if_missing and document.get(*self.keys) is not None):
            document.set(self.keys, self.value)
        return document.text

    def take(self, text: str) -> str:
        """Return the text without the member, and without objects that are empty for it."""
        document = Document(text)
        if self.if_missing and document.get(*self.keys) != self.value:
            return text
        if document.remove(self.keys):
            tidy(document, self.keys[:-1])
        return document.text


@dataclass(frozen=True, slots=True)
class Hooks:
    """Elements of JSON arrays that are ours by what they run: event and element, at `keys` + event."""

    keys: tuple[str, ...]
    client: str
    elements: Mapping[str, Any]

    def put(self, text: str) -> str:
        """Return the text with one element of ours for each event."""
        document = Document(text)
        for event in _events(document, self.keys):
            if event not in self.elements:
                document.remove_from((*self.keys, event), self._is_ours)
                tidy(document, (*self.keys, event))
        for event, element in self.elements.items():
            where = (*self.keys, event)
            present = document.get(*where)
            mine = [n for n, each in enumerate(present if isinstance(present, list) else []) if self._is_ours(each)]
            if len(mine) == 1:
                document.replace(where, mine[0], element)
            else:
                document.remove_from(where, self._is_ours)
                document.append(where, element)
        return document.text

    def take(self, text: str) -> str:
        """Return the text without any element of ours."""
        document = Document(text)
        for event in _events(document, self.keys):
            if document.remove_from((*self.keys, event), self._is_ours):
                tidy(document, (*self.keys, event))
        return document.text

    def _is_ours(self, element: Any) -> bool:  # noqa: ANN401 - any JSON
        return any(runs_us(command, self.client) for command in _commands(element))


@dataclass(frozen=True, slots=True)
class Block:
    """Lines between two marks at the end of a text file."""

    lines: str
    begin: str = BEGIN
    end: str = END

    def put(self, text: str) -> str:
        """Return the text with the block in its place, or at the end."""
        close = "\r\n" if "\r\n" in text else "\n"
        block = f"{self.begin}{close}{self.lines.strip().replace(chr(10), close)}{close}{self.end}"
        if found := self._find(text):
            return text[: found[0]] + block + text[found[1] :]
        gap = "" if not text else close if text.endswith("\n") else close * 2
        return f"{text}{gap}{block}{close}"

    def take(self, text: str) -> str:
        """Return the text without the block and the blank line before it."""
        found = self._find(text)
        if not found:
            return text
        before, after = text[: found[0]], re.sub(r"\A\r?\n", "", text[found[1] :])
        if not after:
            before = re.sub(r"(?:(?<=\n)|\A)\r?\n\Z", "", before)
        return before + after

    def _find(self, text: str) -> tuple[int, int] | None:
        start = text.find(self.begin)
        stop = text.find(self.end, start)
        return (start, stop + len(self.end)) if 0 <= start < stop else None


@dataclass(frozen=True, slots=True)
class Toml:
    """Tables at the end of a TOML file, between two marks; `name` is the key path by which they may be there already."""

    lines: str
    name: tuple[str, ...]

    def put(self, text: str) -> str:
        """Return the text with the tables in it, unless a person has written them; raise `InvalidInput` if they clash."""
        block = Block(self.lines, HASH_BEGIN, HASH_END)
        without = block.take(text)
        value: Any = _toml(without)
        for key in self.name:
            value = value.get(key) if isinstance(value, dict) else None
        if value is not None:
            return without
        put = block.put(text)
        _toml(put)
        return put

    def take(self, text: str) -> str:
        """Return the text without our tables."""
        return Block(self.lines, HASH_BEGIN, HASH_END).take(text)


@dataclass(frozen=True, slots=True)
class Own:
    """A file that is ours as a whole."""

    content: str

    def put(self, text: str) -> str:
        """Return the file's content."""
        return self.content

    def take(self, text: str) -> str:
        """Return nothing: the file goes."""
        return ""


def runs_us(command: str, client: str) -> bool:
    """Tell whether a command of a client's configuration runs our hook, wherever `lore` lies."""
    return bool(re.search(rf"(?:lore|everlore)(?:\.exe)?[\"']?\s+hook\s+{re.escape(client)}(?:\s|$)", command))


def tidy(document: Document, keys: tuple[str, ...]) -> None:
    """Take out the empty object or array at a path of keys, and those above it that are empty then."""
    while keys and document.get(*keys) in ({}, []):
        document.remove(keys)
        keys = keys[:-1]


def _events(document: Document, keys: tuple[str, ...]) -> list[str]:
    present = document.get(*keys)
    return list(present) if isinstance(present, dict) else []


def _commands(value: Any) -> Sequence[str]:  # noqa: ANN401 - any JSON
    """Return every text in some JSON that may be a command; a program and its arguments count as one."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, list):
        return [found for each in value for found in _commands(each)]
    if not isinstance(value, dict):
        return []
    found = [each for inner in value.values() for each in _commands(inner)]
    if isinstance(value.get("command"), str) and isinstance(value.get("args"), list):
        found.append(" ".join([value["command"], *map(str, value["args"])]))
    return found


def _toml(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text.lstrip("\ufeff"))
    except tomllib.TOMLDecodeError as error:
        raise InvalidInput(f"not valid TOML: {error}", field="config", hint="mend the file by hand") from None
