"""Turns into the store: each once, in the order of their session, with the passages that make them searchable.

The uid of a session is derived from its namespace and its external id, that of a turn from its session and external id,
so that the same turn arriving again, from a file or another client, is recognised and not stored twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from everlore.core import ids
from everlore.core.types import Namespace
from everlore.sessions.records import TurnRecord
from everlore.store import index
from everlore.store.contract import Unit


@dataclass(frozen=True, slots=True)
class Taken:
    """How many sessions were new, and how many turns were new or known."""

    sessions: int
    turns: int
    unchanged: int


def take_in(unit: Unit, records: Iterable[TurnRecord], namespace: Namespace, *, entry: int, now: int) -> Taken:
    """Store the turns that are not there yet; `entry` is the journal sequence number they belong to."""
    lines: dict[str, list[TurnRecord]] = {}
    for record in records:
        lines.setdefault(record.session, []).append(record)
    indexer = index.Indexer(unit)
    made = stored = known = 0
    for external, turns in lines.items():
        uid = ids.derived("session", namespace.uid, external)
        row = unit.one("session_by_uid", uid=uid)
        if row is None:
            made += 1
            session, present, position = _make_session(unit, uid, external, turns, namespace, now), set[str](), 0
        else:
            session = row[0]
            present = {r[0] for r in unit.rows("turn_uids_of_session", session=session)}
            position = unit.value("turn_last_position", session=session) + 1
        fresh = _fresh(turns, uid, present)
        unit.many("turn_insert", (
            {"uid": turn_uid, "session": session, "position": place, "external": turn.id, "speaker": turn.speaker,
             "role": turn.role, "time": turn.time, "recorded": now, "entry": entry, "withdrawn": False, "text": turn.text,
             "caption": turn.caption}
            for place, (turn_uid, turn) in enumerate(fresh.items(), position)
        ))  # fmt: skip
        if fresh:
            if row is not None:
                started, ended = _span(list(fresh.values()))
                unit.run("session_extend", id=session, started=started, ended=ended)
            index.append_turns(unit, indexer, session, position, namespace)
        stored += len(fresh)
        known += len(turns) - len(fresh)
    indexer.flush()
    return Taken(made, stored, known)


def _fresh(turns: Iterable[TurnRecord], session: str, present: set[str]) -> dict[str, TurnRecord]:
    fresh: dict[str, TurnRecord] = {}
    for turn in turns:
        uid = ids.derived("turn", session, turn.id)
        if uid not in present:
            fresh.setdefault(uid, turn)
    return fresh


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
    )


def _span(turns: Sequence[TurnRecord]) -> tuple[int | None, int | None]:
    times = [turn.time for turn in turns if turn.time is not None]
    return (min(times), max(times)) if times else (None, None)
