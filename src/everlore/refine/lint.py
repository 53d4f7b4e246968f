"""What is wrong with memories as they lie there: found by looking, with what to do about it; nothing here writes.

    ended         its validity is over
    stale         neither used nor revised for so many days
    orphans       no link leads to it or from it, nothing names it, and it was never used since it was new
    broken links  a `[[name]]` in its text that no memory and no named thing of the workspace bears
    duplicates    the same text, or a page of the same name, twice in one place
    oversized     longer than so many characters
    sources       it names no turn that it was learnt from and cites nothing

What is pinned is somebody's will and is neither stale nor an orphan. A fix is a proposal; what has none is for a person to write.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches

from everlore.core.types import Memory, Revision
from everlore.core.wikilinks import slug, wikilinks
from everlore.memory.tiers import DAY
from everlore.refine.bootstrap.values import cited
from everlore.refine.findings import Finding

SORTS = (
    "contradictions", "duplicates", "broken links", "dead links", "ended", "stale", "orphans", "oversized", "sources",
)  # fmt: skip
_NEW = 7 * DAY
_CITED = frozenset({"fact", "decision", "failure", "procedure", "page"})
"""Kinds of which it matters what they were learnt from; a rule or a question is its own source."""
_NEAR = 0.85


@dataclass(frozen=True, slots=True)
class Note:
    """A memory with the revision on top, its workspace, and how many links of which sort it has."""

    memory: Memory
    head: Revision
    workspace: int
    linked: int = 0
    cites: bool = False

    @property
    def touched(self) -> int:
        """When it was last used or revised."""
        return max(self.head.recorded, self.memory.last_used or 0)


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding: of which sort, about which memories, why, what to do, and the proposal that would do it."""

    sort: str
    ids: tuple[str, ...]
    why: str
    todo: str
    fix: Finding | None = None


def ended(notes: Iterable[Note], now: int) -> Iterator[Problem]:
    """Yield what is valid no more and is still among what holds."""
    for note in notes:
        until = note.head.valid_until
        if until is not None and until <= now:
            why = f"it was true until {_day(until)}"
            yield Problem("ended", (note.memory.uid,), why, "archive it, or revise it", _archive(note, why))


def stale(notes: Iterable[Note], now: int, days: int) -> Iterator[Problem]:
    """Yield what nobody has used or revised for so many days."""
    for note in notes:
        if not note.memory.pinned and note.touched < now - days * DAY:
            why = f"neither used nor revised since {_day(note.touched)}"
            yield Problem(
                "stale", (note.memory.uid,), why, "archive it, or say that it still holds", _archive(note, why)
            )


def orphans(notes: Sequence[Note], now: int) -> Iterator[Problem]:
    """Yield what nothing leads to and nobody has used."""
    named = {(note.workspace, slug(name)) for note in notes for name in wikilinks(note.head.text)}
    for note in notes:
        memory, title = note.memory, note.head.title
        if note.linked or memory.uses or memory.pinned or memory.created > now - _NEW:
            continue
        if not wikilinks(note.head.text) and not (title and (note.workspace, slug(title)) in named):
            why = "nothing is linked with it and nobody has used it"
            yield Problem(
                "orphans", (memory.uid,), why, "link it with what it belongs to, or archive it", _archive(note, why)
            )


def broken(notes: Iterable[Note], names: Mapping[int, Mapping[str, str]]) -> Iterator[Problem]:
    """Yield links in texts that lead nowhere; `names` are those of each workspace as they are written, by slug."""
    for note in notes:
        known = names.get(note.workspace, {})
        for name in wikilinks(note.head.text):
            if not leads(name, known):
                yield _broken(note, name, known)


def leads(name: str, known: Mapping[str, str]) -> bool:
    """Tell whether a name is borne by something, as it is written or without the path before it."""
    plain = slug(name)
    return plain in known or plain.rpartition("/")[2] in known or name in known


def _broken(note: Note, name: str, known: Mapping[str, str]) -> Problem:
    uid = note.memory.uid
    near = get_close_matches(slug(name), known, 2, _NEAR)
    why, fix = f"[[{name}]] leads nowhere", None
    if len(near) == 1:
        text = note.head.text.replace(f"[[{name}", f"[[{known[near[0]]}")
        reason = f"{why}; {known[near[0]]} is spelled nearly so"
        fix = Finding("broken links", "revise", "revise", {"id": uid, "text": text}, (uid,), reason, confidence=0.7)
    todo = f"write [[{known[near[0]]}]]" if len(near) == 1 else "write that page, or take the link out"
    return Problem("broken links", (uid,), why, todo, fix)


def duplicates(notes: Iterable[Note]) -> Iterator[Problem]:
    """Yield texts that lie twice in one place, and pages of one name."""
    texts: dict[tuple[int, str, bytes], list[Note]] = defaultdict(list)
    pages: dict[tuple[int, str], list[Note]] = defaultdict(list)
    for note in notes:
        if note.memory.visibility == "private":
            continue
        texts[note.memory.namespace, note.memory.kind, note.head.digest].append(note)
        if note.memory.kind == "page" and note.head.title:
            pages[note.memory.namespace, slug(note.head.title)].append(note)
    same = {tuple(note.memory.uid for note in each) for each in texts.values() if len(each) > 1}
    for group in texts.values():
        if len(group) > 1:
            kept, *gone = sorted(group, key=lambda note: (not note.memory.pinned, -note.memory.uses, note.memory.uid))
            ids = (*(note.memory.uid for note in gone), kept.memory.uid)
            fix = Finding("repeats", "merge", "merge", {"ids": list(ids[:-1]), "into": ids[-1]}, ids, "the same text")
            yield Problem("duplicates", ids, "they have the same text", f"merge them into {ids[-1]}", fix)
    for group in pages.values():
        ids = tuple(note.memory.uid for note in group)
        if len(ids) > 1 and ids not in same:
            yield Problem(
                "duplicates", ids, f"pages of one name: {group[0].head.title}", "make one page of them, or rename one"
            )


def oversized(notes: Iterable[Note], longest: int) -> Iterator[Problem]:
    """Yield what is longer than anybody reads."""
    for note in notes:
        if len(note.head.text) > longest:
            why = f"it has {len(note.head.text):,} characters"
            yield Problem("oversized", (note.memory.uid,), why, "cut it into pages that link one another")


def sources(notes: Iterable[Note]) -> Iterator[Problem]:
    """Yield what says nothing of where it was learnt."""
    for note in notes:
        if note.memory.kind in _CITED and note.head.source is None and not note.cites and not cited(note.head.text):
            why = "it names no turn and cites no memory, file or commit"
            yield Problem("sources", (note.memory.uid,), why, "link it with what it comes from: `lore graph link`")


def _archive(note: Note, why: str) -> Finding:
    uid = note.memory.uid
    return Finding("stale", "archive", "forget", {"id": uid, "reason": why}, (uid,), why, confidence=0.5)


def _day(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d")
