"""The application: one store, one clock, one embedder, and the door through which every operation is called.

`App.call` is the only way in. It parses the request, runs the handler and returns the answer; everything a handler may
touch hangs on the `App` it is given. Reads queue what they have to write (uses, ledger rows) and the worker, or closing
the application, writes it later in one batch.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import IO, TYPE_CHECKING, Any, Literal

from everlore.app.authority import Waits, called
from everlore.app.caller import ANYBODY, Caller
from everlore.app.ledger.queue import Uses
from everlore.app.operations import BY_NAME
from everlore.app.parse import decode
from everlore.app.proposals import propose_request
from everlore.app.replacement import open_store
from everlore.app.watching import Watcher
from everlore.app.worker import Drainer, Worker
from everlore.core import clock as clocks
from everlore.core.errors import EverloreError, InvalidInput
from everlore.core.when import parse_instant
from everlore.models.embedder import Embedder, open_embedder
from everlore.recall.meaning import VectorIndex
from everlore.sessions import spool
from everlore.store import keys
from everlore.store.lock import share

if TYPE_CHECKING:
    from everlore.app.answers import Answer
    from everlore.core.clock import Clock
    from everlore.core.config import Config
    from everlore.store.contract import Unit
    from everlore.store.sqlite import SqliteStore

_ABOUT_SPOOL = frozenset({"hook", "drain", "restore-backup", "bench"})
_BESIDE = 1.0
"""Seconds that an operation may spend on storing what hooks left while no server ran."""


class App:
    """One open store with everything an operation needs. Safe to call from several threads."""

    def __init__(self, config: Config, *, clock: Clock = clocks.system, worker: bool = False) -> None:
        self.config = config
        self.clock = clock
        self.uses = Uses(config.home, config.ledger_days)
        self._store: SqliteStore | None = None
        self._use: IO[str] | None = None
        self._embedder: Embedder | None = None
        self._embedder_known = False
        self._vectors: VectorIndex | None = None
        self._lock = threading.RLock()
        self._worker = Worker(self) if worker else None
        self._drainer = Drainer(self) if worker else None
        self._watcher = Watcher(self, self._worker) if self._worker else None
        for each in (self._worker, self._drainer, self._watcher):
            if each:
                each.start()

    def __enter__(self) -> App:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def store(self) -> SqliteStore:
        """The store, opened at the first use."""
        with self._lock:
            if self._store is None:
                use = share(self.config.home, self.config.busy_timeout_ms)
                try:
                    self._store = open_store(self.config)
                except BaseException:
                    if use is not None:
                        use.close()
                    raise
                self._use = use
            return self._store

    @property
    def embedder(self) -> Embedder | None:
        """The embedding model, or None when there is none or it cannot be loaded; recall then goes on with words."""
        with self._lock:
            if not self._embedder_known:
                self._embedder = open_embedder(self.config)
                self._embedder_known = True
            return self._embedder

    @property
    def vectors(self) -> VectorIndex | None:
        """The vectors of the embedder in use, or None when there is none."""
        embedder = self.embedder
        with self._lock:
            if embedder is not None and self._vectors is None:
                self._vectors = VectorIndex(self.config.vectors, embedder, keep_files=keys.source(self.config) is None)
            return self._vectors

    def forget_vectors(self) -> None:
        """Let go of the vectors that this process has read, so that the next question reads what is there then."""
        with self._lock:
            self._vectors = None

    def call(
        self, name: str, payload: Mapping[str, Any] | object, caller: Caller = ANYBODY, *, text: bool = False
    ) -> Answer:
        """Run an operation by name on a mapping or a request; raise `EverloreError`."""
        operation = BY_NAME.get(name)
        if operation is None:
            raise InvalidInput(
                f"there is no operation {name!r}", field="operation", hint=f"there are: {', '.join(BY_NAME)}"
            )
        request = payload if isinstance(payload, operation.request) else decode(operation.request, payload, text=text)
        caller = replace(caller, actor=called(caller))  # a client may call itself anything
        if self._drainer is None and name not in _ABOUT_SPOOL:
            self.drain(_BESIDE)
        try:
            answer: Answer = operation.load()(self, caller, request)
        except Waits as waits:
            raise propose_request(self, waits, operation, request) from None
        if self._worker and operation.effect != "read":
            self._worker.wake()
        return answer

    def drain(self, seconds: float) -> bool:
        """Have stored what hooks left in the spool, and wait for that up to some seconds; return whether nothing waits now.

        Where no thread of this process does it, it is done here and now. What cannot be stored now stays in the spool.
        """
        if self._drainer is not None:
            return self._drainer.ask(seconds)
        if seconds and spool.names(str(self.config.home)):
            from everlore.app.hooks import drain_spool

            with suppress(EverloreError, OSError):
                drain_spool(self, seconds)
        return not spool.names(str(self.config.home))

    @contextmanager
    def read(self) -> Iterator[Unit]:
        """Open a snapshot of the store."""
        with self.store.read() as unit:
            yield unit

    @contextmanager
    def write(self) -> Iterator[Unit]:
        """Open an atomic write to the store."""
        with self.store.write() as unit:
            yield unit

    def newest(self) -> object:
        """Return something that differs when the journal, the ledger or the turns gained anything."""
        with self.read() as unit:
            return unit.value("newest")

    def instant(self, text: str | None, field: str, *, edge: Literal["start", "end"] = "end") -> int | None:
        """Return Unix milliseconds of a date, time or phrase given in a request; None stays None.

        A day or phrase stands for its first instant with edge "start", for its last millisecond with edge "end".
        """
        if text is None:
            return None
        now = clocks.to_datetime(self.clock())
        try:
            return clocks.to_ms(parse_instant(text, now, field=field, edge=edge))
        except OverflowError:
            raise InvalidInput(f"{field}: {text[:40]!r} lies outside of the years 1 to 9999", field=field) from None

    def reopen(self) -> None:
        """Close the store, so that the next use opens the file that is there then."""
        with self._lock:
            if self._store is not None:
                self._store.close()
                self._store = None
                self._vectors = None
            if self._use is not None:
                self._use.close()
                self._use = None

    def close(self) -> None:
        """Stop the worker, write what reads have queued, and close the store."""
        for each in (self._watcher, self._drainer, self._worker):
            if each:
                each.stop()
        if self._store is not None:
            with suppress(EverloreError):  # a full or locked store must not turn a good answer into an error
                self.uses.flush(self._store)
        self.reopen()


def elapsed_ms(since: float) -> float:
    """Return milliseconds since a `time.perf_counter` reading."""
    return (time.perf_counter() - since) * 1000
