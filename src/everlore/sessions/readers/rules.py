"""CLAUDE.md, AGENTS.md and GEMINI.md: the rules that agents are given, one convention for each point of a list.

What stands in a section without being a point of a list comes in as one memory; under a heading such as "Commands", or where
most of it is code, as a procedure. The heading is the title. What Everlore wrote into the file is left out, and so are
lines that only name another file to be read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from everlore.core.errors import InvalidInput
from everlore.core.wikilinks import wikilinks, without_code
from everlore.sessions.readers import pages
from everlore.sessions.records import BadLine, LeftOut, NamedLink, Record

NAMES = frozenset({
    "claude.md", "claude.local.md", "agents.md", "agents.override.md", "gemini.md", "copilot-instructions.md",
})  # fmt: skip
_POINT = re.compile(r"(?:[-*+]|\d{1,3}[.)])\s+(?:\[[ xX]\]\s+)?")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_IMPORT = re.compile(r"^@\S+\s*$", re.MULTILINE)
_SHORTEST = 3


def read(path: Path) -> Iterator[Record]:
    """Yield the rules of a file, or of every file of that name in a directory."""
    if path.is_file():
        yield from pages.each(path, page)
        return
    found = False
    for record in pages.each(path, lambda text, where: page(text, where) if _is_rules(where) else ()):
        if isinstance(record, (LeftOut, BadLine)) and not _is_rules(record.where):
            continue
        found = True
        yield record
    if not found:
        raise InvalidInput("it holds no CLAUDE.md, AGENTS.md or GEMINI.md", field="path")


def page(text: str, where: str) -> Iterator[Record]:
    """Yield the rules of one file."""
    _, text = pages.front_matter(text)
    text = _IMPORT.sub("", _COMMENT.sub("", text))
    name = PurePosixPath(where).name
    for _, heading, body in pages.sections(text):
        points, rest = _points(body)
        for point in points:
            yield _rule(point, heading, "convention", where)
        if len(rest) >= _SHORTEST:
            code = 1 - len(without_code(rest)) / len(rest)
            by_name = pages.kind_of(heading.split()[0] if heading else "", "convention")
            kind = "procedure" if code > 0.5 or by_name == "procedure" else "convention"
            yield _rule(rest, heading or name, kind, where)


def _rule(text: str, heading: str, kind: str, where: str) -> Record:
    links = tuple(NamedLink("related", each, "wikilink") for each in wikilinks(text))
    return pages.memory(text, heading or None, kind, links=links, names=(where,))


def _is_rules(where: str) -> bool:
    return PurePosixPath(where).name.lower() in NAMES


def _points(body: str) -> tuple[list[str], str]:
    """Return the points of the lists of a section, each with what is indented below it, and the rest."""
    points: list[list[str]] = []
    rest: list[str] = []
    inside = False
    for line in body.split("\n"):
        if mark := _POINT.match(line):
            points.append([line[mark.end() :]])
            inside = True
        elif inside and (line.startswith((" ", "\t")) or (line.strip() and points[-1][-1].strip())):
            points[-1].append(line)
        elif inside and not line.strip():
            points[-1].append("")
        else:
            inside = False
            rest.append(line)
    said = ["\n".join(lines).strip() for lines in points]
    return [point for point in said if len(point) >= _SHORTEST], "\n".join(rest).strip()
