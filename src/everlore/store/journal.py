"""The append-only log of every change: who, when, why, and what exactly became different.

An entry holds no body of any text, only hashes, so that purging a text later leaves the chain whole. Each entry's hash is
SHA-256 over the hash before it and the entry's canonical JSON. `changes` lists what the operation did in a form that can
be turned round: each change is an object with `what`, the uid it happened to, and the values `before` and `after`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from everlore.core import ids
from everlore.store.contract import Row, Unit

Change = dict[str, Any]
GENESIS = bytes(32)


@dataclass(frozen=True, slots=True)
class Entry:
    """One operation as the journal keeps it; `undone_by` is the sequence number of the entry that reversed it."""

    seq: int
    uid: str
    parent: str | None
    at: int
    actor: str
    operation: str
    namespace: str | None
    reason: str | None
    changes: list[Change]
    undone_by: int | None


def begin(unit: Unit) -> int:
    """Return the sequence number the next entry of this write will get."""
    last = unit.one("journal_last")
    return last[0] + 1 if last else 1


def append(
    unit: Unit,
    *,
    at: int,
    actor: str,
    operation: str,
    namespace: str | None,
    reason: str | None,
    changes: Sequence[Change],
    parent: str | None = None,
) -> Entry:
    """Write one entry; `parent` is the uid of the first entry of a long operation that was written in several parts."""
    last = unit.one("journal_last")
    seq, previous = (last[0] + 1, last[2]) if last else (1, GENESIS)
    uid = ids.fresh(at)
    spelled = json.dumps(list(changes), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    digest = _hash(previous, (seq, uid, parent, at, actor, operation, namespace, reason, spelled))
    unit.run(
        "journal_insert", seq=seq, uid=uid, parent=parent, at=at, actor=actor, operation=operation, namespace=namespace, reason=reason,
        changes=spelled, previous=previous, hash=digest,
    )  # fmt: skip
    return Entry(seq, uid, parent, at, actor, operation, namespace, reason, list(changes), None)


def find(unit: Unit, uid: str) -> Entry | None:
    """Return the entry `uid`, None if there is none."""
    row = unit.one("journal_by_uid", uid=uid)
    return from_row(row) if row else None


def whole(unit: Unit, entry: Entry) -> list[Entry]:
    """Return all parts of the operation that an entry is of, the first one first."""
    first = (find(unit, entry.parent) if entry.parent else None) or entry
    return [first, *(from_row(row) for row in unit.rows("journal_parts", uid=first.uid))]


def mark_undone(unit: Unit, entry: Entry, by: Entry) -> None:
    """Note that `by` reversed `entry`; reversing an undo frees what it had undone to be undone again."""
    unit.run("journal_mark_undone", seq=entry.seq, by=by.seq)
    for row in unit.rows("journal_undone_by", seq=entry.seq):
        unit.run("journal_mark_undone", seq=row[0], by=None)


def from_row(row: Row) -> Entry:
    """Return the entry a row of the journal statements spells."""
    seq, uid, parent, at, actor, operation, namespace, reason, changes, undone_by = row
    return Entry(seq, uid, parent, at, actor, operation, namespace, reason, json.loads(changes), undone_by)


def broken_links(unit: Unit) -> list[int]:
    """Walk the chain and return the sequence numbers at which it does not hold."""
    broken, previous, expected = [], GENESIS, 1
    for seq, *fields, before, digest in unit.stream("journal_all"):
        if seq != expected or before != previous or digest != _hash(previous, (seq, *fields)):
            broken.append(seq)
        previous, expected = digest, seq + 1
    return broken


def _hash(previous: bytes, fields: tuple[Any, ...]) -> bytes:
    return sha256(
        previous + json.dumps(fields, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass")
    ).digest()
