"""Putting tables into a TOML file and taking them out again, with every other byte left as it is.

A file is cut into sections at its table headers; ours are added after the last and found again by their keys and by what they
run. A writer of whole documents would unify line ends and leave blank lines behind. No result is used before it has been read
again and says what it should.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from everlore.core.errors import InvalidInput
from everlore.surfaces.agents.edits import Made, commands, is_server, runs_us

_HEADER = re.compile(r"[ \t]*(\[\[?)[^\n]*")
_BY_HAND = "mend the file by hand"
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Section:
    """Lines from a table header to the next: where they start and end, the keys of the header, whether it is of an array."""

    start: int
    end: int
    keys: tuple[str, ...]
    repeated: bool


@dataclass(frozen=True, slots=True)
class TomlServer:
    """The table of our MCP server, `keys` being its name."""

    keys: tuple[str, ...]
    value: Mapping[str, Any]

    def put(self, text: str) -> str:
        """Return the text with the table in it; raise `InvalidInput` where something else has its name."""
        data = parse(text)
        present = _at(data, self.keys)
        if present is None:
            return _checked(_add(text, _table(self.keys, self.value)), _with(data, self.keys, dict(self.value)))
        if isinstance(present, dict) and "url" in present:
            return text
        if not isinstance(present, dict) or not _is_server(present):
            raise InvalidInput(f"{'.'.join(self.keys)} is another server", field="config", hint=_BY_HAND)
        ours = {key: each for key, each in self.value.items() if key in {"command", "args"} or key not in present}
        changed = {key: each for key, each in ours.items() if present.get(key) != each}
        if not changed:
            return text
        section = next((each for each in sections(text) if each.keys == self.keys), None)
        if section is None:
            raise InvalidInput(f"{'.'.join(self.keys)} is written in another form", field="config", hint=_BY_HAND)
        body = text[section.start : section.end]
        for key, each in changed.items():
            line = f"{key} = {_literal(each)}"
            body, found = re.subn(rf"(?m)^{key}[ \t]*=[^\r\n]*", lambda _, line=line: line, body, count=1)  # type: ignore[misc]
            body = body if found else re.sub(r"\A[^\r\n]*", lambda head, line=line: f"{head[0]}{_end(text)}{line}", body, count=1)  # type: ignore[misc]  # fmt: skip
        return _checked(text[: section.start] + body + text[section.end :], _with(data, self.keys, present | changed))

    def take(self, text: str, made: Made = None) -> str:
        """Return the text without the table."""
        del made
        data = parse(text)
        present = _at(data, self.keys)
        if not isinstance(present, dict) or "url" in present or not _is_server(present):
            return text
        depth = len(self.keys)
        gone = [each for each in sections(text) if each.keys[:depth] == self.keys]
        return _checked(_cut(text, gone), _with(data, self.keys, None))


@dataclass(frozen=True, slots=True)
class TomlHooks:
    """Arrays of tables below `hooks` that are ours by what they run: event and group."""

    client: str
    groups: Mapping[str, Json]

    def put(self, text: str) -> str:
        """Return the text with one group of ours for each event, after those of others."""
        data = parse(text)
        hooks = data.get("hooks", {})
        stale, missing = set[str](), dict[str, Json]()
        for event in {**(hooks if isinstance(hooks, dict) else {}), **self.groups}:
            mine = [group for group in _groups(data, event) if self._runs(group)]
            if mine != ([self.groups[event]] if event in self.groups else []):
                stale.add(event)
                missing |= {event: self.groups[event]} if event in self.groups else {}
        if not stale:
            return text
        text = self._without(text, stale)
        for event, group in missing.items():
            text = _add(text, _group(event, group))
        expected = self._cleared(data, stale)
        for event, group in missing.items():
            expected.setdefault("hooks", {}).setdefault(event, []).append(group)
        return _checked(text, expected)

    def take(self, text: str, made: Made = None) -> str:
        """Return the text without any group of ours."""
        del made
        data = parse(text)
        every = {event for event in data.get("hooks", {}) if any(map(self._runs, _groups(data, event)))}
        return _checked(self._without(text, every), self._cleared(data, every)) if every else text

    def _runs(self, group: object) -> bool:
        return any(runs_us(command, self.client) for command in commands(group))

    def _without(self, text: str, events: set[str]) -> str:
        gone = list[Section]()
        group = list[Section]()
        for each in [*sections(text), None]:
            new = each is None or each.keys[:2] != (group[0].keys if group else ()) or len(each.keys) == 2
            if group and new:
                gone += self._ours(text, group)
                group = []
            if each is not None and (group or (each.repeated and each.keys[:1] == ("hooks",) and each.keys[1:2] and each.keys[1] in events)):  # fmt: skip
                group.append(each)
        return _cut(text, gone)

    def _ours(self, text: str, group: list[Section]) -> list[Section]:
        """Return the sections of a group of hooks that are ours: all, or those of our handlers among others."""
        handlers = [each for each in group if len(each.keys) == 3 and each.repeated]
        mine = [each for each in handlers if self._runs(_tail(text, each))]
        if handlers:
            return group if len(mine) == len(handlers) else mine
        return group if self._runs(_tail(text, group[0])) else []

    def _cleared(self, data: Json, events: set[str]) -> Json:
        """Return what a document says without our groups of some events."""
        hooks = dict(data.get("hooks", {}))
        for event in events & set(hooks):
            hooks[event] = [rest for group in _groups(data, event) if (rest := self._rest(group)) is not None]
        return {**data, "hooks": hooks}

    def _rest(self, group: Json) -> Json | None:
        if not self._runs(group):
            return group
        rest = [each for each in group.get("hooks", []) if not self._runs(each)]
        return {**group, "hooks": rest} if rest else None


@dataclass(frozen=True, slots=True)
class TomlKey:
    """A key of the document itself, set where nobody has set it."""

    key: str
    value: list[str]

    def put(self, text: str) -> str:
        """Return the text with the key in it, unless it is another's."""
        data = parse(text)
        present = data.get(self.key)
        if present is not None and (present == self.value or not self._is_ours(present)):
            return text
        text = self.take(text)
        head = text[: found[0].start] if (found := sections(text)) else text
        at = len(text) - len(text.lstrip("\ufeff")) if found else len(text)
        for said in re.finditer(r"(?m)^\ufeff?[ \t]*[^\s#\ufeff][^\n]*(?:\n|\Z)", head):
            at = said.end()
        lead = "" if text[:at].endswith(("\n", "\ufeff")) or not at else _end(text)
        line = f"{lead}{self.key} = {_literal(self.value)}{_end(text)}"
        return _checked(f"{text[:at]}{line}{text[at:]}", {**data, self.key: self.value})

    def take(self, text: str, made: Made = None) -> str:
        """Return the text without the key."""
        del made
        data = parse(text)
        if not self._is_ours(data.get(self.key)):
            return text
        without = re.sub(rf"(?m)^(\ufeff?){self.key}[ \t]*=[^\n]*\n?", r"\1", text, count=1)
        return _checked(without, {key: each for key, each in data.items() if key != self.key})

    def _is_ours(self, value: object) -> bool:
        return isinstance(value, list) and runs_us(" ".join(map(str, value)))


def parse(text: str) -> Json:
    """Return what a TOML file says; raise `InvalidInput` with the line where it is none."""
    try:
        return tomllib.loads(text.lstrip("\ufeff"))
    except tomllib.TOMLDecodeError as error:
        said, _, where = str(error).rpartition(" (at line ")
        line = f"line {where.partition(',')[0]}: " if said else ""
        raise InvalidInput(f"{line}not valid TOML: {said or error}", field="config", hint=_BY_HAND) from None


def sections(text: str) -> list[Section]:
    """Return the sections of a TOML file. A line like a header inside a value is told by what is before it, which does not parse."""
    starts: list[tuple[int, tuple[str, ...], bool]] = []
    last, at = 0, 0
    for line in text.splitlines(keepends=True):
        found = _HEADER.match(line)
        keys = _keys(line) if found else ()
        if found and keys and _parses(text[last:at]):
            starts.append((at, keys, found[1] == "[["))
            last = at
        at += len(line)
    ends = [*(start for start, _, _ in starts[1:]), len(text)][: len(starts)]
    return [Section(start, end, keys, many) for (start, keys, many), end in zip(starts, ends, strict=True)]


def _keys(line: str) -> tuple[str, ...]:
    try:
        value: Any = tomllib.loads(line.lstrip("\ufeff"))
    except tomllib.TOMLDecodeError:
        return ()
    keys = list[str]()
    while isinstance(value, dict | list) and value:
        if isinstance(value, list):
            value = value[0]
            continue
        keys.append(next(iter(value)))
        value = value[keys[-1]]
    return tuple(keys)


def _parses(text: str) -> bool:
    try:
        tomllib.loads(text.lstrip("\ufeff"))
    except tomllib.TOMLDecodeError:
        return False
    return True


def _tail(text: str, section: Section) -> Json:
    """Return what the lines of a section say of its own table."""
    body = text[section.start : section.end].partition("\n")[2]
    return parse(body) if _parses(body) else {}


def _cut(text: str, gone: list[Section]) -> str:
    """Take sections out, each up to its last line that says something, with the blank line before it."""
    for section in reversed(gone):
        body = text[section.start : section.end]
        kept = re.search(r"(?:\A|\n)((?:[ \t]*(?:#[^\n]*)?\r?\n)*[ \t]*(?:#[^\n]*)?)\Z", body)
        end = section.start + (kept.start(1) if kept else len(body))
        before, after = text[: section.start], text[end:]
        if not after:
            # A file without an end of its last line was given ours without one.
            blank = r"(?:\r?\n){1,2}\Z" if not text.endswith("\n") else r"(?<=\n)\r?\n\Z"
            before = re.sub(blank, "", before)
        elif not before.strip("\ufeff\r\n"):
            before, after = before.rstrip("\r\n"), after.lstrip("\r\n")
        elif re.match(r"\r?\n", after):
            before = re.sub(r"(?<=\n)\r?\n\Z", "", before)
        text = before + after
    return text


def _add(text: str, lines: list[str]) -> str:
    end = _end(text)
    block = end.join(lines)
    if not text.strip("\ufeff"):
        return f"{text}{block}{end}"
    return f"{text}{end}{block}{end}" if text.endswith("\n") else f"{text}{end}{end}{block}"


def _table(keys: tuple[str, ...], value: Mapping[str, Any]) -> list[str]:
    return [f"[{'.'.join(keys)}]", *(f"{key} = {_literal(each)}" for key, each in value.items())]


def _group(event: str, group: Json) -> list[str]:
    lines = [f"[[hooks.{event}]]", *(f"{key} = {_literal(each)}" for key, each in group.items() if key != "hooks")]
    for handler in group["hooks"]:
        lines += [f"[[hooks.{event}.hooks]]", *(f"{key} = {_literal(each)}" for key, each in handler.items())]
    return lines


def _literal(value: object) -> str:
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _end(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _at(data: Json, keys: tuple[str, ...]) -> Any:  # noqa: ANN401 - any TOML
    value: Any = data
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _with(data: Json, keys: tuple[str, ...], value: Json | None) -> Json:
    """Return a document with another value at a path of keys, without it for None."""
    if len(keys) == 1:
        return {
            **{key: each for key, each in data.items() if key != keys[0]},
            **({} if value is None else {keys[0]: value}),
        }
    inner = data.get(keys[0], {})
    return {**data, keys[0]: _with(inner if isinstance(inner, dict) else {}, keys[1:], value)}


def _groups(data: Json, event: str) -> Iterator[Json]:
    hooks = data.get("hooks")
    found = hooks.get(event) if isinstance(hooks, dict) else None
    yield from (each for each in (found if isinstance(found, list) else ()) if isinstance(each, dict))


def _is_server(entry: Json) -> bool:
    return is_server([str(entry.get("command")), *map(str, entry.get("args") or [])])


def _checked(text: str, expected: Json) -> str:
    """Return a text that says what is expected; raise `InvalidInput` where it cannot be written so."""
    if not _parses(text) or _full(parse(text)) != _full(expected):
        raise InvalidInput("our tables clash with how this file is written", field="config", hint=_BY_HAND)
    return text


def _full(value: Any) -> Any:  # noqa: ANN401 - any TOML
    """Return a document without the tables and arrays in which nothing is, which a header alone makes."""
    if isinstance(value, dict):
        return {key: full for key, each in value.items() if (full := _full(each)) not in ({}, [])}
    return value
