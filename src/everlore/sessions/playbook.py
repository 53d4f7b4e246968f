"""What a project's memories and sessions teach, as two pages: how work is done here, and what was decided on which grounds. Pure.

Every line but headings ends in the ids of what it is from: memories, sessions, or a turn. The pages are bounded; what is left out
is counted. The same memories and runs make the same text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from everlore.core.clock import to_iso
from everlore.guard.injection import scan
from everlore.sessions.handoff.build import short
from everlore.sessions.handoff.commands import Run

LIMIT = 4_000
"""The most characters of each page."""
_MORE = 40
_LINE = 240
_LEAST = 2
"""Times that a command must have succeeded to be one that works."""
_WORKING = ("convention", "preference", "procedure")


@dataclass(frozen=True, slots=True)
class Kept:
    """A memory as these pages need it; `since` is Unix milliseconds."""

    uid: str
    kind: str
    text: str
    since: int
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Ran:
    """A command that was run, and the uid of the session in which it was."""

    session: str
    run: Run


@dataclass(frozen=True, slots=True)
class Ground:
    """Something a decision rests on or took the place of: how, its uid, its words, and since when."""

    how: str
    uid: str
    text: str
    since: int | None


def playbook(kept: Sequence[Kept], ran: Sequence[Ran]) -> str:
    """Return the playbook of a project, empty where there is nothing to say; both given in order of time."""
    sections = {
        "Conventions": (1_600, [_memory(each) for each in kept if each.kind in _WORKING]),
        "Commands that work": (1_000, list(_working(ran))),
        "Pitfalls": (1_200, [_memory(each) for each in kept if each.kind == "failure"]),
    }
    return _page("Playbook", sections)


def decisions(kept: Sequence[tuple[Kept, Sequence[Ground]]]) -> str:
    """Return what was decided with the evidence of each, empty where nothing was; given in order of time."""
    entries = []
    for each, grounds in kept:
        lines = [_memory(each)]
        lines += [
            f"  - {ground.how}{f' ({_day(ground.since)})' if ground.since is not None else ''}: {_words(ground.text, 120)} [{ground.uid}]"
            for ground in grounds if not scan(ground.text)
        ]  # fmt: skip
        entries.append("\n".join(lines))
    return _page("Decisions", {"Evidence": (LIMIT - 60, entries)})


def _page(title: str, sections: dict[str, tuple[int, list[str]]]) -> str:
    parts = []
    for name, (share, lines) in sections.items():
        shown = list(_newest(share - len(name) - 5, [line for line in lines if not scan(line)]))
        parts += [f"\n## {name}\n", *(f"{line}\n" for line in shown)] if shown else []
    return f"# {title}\n{''.join(parts)}" if parts else ""


def _newest(room: int, lines: Sequence[str]) -> Iterator[str]:
    """Yield as many of the last lines as there is room for, under a heading that counts the others."""
    used, first = 0, len(lines)
    while first and used + len(lines[first - 1]) + 1 <= room - _MORE:
        first -= 1
        used += len(lines[first]) + 1
    if first and first < len(lines):
        yield f"### {first} older ones left out"
    yield from lines[first:]


def _working(ran: Iterable[Ran]) -> Iterator[str]:
    """Yield the commands that succeeded more than once and the last time, the one that did last at the end."""
    by: dict[str, list[Ran]] = {}
    for each in ran:
        runs = by.pop(each.run.command, [])
        by[each.run.command] = [*runs, each]
    for command, runs in by.items():
        passed = [each for each in runs if not each.run.failed]
        if len(passed) >= _LEAST and not runs[-1].run.failed:
            sessions = list(dict.fromkeys(each.session for each in passed))[-2:]
            yield f"- `{_words(command, 160).replace('`', chr(39))}` ({len(passed)}x ok) [{', '.join(sessions)}]"


def _memory(each: Kept) -> str:
    return f"- {_words(each.text, _LINE)} ({_day(each.since)}) [{each.uid}]"


def _words(text: str, limit: int) -> str:
    """Return words on one line that link nothing."""
    return short(text.replace("[[", "[ ["), limit)


def _day(at: int | None) -> str:
    return (to_iso(at) or "")[:10]
