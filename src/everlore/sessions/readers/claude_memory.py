"""The memory of Claude Code: `~/.claude/projects/PROJECT/memory` with MEMORY.md and a file for each thing it keeps.

A file's front matter says what sort of memory it is: `user` comes in as a preference, `feedback` as a convention, the rest as
facts. MEMORY.md is left out where it only lists the others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from everlore.core.wikilinks import wikilinks
from everlore.sessions.readers import pages
from everlore.sessions.records import NamedLink, Record

INDEX = "MEMORY.md"
TYPES = frozenset({"user", "feedback", "project", "reference"})
_ENTRY = re.compile(r"\s*[-*]\s+.*(?:\]\([^)]+\.md\)|\[\[[^\]]+\]\])")


def read(path: Path) -> Iterator[Record]:
    """Yield a memory for each file."""
    yield from pages.each(path, _page)


def _page(text: str, where: str) -> Iterator[Record]:
    front, body = pages.front_matter(text)
    place = PurePosixPath(where)
    if place.name == INDEX and _is_index(body):
        return
    nested = front.get("metadata")
    sort = front.get("type") or (nested.get("type") if isinstance(nested, dict) else None)
    name = pages.plain(front, "name", pages.MAX_TITLE)
    about = pages.plain(front, "description", pages.MAX_PAGE)
    links = tuple(NamedLink("related", each, "wikilink") for each in wikilinks(body))
    valid_from = pages.any_moment(front.get("created") or front.get("date"))
    yield pages.memory(
        body.strip() or about, about[: pages.MAX_TITLE] or name or place.stem.replace("_", " "),
        pages.kind_of(sort, "fact" if sort else "page"), [str(sort)] if sort in TYPES else [],
        valid_from=valid_from, links=links, names=(where, place.stem, *([name] if name else [])),
    )  # fmt: skip


def _is_index(body: str) -> bool:
    lines = [line for line in body.split("\n") if line.strip() and not line.startswith("#")]
    return all(map(_ENTRY.match, lines))
