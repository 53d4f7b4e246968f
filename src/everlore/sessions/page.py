"""A session as a page: what was asked, done, decided and what failed, made from its turns by rules alone. Pure and bounded.

Every line but headings ends in the positions of the turns that it is made from, ` [12]` or ` [12, 15]`. Words are those of
turns, shortened at most; what we add is counts and outcomes. A list that is too long ends in how many more there are, and where.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from everlore.core.clock import to_iso
from everlore.guard.injection import scan
from everlore.sessions.boilerplate import said
from everlore.sessions.handoff import phrases
from everlore.sessions.handoff.build import build, changed, short
from everlore.sessions.handoff.commands import Run, error_lines, mended, runs
from everlore.sessions.handoff.turns import Facts, Handoff, Line, Said
from everlore.sessions.lessons import Lesson, lessons
from everlore.sessions.lessons.pairs import pairs

LIMIT = 6_000
"""The most characters of a page."""
_SHARES = {
    "Asked": 950, "Done": 650, "Decided": 950, "Failed": 500, "Errors and what fixed them": 850, "Files": 450, "Commands": 500, "Open": 450,
}  # fmt: skip
"""The sections in order, and the most characters of each with its heading; together with the head they stay below `LIMIT`."""
_TITLE, _HEAD, _LINE = 90, 220, 200
_MORE = 60
"""Characters kept for the line that says how many more there are."""
_SHOWN = 6
_COMMIT = re.compile(r"\bgit commit\b")
_CITES = re.compile(r"\[(\d+(?:, ?\d+)*)\]")
_MARKS = re.compile(r"^[#>\-*+\s|]+")


@dataclass(frozen=True, slots=True)
class Page:
    """A session's page as Markdown."""

    title: str
    text: str


@dataclass(slots=True)
class _Entry:
    """One line to be: words, and the positions of the turns that they are from."""

    words: str
    places: list[int] = field(default_factory=list)

    def line(self) -> str:
        return f"- {_plain(self.words)}{_cited(self.places)}"


def page(turns: Sequence[Said], facts: Facts, taught: Sequence[Lesson] | None = None) -> Page | None:
    """Return the page of a session, None for one in which nothing was asked or nothing done; `facts.session` names it.

    `taught` are its lessons, where they are known already.
    """
    made = build(turns, facts)
    real = [turn for turn in turns if turn.role == "user" and phrases.is_real(said(turn.text))]
    if made is None or not real:
        return None
    run = runs(turns)
    sections: dict[str, Iterable[_Entry]] = {
        "Asked": _asked(real),
        "Done": _done(turns, run, made),
        "Decided": _decided(lessons(turns) if taught is None else taught, made),
        "Failed": _of(made.failing),
        "Errors and what fixed them": _fixed(turns, run, facts),
        "Files": _files(turns, facts),
        "Commands": _commands(run),
        "Open": _of((*made.todo, *made.questions)),
    }
    title = _title(said(real[0].text)) or short(f"Session {facts.session}", _TITLE)
    parts = [f"# {title}\n\n## {_head(facts, len(turns))}\n"]
    parts += [text for name, entries in sections.items() if (text := _section(name, entries))]
    return Page(title, "".join(parts))


def _title(asked: str) -> str:
    """Return a title made of what was asked first: its first line, unless that is a greeting; empty for an order to the reader."""
    first = next((line for line in asked.splitlines() if len(line.split()) > 1), asked)
    title = short(_MARKS.sub("", _plain(first)), _TITLE)
    return "" if scan(title) else title


def _head(facts: Facts, count: int) -> str:
    times = [(to_iso(time) or "")[:16].replace("T", " ") for time in (facts.started, facts.ended) if time is not None]
    when = f", {' to '.join(dict.fromkeys(times))} UTC" if times else ""
    return short(f"Session {facts.session}: {facts.client}{when}, {count} turns", _HEAD)


def _section(name: str, entries: Iterable[_Entry]) -> str:
    """Return a section of at most its share of characters; empty when it has no line."""
    wanted = [
        entry for entry in entries if not scan(entry.words)
    ]  # a page is read by agents, and orders are none of ours
    lines, used = list[str](), len(name) + 5
    for number, entry in enumerate(wanted):
        line = entry.line()
        if used + len(line) + 1 > _SHARES[name] - (_MORE if number + 1 < len(wanted) else 0):
            rest = sorted({place for each in wanted[number:] for place in each.places})
            lines.append(f"- {len(wanted) - number} more{_cited(rest)}")
            break
        lines.append(line)
        used += len(line) + 1
    return f"\n## {name}\n" + "".join(f"{line}\n" for line in lines) if lines else ""


def _asked(real: Sequence[Said]) -> Iterator[_Entry]:
    for turn in real:
        yield _Entry(short(said(turn.text), _LINE), [turn.position])


def _of(lines: Iterable[Line]) -> Iterator[_Entry]:
    """Yield lines of a handoff that cite a turn, those of one turn that say why the one before stands as they are."""
    for line in lines:
        if line.position is not None:
            yield _Entry(f"{short(line.quote, _LINE)}{f' ({line.note})' if line.note else ''}", [line.position])


def _decided(taught: Sequence[Lesson], made: Handoff) -> Iterator[_Entry]:
    """Yield what holds beyond the session, then what else was directed, each turn's words once."""
    cited: set[int] = set()
    for each in taught:
        if each.rule != "command cured":  # that is told under errors
            cited.update(each.positions)
            yield _Entry(short(each.text, _LINE), list(each.positions))
    yield from _of(line for line in made.decided if line.position not in cited and line.note != "said")


def _done(turns: Sequence[Said], run: Sequence[Run], made: Handoff) -> Iterator[_Entry]:
    """Yield commits, what was ticked off, the last passing tests, and what the agent said at the end."""
    for each in run:
        if _COMMIT.search(each.command) and not each.failed:
            yield _Entry(short(each.command, _LINE), [each.turn.position])
    ticked: dict[str, int] = {}
    for turn in turns:
        for item in turn.detail.get("todos") or ():
            if isinstance(item, dict) and item.get("status") == "completed":
                ticked.setdefault(str(item.get("content")), turn.position)
    for content, place in ticked.items():
        yield _Entry(short(content, _LINE), [place])
    passed = next((each for each in reversed(run) if each.tests and not each.failed), None)
    if passed is not None:
        yield _Entry(f"tests passed: {short(passed.command, 140)}", [passed.turn.position])
    yield from _of(made.last_said)


def _fixed(turns: Sequence[Said], run: Sequence[Run], facts: Facts) -> Iterator[_Entry]:
    """Yield failures that passed later, with the files changed in between, or else the commands that made the difference."""
    cures = {each.failed.turn.position: each for each in pairs(turns)}
    for failed, passed in mended(run):
        first, last = failed.turn.position, passed.turn.position
        written = changed([turn for turn in turns if first < turn.position < last], facts)
        places = sorted({place for _, place in written.values()})[:3]
        cure = f", after {short(', '.join(written), 80)} changed" if written else ""
        if not written and (found := cures.get(first)) and found.cure != passed.command:
            cure, places = f", after {short(found.cure, 80)}", [turn.position for turn in found.between][:3]
        again = "" if passed.command == failed.command else f" by {short(passed.command, 60)}"
        error = next(iter(error_lines(failed)), "")
        words = f"{short(failed.command, 70)}: {short(error, 90)} · passed{again}{cure}"
        yield _Entry(words, [first, *places, last])


def _files(turns: Sequence[Said], facts: Facts) -> Iterator[_Entry]:
    found = changed(turns, facts)
    for path in sorted(found, key=lambda path: (-found[path][0], -found[path][1])):
        count, last = found[path]
        yield _Entry(f"{short(path, 120)} ({count} {'edit' if count == 1 else 'edits'})", [last])


def _commands(run: Sequence[Run]) -> Iterator[_Entry]:
    """Yield every command once, those run most often first, with its last outcome and how often it ran."""
    by: dict[str, list[Run]] = {}
    for each in run:
        by.setdefault(each.command, []).append(each)
    for command in sorted(by, key=lambda command: (-len(by[command]), by[command][0].turn.position)):
        ran = by[command]
        outcome = "failed" if ran[-1].failed else "ok"
        times = f"{len(ran)}x, last {outcome}" if len(ran) > 1 else outcome
        yield _Entry(f"{short(command, 120)} ({times})", [ran[-1].turn.position])


def _plain(words: str) -> str:
    """Return words on one line that neither cite a turn nor link a page, whatever they say."""
    return _CITES.sub(r"(\1)", " ".join(words.split()).replace("[[", "((").replace("]]", "))"))


def _cited(places: Sequence[int]) -> str:
    shown = ", ".join(map(str, list(dict.fromkeys(places))[:_SHOWN]))
    return f" [{shown}]"
