"""Markdown files, folders and Obsidian vaults: one page per file, a long one cut at its headings, with its front matter.

Front matter may give title, kind (or type), tags, aliases, valid_from (or date, or created) and valid_until; the first heading
is the title otherwise; aliases become names of an entity for the page. `[[links]]` become links between the pages that come
in together, `#tags` in the text tags. Hidden
directories such as `.obsidian` are left alone, symlinks are named and not followed, and files of rules for agents are read
as such.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from everlore.core.errors import InvalidInput
from everlore.core.types import KINDS
from everlore.core.wikilinks import wikilinks, without_code
from everlore.sessions.readers import fields, pages, rules
from everlore.sessions.readers.pages import MAX_PAGE, MAX_TAG, MAX_TAGS, MAX_TITLE
from everlore.sessions.records import EntityRecord, MemoryRecord, NamedLink, Record

LONG = 8_000
"""Characters from which on a page is cut at its headings."""
_HEADING = re.compile(r"^#\s+(.+?)\s*#*\s*$", re.MULTILINE)
_TAG = re.compile(r"(?<![\w#&/])#([^\W\d_][\w/-]{1,62})")


def read(path: Path) -> Iterator[Record]:
    """Yield the pages of each Markdown file."""
    yield from pages.each(path, page)


def page(text: str, where: str) -> Iterator[Record]:
    """Yield what one file holds."""
    place = PurePosixPath(where)
    if place.name.lower() in rules.NAMES:
        yield from rules.page(text, where)
        return
    front, text = pages.front_matter(text)
    body = fields.text({"text": text.strip()}, "text", limit=MAX_PAGE)
    whole = _memory(front, body, place)
    if aliases := pages.names(front, "aliases", MAX_TITLE, MAX_TAGS):
        assert whole.title
        yield EntityRecord(whole.title, "page", tuple(aliases))
    cut = parts(body) if len(body) > LONG else []
    if len(cut) < 2:
        yield whole
        return
    for number, (heading, part) in enumerate(cut):
        links = tuple(NamedLink("related", name, "wikilink") for name in wikilinks(part))
        if number == 0:
            yield _with(whole, part, whole.title, links, whole.names)
        else:
            back = NamedLink("related", where, f"part of {whole.title}")
            yield _with(whole, part, f"{whole.title}: {heading}"[:MAX_TITLE], (*links, back), (f"{where}#{heading}",))


def _with(
    whole: MemoryRecord, text: str, title: str | None, links: tuple[NamedLink, ...], names: tuple[str, ...]
) -> MemoryRecord:
    return MemoryRecord(
        text, title, whole.kind, whole.tags, whole.valid_from, None, whole.valid_until, links, names,
    )  # fmt: skip


def parts(text: str) -> list[tuple[str, str]]:
    """Cut a long page where its sections begin, at deeper headings where one is long too; what is short stays with what it follows."""
    for deepest in (2, 3, 4, 6):
        cut = pages.sections(text, deepest)
        if all(len(body) <= LONG for _, _, body in cut):
            break
    found: list[tuple[str, str]] = []
    for level, heading, body in cut:
        part = f"{'#' * level} {heading}\n\n{body}".strip() if level else body.strip()
        if found and (not body.strip() or len(found[-1][1]) < LONG // 20):
            found[-1] = (found[-1][0], f"{found[-1][1]}\n\n{part}".strip())
        elif part:
            found.append((heading, part))
    return found


def _memory(front: dict[str, Any], text: str, place: PurePosixPath) -> MemoryRecord:
    heading = _HEADING.search(text)
    name = place.stem.replace("-", " ").replace("_", " ")
    first = heading.group(1) if heading and len(heading.group(1)) <= MAX_TITLE else name[:MAX_TITLE]
    title = pages.plain(front, "title", MAX_TITLE) or first
    kind = pages.plain(front, "kind", MAX_TITLE) or pages.kind_of(front.get("type"), "page")
    if kind not in KINDS:
        raise InvalidInput(f"kind: {kind[:40]!r} is not one of {', '.join(KINDS)}", field="kind")
    tags = dict.fromkeys(pages.names(front, "tags", MAX_TAG, MAX_TAGS))
    tags |= dict.fromkeys(tag.rstrip("/-") for tag in _TAG.findall(without_code(text)))
    valid_from = pages.moment(front.get("valid_from") or front.get("date"), "valid_from")
    if valid_from is None:
        valid_from = pages.any_moment(front.get("created"))
    valid_until = pages.moment(front.get("valid_until"), "valid_until")
    if valid_until is not None and valid_from is not None and valid_until <= valid_from:
        raise InvalidInput("valid_until must be later than valid_from", field="valid_until")
    aliases = pages.names(front, "aliases", MAX_TITLE, MAX_TAGS)
    links = tuple(NamedLink("related", each, "wikilink") for each in wikilinks(text))
    links += (NamedLink("mentions", title, "its other names"),) if aliases else ()
    names = (place.as_posix(), place.stem, *aliases)
    return MemoryRecord(text, title, kind, tuple(tags)[:MAX_TAGS], valid_from, None, valid_until, links, names)
