"""What reads have to write, kept in memory until somebody writes it in one batch: uses of memories and ledger rows."""

from __future__ import annotations

import json
import threading
from collections import Counter
from dataclasses import dataclass, field

from everlore.store.contract import Store

_LIMIT = 10_000


@dataclass(frozen=True, slots=True)
class Injection:
    """One answer that was given: what it held and what it cost."""

    at: int
    surface: str
    namespace: str | None
    items: tuple[str, ...]
    memories: tuple[str, ...]
    tokens: int
    milliseconds: float
    withheld: bool


@dataclass(slots=True)
class Uses:
    """The queue; when it is full the oldest are dropped rather than memory filled."""

    _waiting: list[Injection] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, injection: Injection) -> None:
        """Queue one answer."""
        with self._lock:
            self._waiting.append(injection)
            del self._waiting[:-_LIMIT]

    def flush(self, store: Store) -> int:
        """Write what waits and return how many answers that were; on an error they wait on."""
        with self._lock:
            batch, self._waiting = self._waiting, []
        if not batch:
            return 0
        try:
            with store.write() as unit:
                unit.many("ledger_insert", (
                    {"at": i.at, "surface": i.surface, "namespace": i.namespace, "items": json.dumps(i.items),
                     "tokens": i.tokens, "milliseconds": i.milliseconds, "withheld": i.withheld} for i in batch
                ))  # fmt: skip
                counts = Counter(uid for i in batch for uid in i.memories)
                last = {uid: i.at for i in batch for uid in i.memories}
                unit.many(
                    "memory_used", ({"uid": uid, "count": count, "at": last[uid]} for uid, count in counts.items())
                )
        except BaseException:
            with self._lock:
                self._waiting[:0] = batch
            raise
        return len(batch)
