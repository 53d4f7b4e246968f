"""A handoff as text of a bounded length, as JSON, and the proof that nothing in it is made up.

What the next session needs most comes first and is cut last: what was asked last, what fails, what is left, where the agent
stopped; then files, the work tree, the goal, decisions, commands. Each line ends in the place of its turn in the session.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from everlore.core.clock import to_iso
from everlore.sessions.handoff.turns import Handoff, Line, Said

LIMIT = 3_000
_LONGEST_CWD = 240
_SECTIONS = (
    ("goal", "Goal", 420), ("last_asked", "Asked last", 460), ("failing", "Fails", 760), ("todo", "Left to do", 640),
    ("last_said", "Agent's last words", 700), ("questions", "Unanswered", 300), ("files", "Files changed", 420),
    ("tree", "Work tree", 560), ("decided", "Decided", 900), ("commands", "Commands", 360),
)  # fmt: skip
"""The sections in the order in which they are shown, and the most characters of each while others want room."""
_FIRST = ("last_asked", "failing", "todo", "last_said", "goal", "tree", "files", "questions", "decided", "commands")
"""The sections in the order in which they get room."""


_TAKEN_UP = "Taken up from the session before it, whose turns the numbers below are:"


def render(handoff: Handoff, limit: int = LIMIT) -> str:
    """Return a handoff as Markdown of at most `limit` characters."""
    head = _head(handoff)
    room = limit - len(head)
    titles = {name: title for name, title, _ in _SECTIONS}
    shares = {name: share for name, _, share in _SECTIONS}
    chosen: dict[str, list[str]] = {}
    shown: set[str] = set()
    for generous in (False, True):
        for name in _FIRST:
            spelled = chosen.setdefault(name, [])
            used = sum(len(line) + 1 for line in spelled)
            for line in getattr(handoff, name)[len(spelled) :]:
                text = _line(line)
                cost = len(text) + 1 + (0 if spelled else len(titles[name]) + 3)
                if cost > room or (not generous and used + cost > shares[name] and spelled):
                    break
                spelled.append("" if line.quote in shown and len(line.quote) > 60 else text)
                shown.add(line.quote)
                room -= cost
                used += cost
    parts = [head]
    for name, title, _ in _SECTIONS:
        lines = [line for line in chosen.get(name, ()) if line]
        if lines:
            parts.append("\n".join([f"\n{title}:", *lines]))
    return "".join(parts)


def taken_up(text: str, limit: int) -> str:
    """Return of an earlier handoff's text what is still of use to whoever takes it up from a session that did little.

    That is what was wanted, what failed and what was left, as many lines as fit, and nothing of what it took up itself.
    """
    kept, wanted, size = list[str](), False, 0
    for line in text.partition(f"\n{_TAKEN_UP}")[0].splitlines():
        if not line.startswith("- "):
            wanted = line in {"Goal:", "Fails:", "Left to do:"}
        if wanted and size + len(line) + 1 <= limit:
            kept.append(line)
            size += len(line) + 1
    return "\n".join([_TAKEN_UP, *kept]) if any(line.startswith("- ") for line in kept) else ""


def as_json(handoff: Handoff) -> dict[str, Any]:
    """Return a handoff as JSON, without the sections that are empty."""
    return {name: value for name, value in asdict(handoff).items() if value}


def lines(handoff: Handoff) -> Iterable[Line]:
    """Yield every line of a handoff."""
    for name in _FIRST:
        yield from getattr(handoff, name)


def check(handoff: Handoff, turns: Sequence[Said]) -> list[str]:
    """Return the lines whose words are not those of the turn that they cite; none is what there has to be."""
    texts = {turn.position: _words(turn) for turn in turns}
    wrong = []
    for line in lines(handoff):
        if line.position is None:
            continue
        quote = " ".join(line.quote.split()).removesuffix("…")
        pieces = quote.split(", ") if line.note.startswith("changed") else [quote]
        heard = texts.get(line.position, "")
        if line.note.startswith("changed"):
            heard = "\n".join(texts.values())
        wrong += [piece for piece in pieces if piece not in heard]
    return wrong


def _words(turn: Said) -> str:
    detail = turn.detail
    parts = [turn.text, str(detail.get("command", "")), *map(str, detail.get("paths", ()))]
    parts += [item.get("content", "") for item in (*detail.get("todos", ()), detail.get("task", {}))]
    return " ".join(" ".join(parts).split())


def _head(handoff: Handoff) -> str:
    facts = handoff.facts
    span = _span(to_iso(facts.started) or "", to_iso(facts.ended) or "")
    ended = "ended" if facts.closed else "not ended"
    where = (
        f", in {facts.cwd if len(facts.cwd) <= _LONGEST_CWD else '…' + facts.cwd[-_LONGEST_CWD:]}" if facts.cwd else ""
    )
    return f"{facts.client}, {span} UTC, {ended}{where}. Numbers in brackets are turns of that session."


def _span(start: str, end: str) -> str:
    """Return two ISO times to the minute, the day once where it is the same."""
    begun, over = (time[:16].replace("T", " ") for time in (start, end))
    later = over.removeprefix(f"{begun[:10]} ")
    return f"{begun} to {later}" if begun and over and begun != over else begun or over


def _line(line: Line) -> str:
    note = f" ({line.note})" if line.note else ""
    return f"- {line.quote}{note}" + (f" [{line.position}]" if line.position is not None else f" [{line.source}]")
