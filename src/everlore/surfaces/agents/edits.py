"""What is done to one file of a client: put our part in, or take it out, and leave everything else as it is.

Each edit is data with two methods, from text to text. Ours is found again by what it says, not by where it stands: a server
called `everlore` that runs us, a hook that runs `hook CLIENT` of a program called lore or everlore, a block between two marks.
What a person has changed in our part stays, but for the command.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from everlore.core.errors import InvalidInput
from everlore.surfaces.agents.jsonc import Document, Path

START, END = "<!-- everlore:start -->", "<!-- everlore:end -->"
MANAGED = "<!-- everlore:managed -->"
"""What stands in a file of instructions that is ours as a whole, where a person might keep one of the name."""
_START = re.compile(r"^[ \t]*<!-- everlore:(?:start|begin) -->", re.MULTILINE)
_END = re.compile(r"^[ \t]*<!-- everlore:end -->", re.MULTILINE)
"""The marks at the beginning of a line; what an earlier version began with is known, too."""
_BY_HAND = "mend the file by hand"
_COMMANDS = ("command", "bash", "powershell", "windows")

Made = frozenset[Path] | None
"""The containers of a JSON file that were made for us, which go when they are empty; None if that was never noted."""


class Edit(Protocol):
    """One change to a file."""

    def put(self, text: str) -> str:
        """Return the text with our part in it; raise `InvalidInput` where that cannot be."""
        ...

    def take(self, text: str, made: Made = None) -> str:
        """Return the text without our part."""
        ...


@dataclass(frozen=True, slots=True)
class Without:
    """The opposite of an edit: what it puts in is not to be there."""

    edit: Edit

    def put(self, text: str) -> str:
        """Return the text without the part."""
        return self.edit.take(text)

    def take(self, text: str, made: Made = None) -> str:
        """Return the text without the part."""
        return self.edit.take(text, made)


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

    def take(self, text: str, made: Made = None) -> str:
        """Return the text without the member, and without the objects that were made for it."""
        document = Document(text)
        if self.if_missing and not (made and self.keys in made):
            return text
        if document.remove(self.keys):
            tidy(document, self.keys[:-1], made)
        return document.text


@dataclass(frozen=True, slots=True)
class Server:
    """The entry of our MCP server. One that a person has pointed at an address is theirs and stays."""

    keys: tuple[str, ...]
    value: Mapping[str, Any]

    def put(self, text: str) -> str:
        """Return the text with an entry that runs us; raise `InvalidInput` where another server has our name."""
        document = Document(text)
        present = document.get(*self.keys)
        if present is None:
            document.set(self.keys, dict(self.value))
        elif not _is_remote(present):
            if not _is_server(present):
                where = f"line {document.line(self.keys)}: " if document.line(self.keys) else ""
                raise InvalidInput(f"{where}{'.'.join(self.keys)} is another server", field="config", hint=_BY_HAND)
            for key, value in self.value.items():
                if key in {"command", "args"} or key not in present:
                    document.set((*self.keys, key), value)
        return document.text

    def take(self, text: str, made: Made = None) -> str:
        """Return the text without the entry that runs us."""
        document = Document(text)
        present = document.get(*self.keys)
        if present is not None and not _is_remote(present) and _is_server(present) and document.remove(self.keys):
            tidy(document, self.keys[:-1], made)
        return document.text


@dataclass(frozen=True, slots=True)
class Hooks:
    """Elements of JSON arrays that are ours by what they run: event and element, at `keys` + event."""

    keys: tuple[str, ...]
    client: str
    elements: Mapping[str, Any]

    def put(self, text: str) -> str:
        """Return the text with one element of ours for each event, after those of others."""
        document = Document(text)
        for event in _events(document, self.keys):
            if event not in self.elements:
                self._clear(document, event, None)
        for event, element in self.elements.items():
            where = (*self.keys, event)
            present = document.get(*where)
            mine = [n for n, each in enumerate(present if isinstance(present, list) else []) if self._runs(each)]
            if len(mine) == 1 and self._rest(present[mine[0]]) is None:
                document.set((*where, mine[0]), element)
            else:
                self._strip(document, where)
                document.append(where, element)
        return document.text

    def take(self, text: str, made: Made = None) -> str:
        """Return the text without any element of ours."""
        document = Document(text)
        for event in _events(document, self.keys):
            self._clear(document, event, made)
        return document.text

    def _clear(self, document: Document, event: str, made: Made) -> None:
        if self._strip(document, (*self.keys, event)):
            tidy(document, (*self.keys, event), made)

    def _strip(self, document: Document, where: Path) -> bool:
        """Take our elements out of an array, and our handlers out of elements that hold those of others too."""
        present = document.get(*where)
        found = False
        for number in reversed(range(len(present) if isinstance(present, list) else 0)):
            if not self._runs(present[number]):
                continue
            found, rest = True, self._rest(present[number])
            if rest is None:
                document.remove((*where, number))
                continue
            for inner in reversed(range(len(present[number]["hooks"]))):
                if inner not in rest:
                    document.remove((*where, number, "hooks", inner))
        return found

    def _runs(self, element: Any) -> bool:  # noqa: ANN401 - any JSON
        return any(runs_us(command, self.client) for command in commands(element))

    def _rest(self, element: Any) -> list[int] | None:  # noqa: ANN401 - any JSON
        """Return which handlers of an element are not ours, None when all are."""
        inner = element.get("hooks") if isinstance(element, dict) else None
        rest = [n for n, each in enumerate(inner if isinstance(inner, list) else []) if not self._runs(each)]
        return rest or None


@dataclass(frozen=True, slots=True)
class Block:
    """Lines between two marks, each on a line of its own, at the end of a text file."""

    lines: str

    def put(self, text: str) -> str:
        """Return the text with the block in its place, or at the end."""
        close = "\r\n" if "\r\n" in text else "\n"
        block = f"{START}{close}{self.lines.strip().replace(chr(10), close)}{close}{END}"
        if found := self._find(text):
            return text[: found[0]] + block + text[found[1] :]
        if not text.strip("\ufeff"):
            return f"{text}{block}{close}"
        # A file without an end of its last line gets a block without one, by which it is known again.
        return f"{text}{close}{block}{close}" if text.endswith("\n") else f"{text}{close}{close}{block}"

    def take(self, text: str, made: Made = None) -> str:
        """Return the text without the block and the blank line before it."""
        del made
        found = self._find(text)
        if not found:
            return text
        before, after = text[: found[0]], text[found[1] :]
        if not after:
            return re.sub(r"(?:\r?\n){1,2}\Z", "", before)
        after = re.sub(r"\A\r?\n", "", after)
        return (before if after else re.sub(r"(?<=\n)\r?\n\Z", "", before)) + after

    def _find(self, text: str) -> tuple[int, int] | None:
        start = _START.search(text)
        stop = _END.search(text, start.end() if start else 0)
        if start and stop:
            return start.start(), stop.end()
        if not start and not stop:
            return None
        alone = start or stop
        assert alone is not None
        line = text.count("\n", 0, alone.start()) + 1
        raise InvalidInput(f"line {line}: one of our two marks without the other", field="config", hint=_BY_HAND)


@dataclass(frozen=True, slots=True)
class Managed:
    """A file that is ours as a whole as long as it says so; one that a person wrote under the name is never touched."""

    content: str

    def put(self, text: str) -> str:
        """Return the file's content; raise `InvalidInput` where there is another's."""
        if text.strip() and MANAGED not in text:
            raise InvalidInput(
                f"it is not ours: it lacks the line {MANAGED}", field="config", hint="move it away to get ours"
            )
        return self.content

    def take(self, text: str, made: Made = None) -> str:
        """Return nothing, so that the file goes, or the text of another's."""
        del made
        return "" if MANAGED in text else text


@dataclass(frozen=True, slots=True)
class Own:
    """A file that is ours as a whole."""

    content: str

    def put(self, text: str) -> str:
        """Return the file's content."""
        del text
        return self.content

    def take(self, text: str, made: Made = None) -> str:
        """Return nothing: the file goes."""
        del text, made
        return ""


def runs_us(command: str, client: str = "") -> bool:
    """Tell whether a command runs our hook for a client, or for any, wherever `lore` lies."""
    name = re.escape(client) if client else r"[a-z-]+"
    return bool(re.search(rf"(?:^|[\s/\\\"'])(?:ever)?lore(?:\.exe)?[\"']?\s+hook\s+{name}(?:\s|$)", command))


def commands(element: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON
    """Yield each command of a hook, or of the hooks in a group; a program and its arguments count as one."""
    if not isinstance(element, Mapping):
        return
    arguments = element.get("args")
    more = " ".join(map(str, arguments)) if isinstance(arguments, list) else ""
    for key in _COMMANDS:
        if isinstance(element.get(key), str):
            yield f"{element[key]} {more}".rstrip()
    for each in element["hooks"] if isinstance(element.get("hooks"), list) else ():
        yield from commands(each)


def tidy(document: Document, keys: Path, made: Made) -> None:
    """Take out the empty object or array at a path of keys, and those above it that are empty then, if they were made for us."""
    while keys and document.get(*keys) in ({}, []) and (made is None or keys in made):
        document.remove(keys)
        keys = keys[:-1]


def containers(edits: tuple[Edit, ...], text: str) -> list[list[str]]:
    """Return the paths in a JSON file that the edits will make: objects and arrays, and members that are ours if missing."""
    paths: list[tuple[str, ...]] = []
    for edit in edits:
        if isinstance(edit, Hooks):
            paths += [edit.keys[:n] for n in range(1, len(edit.keys) + 1)]
            paths += [(*edit.keys, event) for event in edit.elements]
        elif isinstance(edit, Member | Server):
            paths += [edit.keys[:n] for n in range(1, len(edit.keys))]
            paths += [edit.keys] if isinstance(edit, Member) and edit.if_missing else []
    document = Document(text) if paths else None
    return [list(path) for path in dict.fromkeys(paths) if document and document.get(*path) is None]


def _events(document: Document, keys: tuple[str, ...]) -> list[str]:
    present = document.get(*keys)
    return list(present) if isinstance(present, dict) else []


def _is_remote(entry: Any) -> bool:  # noqa: ANN401 - any JSON
    return isinstance(entry, dict) and any(key in entry for key in ("url", "serverUrl", "httpUrl"))


def _is_server(entry: Any) -> bool:  # noqa: ANN401 - any JSON
    if not isinstance(entry, dict):
        return False
    command = entry.get("command")
    words = [*(command if isinstance(command, list) else [command]), *(entry.get("args") or [])]
    return is_server([str(word) for word in words])


def is_server(words: list[str]) -> bool:
    """Tell whether a program and its arguments run our MCP server."""
    return "mcp" in words and any(re.search(r"(?:^|[/\\])(?:ever)?lore(?:\.exe)?$", word) for word in words)
