"""Events into the store: what was said becomes turns, each once, and what happened becomes happenings of the session.

The same thing may be told more than once: by two hooks that are both installed, by a hook and then by the transcript, or
again after a crash. It is one turn when the client's own key says so, or else when the same was said in the same session
through the other channel, which has not said it yet, at about the same time; or through the same channel, by a client that
gives no keys, within `ECHO` milliseconds. A key under which a known turn arrives again is kept as a sighting of it.

A session belongs to the namespace in which it was first seen, wherever its agent goes later.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Literal

from everlore.core import ids
from everlore.core.types import Namespace
from everlore.sessions.intake import append
from everlore.sessions.records import SPOKEN, Event, TurnRecord
from everlore.store import index, namespaces
from everlore.store.contract import Row, Unit

Channel = Literal["hook", "transcript"]

ECHO = 10_000
"""Milliseconds within which one client that gives no keys says the same thing only once."""
CROSSED = 2_000
"""Milliseconds within which two clients' hooks tell of one thing under keys of different kinds."""
APART = 600_000
"""Milliseconds that a hook and a transcript may put between the same thing."""

_WORKING = frozenset({"prompt", "tool_call", "tool_result", "tool_failure"})


@dataclass(slots=True)
class Captured:
    """What became of a batch: how many sessions and turns are new, how many turns were known, how many events ignored.

    `touched` holds the row ids of sessions that got a turn, `closed` and `compacted` those in which that happened.
    """

    sessions: int = 0
    turns: int = 0
    known: int = 0
    ignored: int = 0
    touched: dict[int, Namespace] = field(default_factory=dict)
    working: set[int] = field(default_factory=set)
    closed: list[int] = field(default_factory=list)
    compacted: list[int] = field(default_factory=list)


@dataclass(slots=True)
class _Line:
    """One session within a batch: its rows on their way and what was said in it."""

    id: int
    uid: str
    namespace: Namespace
    both: bool
    closed: bool
    fresh: dict[str, TurnRecord] = field(default_factory=dict)
    said: dict[bytes, list[_Heard]] = field(default_factory=dict)
    uids: dict[str, str] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    sightings: dict[str, int | str] = field(default_factory=dict)


@dataclass(slots=True)
class _Heard:
    """One turn as it was said before: its row id, or its uid while it has none."""

    turn: int | str
    key: str
    channel: str
    at: int | None
    twice: bool


def take(
    unit: Unit,
    events: Sequence[Event],
    namespace_of: Callable[[Event], Namespace | None],
    *,
    channel: Channel,
    entry: int,
    now: int,
) -> Captured:
    """Store a batch of events in the order given; `entry` is the journal sequence number that their turns belong to.

    `namespace_of` says where the session of an event belongs that is not known yet; events for which it is None are
    ignored. Texts must have passed the guard.
    """
    captured, lines = Captured(), dict[tuple[str, str], _Line | None]()
    keys: dict[tuple[str, str], list[str]] = {}
    for event in events:
        if event.key and event.kind in SPOKEN:
            keys.setdefault((event.client, event.session), []).append(event.key)
    for event in events:
        line = _line(unit, lines, event, namespace_of, channel, captured, now)
        if line is not None and (given := keys.pop((event.client, event.session), None)):
            _look_up(unit, line, given)
        if line is None:
            captured.ignored += 1
        elif event.kind in SPOKEN:
            _hear(unit, line, event, channel, captured, now)
        else:
            _note(unit, line, event, captured, now)
    indexer = index.Indexer(unit)
    for found in lines.values():
        if found is not None:
            _write(unit, indexer, found, entry, now)
    indexer.flush()
    return captured


def said_digest(event: str | None, text: str) -> bytes:
    """Return what tells, whoever reports it and however it is spaced, that the same was said."""
    role = SPOKEN.get(event or "", "")
    return blake2b(f"{role}\n{' '.join(text.split())}".encode("utf-8", "surrogatepass"), digest_size=8).digest()


def turn_text(event: Event) -> str:
    """Return an event as one searchable text: what was said, or a tool's call with what came of it."""
    if not event.kind.startswith("tool"):
        return event.text
    detail = event.detail
    given = detail.get("command") or " ".join(map(str, detail.get("paths", ()))) or detail.get("input") or ""
    parts = [f"{detail.get('tool') or 'tool'} {given}".strip(), event.text]
    if detail.get("exit") not in (None, 0):
        parts.append(f"exit {detail['exit']}")
    elif event.kind == "tool_failure" and "exit" not in detail:
        parts.append("failed")
    return "\n".join(part for part in parts if part)


def _line(
    unit: Unit,
    lines: dict[tuple[str, str], _Line | None],
    event: Event,
    namespace_of: Callable[[Event], Namespace | None],
    channel: Channel,
    captured: Captured,
    now: int,
) -> _Line | None:
    """Return the session of an event, found or made; its parent is made first."""
    name = (event.client, event.session)
    if name in lines and lines[name] is not None:
        return lines[name]
    row = unit.one("session_of_client", client=event.client, external=event.session)
    namespace = namespaces.by_id(unit, row[2]) if row else namespace_of(event)
    if namespace is None:
        return lines.setdefault(name, None)
    uid = row[1] if row else ids.derived("session", namespace.uid, event.session)
    parent = None
    if event.parent and event.parent != event.session:
        above = Event(event.client, event.parent, "other", "", cwd=event.cwd)
        found = _line(unit, lines, above, lambda _: namespace, channel, captured, now)
        parent = found.id if found else None
    about = {
        "client": event.client, "parent": parent, "cwd": event.cwd, "branch": event.branch, "transcript": event.transcript,
    }  # fmt: skip
    if row is None:
        row = unit.one("session_by_uid", uid=uid)
    if row is None:
        at = event.at if event.at is not None else now
        identity = unit.run(
            "session_insert", uid=uid, namespace=namespace.id, external=event.session, agent=event.client, started=at,
            ended=at, recorded=now, closed=None, **about,
        )  # fmt: skip
        captured.sessions += 1
        line = _Line(identity, uid, namespace, both=False, closed=False)
    else:
        unit.run("session_describe", id=row[0], **about)
        others = {found[0] for found in unit.rows("session_channels", session=row[0])} - {channel}
        line = _Line(row[0], uid, namespace, both=bool(others), closed=row[6] is not None)
    lines[name] = line
    return line


def _look_up(unit: Unit, line: _Line, keys: Iterable[str]) -> None:
    """Find out which of the keys that a batch has for a session have been seen before."""
    line.uids = {key: ids.derived("turn", line.uid, key) for key in dict.fromkeys(keys)}
    line.seen = {row[0] for row in unit.rows("turns_seen", uids=json.dumps(list(line.uids.values())))}


def _hear(unit: Unit, line: _Line, event: Event, channel: Channel, captured: Captured, now: int) -> None:
    """Decide whether what was said is new."""
    text = turn_text(event)
    if not text:
        captured.ignored += 1
        return
    digest, at = said_digest(event.kind, text), event.at if event.at is not None else now
    uid = line.uids[event.key] if event.key else ""
    if uid and (uid in line.fresh or uid in line.sightings or uid in line.seen):
        captured.known += 1
        return
    heard = line.said.get(digest)
    if heard is None:
        rows = (
            unit.rows("turns_said", session=line.id, digest=digest)
            if channel == "hook" or line.both or not event.key
            else []
        )
        heard = line.said[digest] = [_heard(row) for row in rows]
    before = next((each for each in heard if _is_same(each, event, channel, at)), None)
    if before is not None:
        before.twice = before.twice or before.channel != channel
        line.sightings[uid or ids.derived("turn", line.uid, channel, digest.hex(), str(at))] = before.turn
        captured.known += 1
        return
    key = event.key or f"{channel}:{digest.hex()}:{at}"
    uid = uid or ids.derived("turn", line.uid, key)
    line.fresh[uid] = _record(event, key, text, channel, digest, at)
    heard.append(_Heard(uid, event.key, channel, at, twice=False))
    captured.turns += 1
    captured.touched[line.id] = line.namespace
    if event.kind in _WORKING:
        captured.working.add(line.id)
    if line.closed:
        unit.run("session_close", id=line.id, closed=None)  # it went on after all
        line.closed = False


def _heard(row: Row) -> _Heard:
    turn, external, channel, at, twice = row
    return _Heard(turn, "" if external.startswith(f"{channel}:") else external, channel, at, bool(twice))


def _is_same(before: _Heard, event: Event, channel: Channel, at: int) -> bool:
    gap = 0 if before.at is None else abs(at - before.at)
    if before.channel != channel:
        return not before.twice and (event.at is None or gap <= APART)
    if before.key and event.key:
        return gap <= CROSSED and before.key.partition(":")[0] != event.key.partition(":")[0]
    return gap <= ECHO


def _record(event: Event, key: str, text: str, channel: Channel, digest: bytes, at: int) -> TurnRecord:
    role = SPOKEN[event.kind]
    speaker = {"user": "user", "assistant": event.client}.get(role) or str(event.detail.get("tool") or "tool")[:400]
    return TurnRecord(
        event.session, key, speaker, role, at, text, event=event.kind, detail=_json(event.detail), channel=channel,
        digest=digest,
    )  # fmt: skip


def _json(detail: Mapping[str, Any]) -> str | None:
    return json.dumps(detail, ensure_ascii=False, separators=(",", ":"), default=str) if detail else None


def _note(unit: Unit, line: _Line, event: Event, captured: Captured, now: int) -> None:
    """Keep what happened to a session beside what was said."""
    if not event.name:
        return
    at = event.at if event.at is not None else now
    uid = ids.derived("happening", line.uid, event.key or f"{event.kind} {event.name} {at // ECHO}")
    unit.run(
        "happening_insert", uid=uid, session=line.id, kind=event.kind, name=event.name[:200], at=at, detail=_json(event.detail),
    )  # fmt: skip
    if not unit.changed():
        captured.known += 1
    elif event.kind == "session_end":
        captured.closed.append(line.id)
        captured.touched.setdefault(line.id, line.namespace)
        unit.run("session_close", id=line.id, closed=at)
        line.closed = True
    elif event.kind == "compaction":
        captured.compacted.append(line.id)
        captured.touched.setdefault(line.id, line.namespace)
        unit.run("told_compacted", client=event.client, external=event.session)
    elif event.kind == "session_start" and line.closed:
        unit.run("session_close", id=line.id, closed=None)
        line.closed = False


def _write(unit: Unit, indexer: index.Indexer, line: _Line, entry: int, now: int) -> None:
    if line.fresh:
        position = append(unit, line.id, line.fresh, entry, now)
        index.append_turns(unit, indexer, line.id, position, line.namespace)
    _sight(unit, line.sightings.items())


def _sight(unit: Unit, sightings: Iterable[tuple[str, int | str]]) -> None:
    for uid, turn in sightings:
        row = turn if isinstance(turn, int) else unit.value("turn_row", uid=turn)
        unit.run("sighting_insert", uid=uid, turn=row)
