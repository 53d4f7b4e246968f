"""What a source file says of itself at its head: the first sentence of its docstring or comment, and where that stands.

Licences, pragmas, rulers and generated files say nothing of what is in a file. Files are read as text, never parsed by the
language's own tools, so that a broken or hostile file costs no more than its bytes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from everlore.refine.bootstrap.values import is_prose, plain, sentence

_HASH = frozenset({"py", "pyi", "rb", "sh", "bash", "zsh", "pl", "ex", "exs", "jl", "r"})
_DECLARED = frozenset({"java", "kt", "kts", "cs", "scala", "swift", "dart"})
_SLASH = frozenset(
    {"js", "mjs", "cjs", "jsx", "ts", "tsx", "go", "rs", "c", "h", "cc", "cpp", "cxx", "hpp", "hh", "php", "vue", "zig"}
)
CODE = _HASH | _DECLARED | _SLASH

_LICENCE = re.compile(
    r"copyright|licen[cs]e|spdx-|all rights reserved|permission is hereby|redistribution|this (?:file|program) is (?:part of|free)|"
    r"warrant|apache software foundation|\(c\) \d{4}",
    re.IGNORECASE,
)
_PRAGMA = re.compile(
    r"eslint|prettier|@ts-|tslint|istanbul|go:build|\+build|go:generate|jshint|-\*-|coding[:=]|frozen_string_literal|noqa|pylint|mypy:|"
    r"vim?:|type:|clang-format|@flow|use strict|shellcheck|region|<reference|@file\w*\s*$|@format|@ts|global\s|cspell|c8 ignore",
    re.IGNORECASE,
)
_MADE = re.compile(r"do not edit|@generated|(?:auto-?|is )generated (?:by|from)|code generated", re.IGNORECASE)
_STRING = re.compile(r"[rRuU]{0,2}(\"\"\"|'''|\"|')")
_TOP = re.compile(r"\b(?:class|interface|enum|record|object|struct|protocol|trait|extension)\s+[A-Z]")
_LEAD = re.compile(r"^\s*(?:/\*+!?|\*+/|\*+|//[/!]*|#+|<!--)\s?|\s*\*+/\s*$")
_TAG = re.compile(r"^[@\\](?:file|fileoverview|overview|brief|description|summary|package|module|desc)\b\s*(?=[A-Z]|$)")
_OTHER_TAG = re.compile(r"^[@\\:]\w+")
_SECTION = re.compile(
    r"^(?:args|arguments|parameters|returns|usage|example|examples|todo|fixme|note|author|date|file|filename)\b[^.]{0,40}$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Header:
    """The first sentence of a file, and its line from 1."""

    text: str
    line: int


def extension(path: str) -> str:
    """Return what a file's name ends with, in lower case, without the dot."""
    return path.rpartition("/")[2].rpartition(".")[2].lower() if "." in path.rpartition("/")[2] else ""


def is_generated(text: str) -> bool:
    """Tell whether a file's head says that a program wrote it."""
    return _MADE.search(text[:1000]) is not None


def header(path: str, text: str) -> Header | None:
    """Return what a file says of itself, None where it says nothing worth telling."""
    if is_generated(text):
        return None
    lines, kind = text.split("\n")[:400], extension(path)
    if kind in {"py", "pyi"} and (found := _docstring(lines)):
        return found
    blocks = _blocks(lines, kind)
    for block in blocks:
        words = [(number, _TAG.sub("", _LEAD.sub("", line).strip())) for number, line in block]
        if any(_LICENCE.search(said) for _, said in words[:6]):
            continue
        if found := _told(words):
            return found
    return None


def _docstring(lines: list[str]) -> Header | None:
    at = next((n for n, line in enumerate(lines) if line.strip() and not line.lstrip().startswith("#")), None)
    if at is None or not (m := _STRING.match(lines[at].lstrip())):
        return None
    rest = lines[at].lstrip()[m.end() :]
    words = []
    for number, line in enumerate([rest, *lines[at + 1 : at + 40]], at + 1):
        ends = line.find(m[1])
        words.append((number, (line if ends < 0 else line[:ends]).strip()))
        if ends >= 0 or len(m[1]) == 1:
            break
    return None if any(_LICENCE.search(said) for _, said in words[:4]) else _told(words)


def _blocks(lines: list[str], kind: str) -> list[list[tuple[int, str]]]:
    """Return the blocks of comments at a file's head; in languages that put them there, the one above the first type, too."""
    found: list[list[tuple[int, str]]] = []
    block: list[tuple[int, str]] = []
    inside = False
    for number, line in enumerate(lines, 1):
        said = line.strip()
        starts = said.startswith("/*") and kind not in _HASH
        if inside or starts:
            block.append((number, line))
            inside = "*/" not in (said[2:] if starts else said)
            continue
        comment = said.startswith("#") if kind in _HASH else said.startswith("//")
        if comment and not said.startswith("#!"):
            block.append((number, line))
            continue
        if block:
            found.append(block)
            block = []
        if said and not said.startswith("#!") and not _goes_on(said, kind, found):
            break
    return [*found, block] if block else found


def _goes_on(said: str, kind: str, found: list[list[tuple[int, str]]]) -> bool:
    """Tell whether the head of a file may go on behind this line of code."""
    if kind in _DECLARED:
        return not _TOP.search(said)
    return not found and said.startswith(
        ("package ", "'use ", '"use ', "#pragma", "#ifndef", "#define", "<?php", "<script", "#![")
    )


def _told(words: list[tuple[int, str]]) -> Header | None:
    """Return the first paragraph's first sentence, if it reads like one."""
    said: list[str] = []
    begun = 0
    for number, line in words:
        if not plain(line) or _OTHER_TAG.match(line) or _PRAGMA.search(line[:60]) or not any(c.isalpha() for c in line):
            if said:
                break
            continue
        begun = begun or number
        said.append(line)
    told = sentence(" ".join(said))
    if (
        not is_prose(told)
        or _SECTION.match(told)
        or told.lower().startswith(("todo", "fixme", "eslint", "usage:", "see ", "import "))
    ):
        return None
    return Header(told, begun)
