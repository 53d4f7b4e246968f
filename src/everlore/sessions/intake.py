"""Turns into the store: each once, in the order of their session, with the passages that make them searchable.

The uid of a session is derived from its namespace and its external id, that of a turn from its session and external id,
so that the same turn arriving again, from a file or another client, is recognised and not stored twice.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from everlore.core import ids
from everlore.core.types import Namespace
from everlore.sessions.records import TurnRecord
from everlore.store import index
from everlore.store.contract import Unit

UNKNOWN: Mapping[str, None] = dict.fromkeys(("client", "parent", "cwd", "branch", "transcript", "closed"))
"""What a session that somebody imported does not say of itself."""


@dataclass(frozen=True, slots=True)
class Taken:
    """How many sessions were new, how many turns came in or were there already, and (session, id) of those refused.

    A turn is refused when another text is kept under its id: turns are immutable.
    """

    sessions: int
    turns: int
    unchanged: int
    refused: list[tuple[str, str]]


@dataclass(slots=True)
class _Line:
    """The turns of one session, sorted by what is to become of them, by their uid."""

    fresh: dict[str, TurnRecord] = field(default_factory=dict)
    back: list[str] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)
    unchanged: int = 0
    refused: list[str] = field(default_factory=list)


def take_in(unit: Unit, records: Iterable[TurnRecord], namespace: Namespace, *, entry: int, now: int) -> Taken:
    """Store the turns that are not there; `entry` is the journal sequence number they belong to.

    A turn whose import was undone is there no more: it comes back where it was, or with its new text at the end.
    """
    lines: dict[str, list[TurnRecord]] = {}
    for record in records:
        lines.setdefault(record.session, []).append(record)
    indexer = index.Indexer(unit)
    made = stored = unchanged = 0
    refused: list[tuple[str, str]] = []
    for external, turns in lines.items():
        uid = ids.derived("session", namespace.uid, external)
        row = unit.one("session_by_uid", uid=uid)
        session = row[0] if row else _make_session(unit, uid, external, turns, namespace, now)
        line = _sort(unit, uid, turns)
        _write(unit, indexer, session, namespace, line, entry, now)
        made += row is None
        stored += len(line.fresh) + len(line.back)
        unchanged += line.unchanged
        refused += [(external, turn) for turn in line.refused]
    indexer.flush()
    return Taken(made, stored, unchanged, refused)


def _sort(unit: Unit, session: str, turns: Iterable[TurnRecord]) -> _Line:
    """Say which turns are new, which come back, and which are there or cannot come in."""
    given = [(ids.derived("turn", session, turn.id), turn) for turn in turns]
    known = {row[0]: row[1:] for row in unit.rows("turns_known", uids=json.dumps([uid for uid, _ in given]))}
    line, seen = _Line(), dict[str, tuple[str, str | None]]()
    for uid, turn in given:
        said = (turn.text, turn.caption)
        text, caption, withdrawn = known.get(uid, (None, None, False))
        before = seen.setdefault(uid, said)
        if before != said or (text is not None and not withdrawn and (text, caption) != said):
            line.refused.append(turn.id)
        elif uid in line.fresh or uid in line.back or (text is not None and not withdrawn):
            line.unchanged += 1
        elif text is None:
            line.fresh[uid] = turn
        elif (text, caption) == said:
            line.back.append(uid)
        else:
            line.stale.append(uid)
            line.fresh[uid] = turn
    return line


def _write(
    unit: Unit, indexer: index.Indexer, session: int, namespace: Namespace, line: _Line, entry: int, now: int
) -> None:
    unit.many("turn_make_way", ({"uid": uid} for uid in line.stale))
    unit.many("turn_return", ({"uid": uid, "entry": entry} for uid in line.back))
    position = append(unit, session, line.fresh, entry, now)
    if line.back:
        index.reindex_session(unit, indexer, session, namespace)
    elif line.fresh:
        index.append_turns(unit, indexer, session, position, namespace)


def append(unit: Unit, session: int, fresh: Mapping[str, TurnRecord], entry: int, now: int) -> int:
    """Write new turns, by their uid, at the end of a session; return the position of the first. They are not indexed."""
    position: int = unit.value("turn_last_position", session=session) + 1
    unit.many("turn_insert", (
        {"uid": uid, "session": session, "position": place, "external": turn.id, "speaker": turn.speaker,
         "role": turn.role, "time": turn.time, "recorded": now, "entry": entry, "withdrawn": False, "text": turn.text,
         "caption": turn.caption, "event": turn.event, "detail": turn.detail, "channel": turn.channel,
         "digest": turn.digest}
        for place, (uid, turn) in enumerate(fresh.items(), position)
    ))  # fmt: skip
    if fresh:
        started, ended = _span(list(fresh.values()))
        unit.run("session_extend", id=session, started=started, ended=ended)
    return position


def _make_session(
    unit: Unit, uid: str, external: str, turns: Sequence[TurnRecord], namespace: Namespace, now: int
) -> int:
    agent = next((turn.speaker for turn in turns if turn.role == "assistant"), None)
    started, ended = _span(turns)
    return unit.run(
        "session_insert",
        uid=uid,
        namespace=namespace.id,
        external=external,
        agent=agent,
        started=started,
        ended=ended,
        recorded=now,
        **UNKNOWN,
    )


def _span(turns: Sequence[TurnRecord]) -> tuple[int | None, int | None]:
    times = [turn.time for turn in turns if turn.time is not None]
    return (min(times), max(times)) if times else (None, None)
