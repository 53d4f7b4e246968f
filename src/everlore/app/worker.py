"""The background worker of a daemon: one thread that leases due jobs and writes what reads have queued.

It sleeps until something is written in this process, and looks by itself every `IDLE_SECONDS` for what other processes
left. A job that fails is put back with its error; the thread itself only ends when told to.
"""

from __future__ import annotations

import threading
import time
import uuid
from contextlib import suppress
from typing import TYPE_CHECKING

from everlore.app.caller import Caller
from everlore.core.errors import EverloreError, StoreBusy
from everlore.store import jobs

if TYPE_CHECKING:
    from everlore.app.app import App

IDLE_SECONDS = 5.0
LOOK_SECONDS = 2.0
STUCK_SECONDS = 0.1


class Worker:
    """One thread; `start`, `wake` and `stop` may be called from any other."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._owner = uuid.uuid4().hex
        self._mine_next = 0.0
        self._curate_next = time.monotonic() + _CURATE_FIRST
        self._freshen_next = time.monotonic() + _FRESHEN_SECONDS
        self._refine_next, self._refining = time.monotonic() + _REFINE_FIRST, ""
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="everlore-worker", daemon=True)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def wake(self) -> None:
        """Look for work now."""
        self._wake.set()

    def stop(self) -> None:
        """End after the piece of work at hand."""
        self._stopping.set()
        self._wake.set()
        self._thread.join(timeout=30)

    def _mine(self) -> None:
        """Read new transcripts, where that is switched on and it is time."""
        if time.monotonic() < self._mine_next:
            return
        self._mine_next = time.monotonic() + _MINE_SECONDS
        from everlore.app import mining

        if mining.is_on(self._app):
            mining.round_of_watching(self._app, self._stopping.is_set)

    def _curate(self) -> None:
        """Curate once in so many hours, where that is not switched off; a short run, so that nobody waits for it."""
        hours = self._app.config.curate_hours
        if hours <= 0 or time.monotonic() < self._curate_next:
            return
        self._curate_next = time.monotonic() + hours * 3600
        self._app.call("curate", {"seconds": _CURATE_SECONDS}, Caller("curator", "worker", origin="curator"))

    def _freshen(self) -> None:
        """Look now and then whether the code that memories speak of is as it was."""
        if time.monotonic() < self._freshen_next:
            return
        self._freshen_next = time.monotonic() + _FRESHEN_SECONDS
        from everlore.app import anchoring

        anchoring.anchor_waiting(self._app, self._stopping)
        anchoring.check(self._app, stopping=self._stopping)

    def _refine(self) -> bool:
        """Have a language model read one piece of what is new, where one is set; return whether there may be more."""
        if not self._app.config.llm_provider or time.monotonic() < self._refine_next:
            return False
        self._refine_next = time.monotonic() + _REFINE_SECONDS
        from everlore.app import refining
        from everlore.app.requests import Refine

        name, self._refining = self._refining or uuid.uuid4().hex, ""  # one run, and one budget, until nothing is left
        curator, one = Caller("curator", "worker", origin="curator"), Refine(limit=1)
        if not refining.run(self._app, curator, one, name=name, stop=self._stopping).waiting:
            return False
        self._refine_next, self._refining = 0.0, name
        return True

    def _run(self) -> None:
        while not self._stopping.is_set():
            busy = False
            try:
                self._mine()
                self._curate()
                self._freshen()
                busy = run_due(self._app, self._owner, self._stopping) or self._refine()
                self._app.uses.flush(self._app.store)
            except (EverloreError, OSError):
                pass  # the store is busy or away, or a directory that was looked into; the next round tries again
            if not busy:
                self._wake.wait(IDLE_SECONDS)
                self._wake.clear()


_MINE_SECONDS = 10.0
_FRESHEN_SECONDS = 900.0
_REFINE_FIRST, _REFINE_SECONDS = 300.0, 900.0
"""Seconds after its start at which a server has a model read what is new, and between two looks."""
_CURATE_FIRST, _CURATE_SECONDS = 600.0, 20.0
"""Seconds after its start at which a server curates first, and that one run of it may take."""


class Drainer:
    """One thread that stores what hooks left in the spool: when it is asked to, and every `LOOK_SECONDS` by itself."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._state = threading.Condition()
        self._asked = self._done = 0
        self._since: float | None = None
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="everlore-drainer", daemon=True)

    def start(self) -> None:
        """Begin to drain."""
        self._thread.start()

    def ask(self, seconds: float) -> bool:
        """Have what waits now stored, and wait for it up to some seconds; return whether it is.

        Nobody waits behind a round that has been at it for long, for then the store is busy.
        """
        with self._state:
            self._asked += 1
            mine = self._asked
            self._state.notify_all()
            if not seconds or (self._since is not None and time.monotonic() - self._since > STUCK_SECONDS):
                return False
            return self._state.wait_for(lambda: self._done >= mine or self._stopping, seconds)

    def stop(self) -> None:
        """End when the spool has been drained once more."""
        with self._state:
            self._stopping = True
            self._state.notify_all()
        self._thread.join(timeout=30)

    def _run(self) -> None:
        from everlore.app.hooks import drain_spool

        while True:
            with self._state:
                self._state.wait_for(lambda: self._asked > self._done or self._stopping, LOOK_SECONDS)
                asked, last = self._asked, self._stopping
                self._since = time.monotonic()
            with suppress(EverloreError, OSError):  # the store is busy or away; the next round tries again
                drain_spool(self._app)
            if last:
                return
            with self._state:
                self._done, self._since = asked, None
                self._state.notify_all()


def run_due(app: App, owner: str, stopping: threading.Event | None = None) -> bool:
    """Run one due job, if there is one; return whether there was."""
    with app.read() as unit:
        if not unit.rows("job_due", now=app.clock(), limit=1):
            return False
    with app.write() as unit:
        leased = jobs.lease(unit, owner, app.clock())
    for job in leased:
        try:
            keyed = _KEYED.get(job.kind)
            finished = keyed(app, job.key) if keyed else _HANDLERS[job.kind](app, stopping or threading.Event())
        except Exception as error:  # noqa: BLE001 - whatever a job raises is kept with it and retried
            with app.write() as unit:
                jobs.failed(unit, job, owner, app.clock(), f"{type(error).__name__}: {error}")
            continue
        with app.write() as unit:
            if finished:
                jobs.done(unit, job, owner)
            else:
                unit.run("job_release", id=job.id, owner=owner)
    return bool(leased)


def drain(app: App) -> None:
    """Run due jobs until none is left, in this thread."""
    owner = uuid.uuid4().hex
    while run_due(app, owner):
        pass


def _embed(app: App, stopping: threading.Event) -> bool:
    from everlore.app.embedding import embed_waiting

    return embed_waiting(app, stopping)


def _mine(app: App, stopping: threading.Event) -> bool:
    from everlore.app import mining

    mining.round_of_watching(app, stopping.is_set, settle=False)
    return not stopping.is_set()


def _anchor(app: App, stopping: threading.Event) -> bool:
    from everlore.app.anchoring import anchor_waiting

    return anchor_waiting(app, stopping)[1]


def _scrub(app: App, stopping: threading.Event) -> bool:
    """Write the file anew without what was purged from it, where the one who purged it could not."""
    if left := app.store.scrub():
        raise StoreBusy("; ".join(left))
    return True


def _mirror(app: App, stopping: threading.Event) -> bool:
    from everlore.app.mirroring import mirror

    return mirror(app, stopping)


def _compile(app: App, key: str) -> bool:
    from everlore.app.compiling import compile_job

    compile_job(app, key)
    return True


_HANDLERS = {"mirror": _mirror, "embed": _embed, "mine": _mine, "anchor": _anchor, "scrub": _scrub}
_KEYED = {"compile": _compile}
"""Work on the one thing that the job's key names."""
