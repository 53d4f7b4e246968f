"""What reads have to write, kept in memory until somebody writes it in one batch: uses of memories and ledger rows."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from everlore.app.proposals import propose
from everlore.store.contract import Store, Unit

_LIMIT = 10_000


@dataclass(frozen=True, slots=True)
class Injection:
    """One answer that was given: what it held and what it cost; `session` is the row id of the one that was told unasked.

    `steering` are memories that were kept back, with why: somebody is to look at them.
    """

    at: int
    surface: str
    namespace: str | None
    items: tuple[str, ...]
    memories: tuple[str, ...]
    tokens: int
    milliseconds: float
    withheld: bool
    session: int | None = None
    steering: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class Uses:
    """The queue; when it is full the oldest are dropped rather than memory filled."""

    _waiting: list[Injection] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _writing: threading.Lock = field(default_factory=threading.Lock)

    def add(self, injection: Injection) -> None:
        """Queue one answer."""
        with self._lock:
            self._waiting.append(injection)
            del self._waiting[:-_LIMIT]

    def told(self, session: int) -> set[str]:
        """Return what a session was told that is not written yet."""
        with self._lock:
            return {item for i in self._waiting if i.session == session for item in i.items}

    def flush(self, store: Store) -> int:
        """Write what waits and return how many answers that were; on an error they wait on."""
        with self._writing:
            with self._lock:
                batch = list(self._waiting)
            if batch:
                with store.write() as unit:
                    _write(unit, batch)
                with self._lock:
                    written = set(map(id, batch))
                    self._waiting[:] = [i for i in self._waiting if id(i) not in written]
        return len(batch)


def _write(unit: Unit, batch: Sequence[Injection]) -> None:
    unit.many("ledger_insert", (
        {"at": i.at, "surface": i.surface, "namespace": i.namespace, "items": json.dumps(i.items),
         "tokens": i.tokens, "milliseconds": i.milliseconds, "withheld": i.withheld} for i in batch
    ))  # fmt: skip
    counts = Counter(uid for i in batch for uid in i.memories)
    last = {uid: i.at for i in batch for uid in i.memories}
    unit.many("memory_used", ({"uid": uid, "count": count, "at": last[uid]} for uid, count in counts.items()))
    for i in batch:
        for uid, why in i.steering:
            _have_reviewed(unit, uid, why, i.at)
    told = ((i, item) for i in batch if i.session for item in i.items)
    unit.many("told_insert", ({"session": i.session, "item": item, "at": i.at} for i, item in told))


def _have_reviewed(unit: Unit, uid: str, why: str, now: int) -> None:
    """Propose to archive a memory that was met in reading and tries to steer its reader."""
    row = unit.one("memory_by_uid", uid=uid)
    if row is not None and row[4] == "active":
        propose(
            unit, now, effect="archive", operation="forget", payload={"id": uid, "reason": f"it tries to steer its reader: {why}"},
            namespace=row[2], targets=[uid], reason=f"kept back from recall: {why}", origin="curator", actor="curator", confidence=0.7,
        )  # fmt: skip
