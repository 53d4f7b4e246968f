"""What happened in a project since a moment: counts of all of it, and by name as much as fits the budget, the newest first.

`briefing` takes a moment, `explore` the time that somebody was away: since its client's last session there ended.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from everlore.app import answers, proving, requests
from everlore.app.authority import sight
from everlore.app.caller import Caller
from everlore.app.ledger.queue import Conversation, Injected, Injection
from everlore.app.review import review
from everlore.app.scope import project
from everlore.app.slicing.slicing import conversation_of
from everlore.app.steering import orders_in
from everlore.core import cite, ids
from everlore.core.clock import to_iso
from everlore.core.errors import InvalidInput, NotFound
from everlore.core.shorten import shorten
from everlore.core.tokens import estimate
from everlore.core.types import Namespace
from everlore.memory.changes import may_see
from everlore.memory.tiers import DAY, HOUR
from everlore.recall.roles import role_of
from everlore.store.sight import Sight, limits

if TYPE_CHECKING:
    from everlore.app.app import App
    from everlore.store.contract import Row, Unit

_LATELY = 7 * DAY
_LISTED, _WAITING = 40, 400
_SAYS = 160
_SPANS = ((HOUR, 200), (DAY, 500), (7 * DAY, 1_000), (30 * DAY, 2_000))
_LONGEST = 3_000
_SHARES = {
    "rules": 0.15,
    "handoffs": 0.3,
    "learnt": 0.5,
    "changed": 0.25,
    "ended": 0.25,
    "sessions": 0.3,
    "review": 0.2,
}
_HEADINGS = {
    "rules": "Rules that hold", "handoffs": "Waiting handoffs", "learnt": "Learnt", "changed": "Revised", "ended": "Superseded or archived",
    "sessions": "Sessions", "review": "Waiting for review",
}  # fmt: skip
"""The parts of a briefing in their order, and what each takes of the room at most in a first round."""


@dataclass(frozen=True, slots=True)
class _Line:
    """One line: the id of what it is about, and how it is written."""

    id: str
    text: str
    memory: bool = False
    revision: int | None = None


@dataclass(slots=True)
class _Told:
    lines: dict[str, list[_Line]] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    held: list[answers.Quarantined] = field(default_factory=list)


def briefing(app: App, caller: Caller, request: requests.Briefing) -> answers.Briefed:
    """Tell what happened lately in a project."""
    now = app.clock()
    given = _since(app, request.since, now)
    since = now - _LATELY if given is None else given
    return _brief(app, caller, "briefing", request.namespace, request.cwd, since, request.budget, None, None)


def explore(app: App, caller: Caller, request: requests.Explore) -> answers.Briefed:
    """Catch somebody up on a project, the longer the longer they were away."""
    now = app.clock()
    since = _since(app, request.since, now)
    if since is None:
        with app.read() as unit:
            seen = sight(unit, caller)
            node = _node(app, unit, request.namespace, request.cwd, seen)
            if seen.covers(node):
                client = request.client or caller.actor
                since = unit.value("session_last_of", client=client, external=request.session, scope=f"% {node.id} %")
    away = now - since if since is not None else None
    budget = request.budget or length(away)
    begins = since if since is not None else now - 30 * DAY
    conversation = conversation_of(caller, request.client, request.session)
    said = span(away) if away is not None else "never there before"
    return _brief(app, caller, "explore", request.namespace, request.cwd, begins, budget, said, conversation)


def _since(app: App, text: str | None, now: int) -> int | None:
    since = app.instant(text, "since", edge="start")
    if since is not None and since > now:
        raise InvalidInput("since: that is still to come", field="since", hint="name a day that has begun")
    return since


def length(away: int | None) -> int:
    """Return how many tokens somebody is told who was away so many milliseconds; None is for ever."""
    return next((tokens for most, tokens in _SPANS if away is not None and away < most), _LONGEST)


def span(ms: int) -> str:
    """Return a span of time as people say it."""
    for unit, word in ((DAY, "day"), (HOUR, "hour"), (60_000, "minute")):
        if ms >= unit:
            return f"{ms // unit} {word}{'s' * (ms // unit > 1)}"
    return "less than a minute"


def _brief(
    app: App, caller: Caller, operation: str, namespace: str | None, cwd: str | None, since: int, budget: int, away: str | None,
    conversation: Conversation | None,
) -> answers.Briefed:  # fmt: skip
    started, now = time.perf_counter(), app.clock()
    with app.read() as unit:
        seen = sight(unit, caller)
        node = _node(app, unit, namespace, cwd, seen)
        told = _read(unit, node, seen, since, now)
    _review(told, review(app, caller, requests.Review(namespace=node.path, limit=_WAITING)).proposals)
    lead = [f"Since {(to_iso(since) or '')[:10]}{f', {away}' if away else ''}: {_counted(told.counts)}."]
    kept, text = _fit(told, lead, node.path, (to_iso(now) or "")[:10], budget)
    tokens = estimate(text)
    items = [line for lines in kept.values() for line in lines]
    app.uses.add(
        Injection(
            ids.fresh(now), now, caller.surface, operation, node.path,
            tuple(Injected(each.id, each.revision, estimate(each.text), None, part, memory=each.memory) for part, some in kept.items() for each in some),
            tokens, round((time.perf_counter() - started) * 1000, 3), withheld=not items, conversation=conversation,
            steering=tuple((held.id, held.why) for held in told.held if held.kind == "memory"),
        )
    )  # fmt: skip
    shown = {part: [line.text for line in kept.get(part, ())] for part in _SHARES}
    return answers.Briefed(
        text=text, tokens=tokens, budget=budget, namespace=node.path, since=to_iso(since) or "", until=to_iso(now) or "", away=away,
        counts=told.counts, **shown, quarantined=told.held, left_out=sum(map(len, told.lines.values())) - len(items),
    )  # fmt: skip


def _node(app: App, unit: Unit, namespace: str | None, cwd: str | None, seen: Sight) -> Namespace:
    node = project(app, unit, namespace, cwd, seen)
    if node is None:
        raise NotFound("this directory belongs to no project that is known", field="cwd", hint="name a namespace")
    return node


def _read(unit: Unit, node: Namespace, seen: Sight, since: int, now: int) -> _Told:
    told = _Told()
    scope, within = f"% {node.id} %", limits(unit, seen)
    number, turns = unit.rows("sessions_since", scope=scope, since=since, seen=within["seen"])[0]
    counts = unit.rows("memories_written_count", scope=scope, since=since, now=now, **within)
    told.counts = {
        "sessions": number,
        "turns": turns,
        "learnt": sum(row[2] for row in counts),
        "revised": sum(row[1] - row[2] for row in counts),
    }
    written = unit.rows("memories_written_since", scope=scope, since=since, now=now, limit=3 * _LISTED, **within)
    _add(told, "changed", [_memory(row) for row in _safe(told, written, 7) if not row[8]])
    ended = unit.rows("memories_ended_since", scope=scope, since=since, limit=_LISTED, **within)
    _add(
        told, "ended", [_ended(row, told=bool(row[7]) and may_see(unit, row[7], seen)) for row in _safe(told, ended, 8)]
    )
    told.counts["ended"] = len(ended)
    told.counts |= {f"learnt {role_of(row[0])}": 0 for row in counts}
    for kind, _, fresh in counts:
        told.counts[f"learnt {role_of(kind)}"] += fresh
    standing = unit.rows("memories_standing", nodes=_lineage(node), now=now, limit=_LISTED, **within)
    told.counts["rules"] = len(standing)
    _add(told, "rules", [_rule(row) for row in _safe(told, standing, 5)])
    rules = {line.id for line in told.lines["rules"]}
    _add(told, "learnt", [_memory(row) for row in _safe(told, written, 7) if row[8] and row[0] not in rules])
    if seen.covers(node):
        _sessions(unit, told, scope, within["seen"], since)
        _handoffs(unit, told, scope, within["seen"], now)
    return told


def _add(told: _Told, part: str, lines: Sequence[_Line]) -> None:
    told.lines[part] = list(lines)[:_LISTED]


def _safe(told: _Told, rows: Sequence[Row], scanned: int) -> Iterator[Row]:
    """Yield the rows whose text does not try to steer its reader; note the others once."""
    for row in rows:
        title, text = (row[2], row[3]) if scanned == 5 else (row[3], row[4])
        why = orders_in(f"{title or ''}\n{text}", scanned=row[scanned])
        if not why:
            yield row
        elif all(held.id != row[0] for held in told.held):
            told.held.append(answers.Quarantined(id=row[0], kind="memory", why=why))


def _memory(row: Row) -> _Line:
    parts = (cite.day(to_iso(row[5])), row[1], row[6], f"id {row[0]}@{row[2]}")
    return _Line(row[0], cite.cited(parts, None, _says(row[3], row[4])), memory=True, revision=row[2])


def _ended(row: Row, *, told: bool) -> _Line:
    """Return the line of what is over; `told` says whether what took its place may be named."""
    how = f"superseded by {row[7]}" if told else row[2]
    return _Line(
        row[0], cite.cited((cite.day(to_iso(row[5])), row[1], row[6], f"id {row[0]}", how), None, _says(row[3], row[4]))
    )


def _rule(row: Row) -> _Line:
    return _Line(
        row[0], cite.cited((cite.day(to_iso(row[4])), row[1], f"id {row[0]}"), None, _says(row[2], row[3])), memory=True
    )


def _says(title: str | None, text: str) -> str:
    return shorten(" ".join((title or text).split()), _SAYS)


def _sessions(unit: Unit, told: _Told, scope: str, seen: str | None, since: int) -> None:
    rows = unit.rows(
        "sessions_listed",
        scope=scope,
        client=None,
        before=None,
        under=0,
        proofs=proving.NAMESPACE,
        seen=seen,
        limit=_LISTED,
    )
    lines = []
    for row in rows:
        about = " ".join((row[11] or "").split())
        if (row[7] or row[6] or 0) >= since and not row[10] and about and not orders_in(about, role="user"):
            parts = (
                cite.day(to_iso(row[7] or row[6])),
                cite.name(row[2] or "agent"),
                row[3],
                f"{row[9]} turns",
                f"session {cite.key(row[1])}",
            )
            lines.append(_Line(row[0], cite.cited(parts, None, shorten(about, _SAYS))))
    _add(told, "sessions", lines)


def _handoffs(unit: Unit, told: _Told, scope: str, seen: str | None, now: int) -> None:
    rows = [
        row
        for row in unit.rows("handoffs_listed", scope=scope, state="offered", seen=seen, before=None, limit=_LISTED)
        if row[10] > now
    ]
    told.counts["handoffs"] = len(rows)
    lines = []
    for row in rows:
        if not orders_in(row[8]):
            parts = (cite.day(to_iso(row[9])), cite.name(row[4] or "somebody"), row[3], f"handoff {row[1]}")
            lines.append(_Line(row[1], cite.cited(parts, None, shorten(row[8], 4 * _SAYS))))
    _add(told, "handoffs", lines)


def _review(told: _Told, waits: Sequence[answers.ProposalView]) -> None:
    """List what waits for a decision by its ids alone: what it says may be what it was held for."""
    told.counts["review"] = len(waits)
    heads = [cite.head(cite.day(one.recorded), one.operation, f"proposal {one.id}", *one.targets[:2]) for one in waits]
    _add(told, "review", [_Line(one.id, f"[{head}]") for one, head in zip(waits, heads, strict=True)])


def _counted(counts: dict[str, int]) -> str:
    names = {"sessions": "session", "turns": "turn", "review": "change", "handoffs": "handoff", "rules": "rule"}
    ends = {
        "review": " waiting for review",
        "handoffs": " waiting",
        "ended": " superseded or archived",
        "learnt": " learnt",
        "revised": " revised",
    }
    parts = []
    for part in ("sessions", "turns", "learnt", "revised", "ended", "rules", "handoffs", "review"):
        if number := counts.get(part, 0):
            noun = f" {names[part]}{'s' * (number > 1)}" if part in names else ""
            parts.append(f"{number:,}{noun}{ends.get(part, '')}")
    return ", ".join(parts) or "nothing happened"


def _lineage(node: Namespace) -> str:
    return str(list(node.lineage))


def _fit(told: _Told, lead: list[str], path: str, date: str, budget: int) -> tuple[dict[str, list[_Line]], str]:
    """Return the lines that fit, by part, and the text with them, which is never longer than the budget."""
    room = budget - estimate(_write({}, lead, path, date))
    kept: dict[str, list[_Line]] = {}
    spent = 0
    for share in (True, False):
        for part, most in _SHARES.items():
            taken, used = (
                kept.setdefault(part, []),
                sum(estimate(line.text) + 1 for line in kept[part]) if kept.get(part) else 0,
            )
            for line in told.lines.get(part, ())[len(taken) :]:
                cost = estimate(line.text) + 1 + (0 if taken else 8)
                if spent + cost > room or (share and used + cost > room * most):
                    break
                taken.append(line)
                spent, used = spent + cost, used + cost
    while True:
        text = _write(kept, lead, path, date)
        if estimate(text) <= budget:
            return kept, text
        last = next((part for part in reversed(_SHARES) if kept.get(part)), None)
        if last is None:
            return {}, ""
        kept[last].pop()


def _write(kept: dict[str, list[_Line]], lead: list[str], path: str, date: str) -> str:
    body = list(lead)
    for part, heading in _HEADINGS.items():
        if lines := kept.get(part):
            body += [f"## {heading}", *(line.text for line in lines)]
    return cite.fenced(cite.name(path, 600), date, "\n".join(body))
