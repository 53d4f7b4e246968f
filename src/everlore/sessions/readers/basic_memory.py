"""Notes of basic-memory: Markdown with observations (`- [category] text #tag (context)`) and relations (`- word [[Note]]`).

Each observation becomes a memory of its own, of the kind that its category names, linked with its note; what else the note
says becomes a page. Relations become links between notes, with the word of the relation as evidence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from everlore.core.wikilinks import wikilinks
from everlore.sessions.readers import pages
from everlore.sessions.records import NamedLink, Record

_OBSERVATION = re.compile(r"\s*[-*]\s+\[([^\[\]\n()]{2,60})\]\s+(?!\()(\S.*)$")
_RELATION = re.compile(r"\s*[-*]\s+(?:([\w][\w /-]{0,60}?)\s+)?\[\[([^\[\]\n]+)\]\](?:\s*\(([^()\n]*)\))?\s*$")
_CONTEXT = re.compile(r"\s*\(([^()]*)\)\s*$")
_TAG = re.compile(r"(?:^|\s)#([\w/-]+)")
_EMPTIED = frozenset({"observations", "relations"})
_LINKS = {
    "depends_on": "depends_on requires needs uses built_on implements",
    "supersedes": "supersedes replaces",
    "contradicts": "contradicts conflicts_with",
    "supports": "supports confirms",
    "derived_from": "derived_from based_on extends inspired_by",
}
_BY_WORD = {word: kind for kind, words in _LINKS.items() for word in words.split()}


def looks(text: str) -> bool:
    """Tell whether a text is a note of this sort: by its permalink, or by observations and relations."""
    lines = text.split("\n")
    if text.startswith("---") and any(line.startswith("permalink:") for line in lines[:40]):
        return True
    return any(map(_OBSERVATION.match, lines)) and any(map(_RELATION.match, lines))


def link_kind(word: str) -> str:
    """Return our kind of link for another tool's word for it; `related` for what we have none for."""
    return _BY_WORD.get(word.strip().casefold().replace(" ", "_").replace("-", "_"), "related")


def read(path: Path) -> Iterator[Record]:
    """Yield what each note holds."""
    yield from pages.each(path, _note)


def _note(text: str, where: str) -> Iterator[Record]:
    front, body = pages.front_matter(text)
    place = PurePosixPath(where)
    title = pages.plain(front, "title", pages.MAX_TITLE) or place.stem.replace("-", " ")
    tags = pages.names(front, "tags", pages.MAX_TAG, pages.MAX_TAGS)
    created = pages.any_moment(front.get("created") or front.get("date"))
    observed, related, prose = _lines(body)
    known = (where, place.stem, pages.plain(front, "permalink", pages.MAX_TITLE))
    links = (*related, *(NamedLink("related", name, "wikilink") for name in wikilinks(prose)))
    if prose or not observed:
        kind = pages.kind_of(front.get("type"), "page")
        yield pages.memory(prose or title, title, kind, tags, valid_from=created, links=links, names=known)
        own: list[NamedLink] = [NamedLink("related", where, "observation")]
    else:
        own = list(links)
    for number, (category, said, found) in enumerate(observed):
        first = not prose and number == 0  # it stands for its note, which says nothing else
        yield pages.memory(
            said, title, pages.kind_of(category, "fact"), [*tags, category, *found], valid_from=created,
            links=tuple(own if first or prose else [NamedLink("related", where, "observation")]), names=known if first else (),
        )  # fmt: skip


def _lines(body: str) -> tuple[list[tuple[str, str, list[str]]], list[NamedLink], str]:
    """Return the observations of a note, its relations, and what else it says."""
    observed: list[tuple[str, str, list[str]]] = []
    related: list[NamedLink] = []
    rest: list[str] = []
    for line in body.split("\n"):
        if (found := _OBSERVATION.match(line)) and found[1].strip().lower() not in {"x", ""}:
            said = found[2]
            context = _CONTEXT.search(said)
            bare = _TAG.sub("", said[: context.start()] if context else said).strip()
            text = f"{bare} ({context[1]})" if context and context[1].strip() else bare
            observed.append((found[1].strip(), text, _TAG.findall(said)))
        elif found := _RELATION.match(line):
            word = (found[1] or "relates_to").strip()
            related.append(NamedLink(link_kind(word), found[2].split("|")[0].strip(), word))
        else:
            rest.append(line)
    kept = [
        f"{'#' * level} {heading}\n{said}" if level else said
        for level, heading, said in pages.sections("\n".join(rest))
        if said.strip() or (level and heading.lower() not in _EMPTIED)
    ]
    prose = "\n\n".join(part.strip() for part in kept if part.strip())
    bare_heading = not re.sub(r"^#+\s.*$", "", prose, flags=re.MULTILINE).strip()
    return observed, related, "" if bare_heading else prose
