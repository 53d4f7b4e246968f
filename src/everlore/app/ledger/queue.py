"""What reads have to write, kept in memory until somebody writes it in one batch: uses of memories and ledger rows.

The batch also measures what an answer stood for: the tokens of the sessions that its items come from. That is counted before
the write begins, turn by turn as they are added, and a session counts once in the conversation that is told.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from everlore.app.ledger import histories, listings
from everlore.app.ledger.histories import Sessions
from everlore.app.proposals import propose
from everlore.guard.redact import label
from everlore.models.llm import rates
from everlore.store.contract import Store, Unit

_LIMIT = 10_000
_DAY_MS = 86_400_000
_PRUNED = 1_000
"""Entries whose items are removed in one write at most."""


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
    are memories that were kept back, with why: somebody is to look at them. What the provider counted is None where it is not
    known, and so is what became of it.
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
    input: int | None = None
    cached: int | None = None
    cache_written: int | None = None
    output: int | None = None
    outcome: str | None = None


@dataclass(slots=True)
class Uses:
    """The queue; when it is full the oldest are dropped rather than memory filled. `home` is where prices of one's own are.

    Which items were told, and why, is kept for `days`, 0 for good; the sums stay.
    """

    home: Path | None = None
    days: int = 0
    _waiting: list[Injection] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _writing: threading.Lock = field(default_factory=threading.Lock)
    _held: threading.local = field(default_factory=threading.local)

    def add(self, injection: Injection) -> None:
        """Queue one answer."""
        if (held := getattr(self._held, "these", None)) is not None:
            held.append(injection)
            return
        with self._lock:
            self._waiting.append(injection)
            del self._waiting[:-_LIMIT]

    @contextmanager
    def held(self) -> Iterator[list[Injection]]:
        """Yield a list that gets what this thread adds, instead of the queue: for whoever knows only later whether it was told."""
        held = self._held.these = list[Injection]()
        try:
            yield held
        finally:
            del self._held.these

    def told(self, conversation: Conversation | None) -> dict[str, int | None]:
        """Return what a conversation was told that is not written yet, each item with its revision."""
        with self._lock:
            waiting = [i for i in self._waiting if conversation and i.conversation == conversation]
        return {item.item: item.revision for i in waiting for item in i.items}

    def flush(self, store: Store) -> int:
        """Write what waits and return how many answers that were; on an error they wait on."""
        with self._writing:
            listed, taken = listings.take(self.home) if self.home else ([], [])
            with self._lock:
                batch = [*map(_listed, listed), *self._waiting]
            if batch:
                sessions = _measured(store, batch)
                with store.write() as unit:
                    _write(unit, batch, sessions, self.home)
                    if self.days:
                        unit.run("ledger_items_prune", before=batch[-1].at - self.days * _DAY_MS, limit=_PRUNED)
                with self._lock:
                    written = set(map(id, batch))
                    self._waiting[:] = [i for i in self._waiting if id(i) not in written]
            for path in taken:
                path.unlink(missing_ok=True)
        return len(batch)


def _listed(row: dict[str, Any]) -> Injection:
    """Return the entry of a list of tools that a client was given."""
    return Injection(
        row["id"][:64], row["at"], "mcp", "tools", None, (), row["tokens"], 0.0, withheld=False,
        platform=label(row["client"][:80]) or None,
    )  # fmt: skip


def _named(text: str | None) -> str | None:
    """Return a name that a program gave as it may be kept: without secrets, and without what is no text."""
    return label(text.encode("utf-8", "replace").decode("utf-8")) if text else None


def told_to(unit: Unit, uses: Uses, conversation: Conversation | None) -> dict[str, int | None]:
    """Return what a conversation was told since its context was compacted last, each item with its newest revision."""
    if conversation is None:
        return {}
    written: dict[str, int | None] = dict(
        unit.rows("told_to", client=conversation.client, external=conversation.external)
    )
    return written | uses.told(conversation)


def _measured(store: Store, batch: Sequence[Injection]) -> Sessions:
    """Count the sessions from which conversations were told something, in a snapshot of their own."""
    items = {item.item for i in batch if i.conversation for item in i.items}
    if not items:
        return Sessions()
    with store.read() as unit:
        return histories.measure(unit, items)


def _write(unit: Unit, batch: Sequence[Injection], sessions: Sessions, home: Path | None) -> None:
    written = []
    for i in batch:
        client, external = i.conversation or (None, None)
        known = rates.of(home, i.provider, i.model) or rates.UNKNOWN
        entry = unit.run(
            "ledger_insert", uid=i.uid, at=i.at, surface=i.surface, operation=i.operation, namespace=_named(i.namespace), client=_named(client),
            external=_named(external), platform=_named(i.platform), provider=_named(i.provider), model=_named(i.model),
            tokens=i.tokens, repeated=i.repeated,
            milliseconds=i.milliseconds, withheld=i.withheld, input=i.input, cached=i.cached, cache_written=i.cache_written,
            output=i.output, outcome=i.outcome, **asdict(known),
        )  # fmt: skip
        if not unit.changed():
            continue  # it was written already, by a write of which nobody learnt that it had succeeded
        written.append(i)
        unit.many("ledger_item_insert", (
            {"entry": entry, "place": place, "item": item.item, "revision": item.revision, "tokens": item.tokens,
             "role": item.role, "why": item.why} for place, item in enumerate(i.items)
        ))  # fmt: skip
        if i.conversation and i.items:
            told = [(item.item, item.revision) for item in i.items]
            histories.note(unit, entry, i.conversation, told, sessions)
    histories.keep(unit, sessions)
    batch = written
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
