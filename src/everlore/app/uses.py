"""What reads have to write, kept in memory until somebody writes it in one batch: uses of memories and ledger rows."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from everlore.app.proposals import propose
from everlore.store.contract import Store, Unit

_LIMIT = 10_000


class Conversation(NamedTuple):
    """Who is told: a client and its own id of its session, known before anything of the session is stored."""

    client: str
    external: str


@dataclass(frozen=True, slots=True)
class Injected:
    """One item of what was told: a memory in one revision, or a turn; what it cost in tokens, and why it was told."""

    item: str
    revision: int | None = None
    tokens: int = 0
    role: str | None = None
    why: str = ""
    memory: bool = False


@dataclass(frozen=True, slots=True)
class Injection:
    """One answer that was given: what it held and what it cost; `conversation` is the one that was told.

    `repeated` are those of the tokens that the conversation held before, and that were sent again as its prefix. `steering`
    are memories that were kept back, with why: somebody is to look at them.
    """

    uid: str
    at: int
    surface: str
    operation: str
    namespace: str | None
    items: tuple[Injected, ...]
    tokens: int
    milliseconds: float
    withheld: bool
    conversation: Conversation | None = None
    platform: str | None = None
    provider: str | None = None
    model: str | None = None
    repeated: int = 0
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

    def told(self, conversation: Conversation | None) -> dict[str, int | None]:
        """Return what a conversation was told that is not written yet, each item with its revision."""
        with self._lock:
            waiting = [i for i in self._waiting if conversation and i.conversation == conversation]
        return {item.item: item.revision for i in waiting for item in i.items}

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


def told(unit: Unit, uses: Uses, conversation: Conversation | None) -> dict[str, int | None]:
    """Return what a conversation was told since its context was compacted last, each item with its newest revision."""
    if conversation is None:
        return {}
    written: dict[str, int | None] = dict(
        unit.rows("told_to", client=conversation.client, external=conversation.external)
    )
    return written | uses.told(conversation)


def _write(unit: Unit, batch: Sequence[Injection]) -> None:
    for i in batch:
        client, external = i.conversation or (None, None)
        entry = unit.run(
            "ledger_insert", uid=i.uid, at=i.at, surface=i.surface, operation=i.operation, namespace=i.namespace, client=client,
            external=external, platform=i.platform, provider=i.provider, model=i.model, tokens=i.tokens, repeated=i.repeated,
            milliseconds=i.milliseconds, withheld=i.withheld,
        )  # fmt: skip
        unit.many("ledger_item_insert", (
            {"entry": entry, "place": place, "item": item.item, "revision": item.revision, "tokens": item.tokens,
             "role": item.role, "why": item.why} for place, item in enumerate(i.items)
        ))  # fmt: skip
    used = [(item.item, i.at) for i in batch for item in i.items if item.memory]
    counts = Counter(uid for uid, _ in used)
    last = dict(used)
    unit.many("memory_used", ({"uid": uid, "count": count, "at": last[uid]} for uid, count in counts.items()))
    for i in batch:
        for uid, why in i.steering:
            _have_reviewed(unit, uid, why, i.at)


def _have_reviewed(unit: Unit, uid: str, why: str, now: int) -> None:
    """Propose to archive a memory that was met in reading and tries to steer its reader."""
    row = unit.one("memory_by_uid", uid=uid)
    if row is not None and row[4] == "active":
        propose(
            unit, now, effect="archive", operation="forget", payload={"id": uid, "reason": f"it tries to steer its reader: {why}"},
            namespace=row[2], targets=[uid], reason=f"kept back from recall: {why}", origin="curator", actor="curator", confidence=0.7,
        )  # fmt: skip
