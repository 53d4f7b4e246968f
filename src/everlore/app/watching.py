"""Notices edits in the vault while a server runs, and has them taken in at once."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from everlore.app.mirroring import is_on
from everlore.core.errors import EverloreError
from everlore.store import jobs
from everlore.vault.tree import is_page

if TYPE_CHECKING:
    from everlore.app.app import App
    from everlore.app.worker import Worker

_DEBOUNCE_MS = 300
_STEP_MS = 40
_PAUSE = 10.0
"""Seconds until a vault that cannot be watched is looked through again."""


class Watcher:
    """One thread; what it notices, the worker does."""

    def __init__(self, app: App, worker: Worker) -> None:
        self._app = app
        self._worker = worker
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="everlore-watcher", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def stop(self) -> None:
        """End soon."""
        self._stopping.set()
        self._thread.join(timeout=10)

    def _run(self) -> None:
        while not self._stopping.is_set() and is_on(self._app.config):
            self._ask()
            with suppress(OSError, RuntimeError):  # no more watches to be had, or the directory is gone
                self._watch()
            self._stopping.wait(_PAUSE)

    def _watch(self) -> None:
        from watchfiles import watch

        root = self._app.config.vault_root
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        wanted = f"{root.resolve()}/"
        rounds = watch(
            root, debounce=_DEBOUNCE_MS, step=_STEP_MS, stop_event=self._stopping, recursive=True, raise_interrupt=False, rust_timeout=2_000,
            watch_filter=lambda _, path: is_page(path.removeprefix(wanted)),
        )  # fmt: skip
        for _ in rounds:
            self._ask()

    def _ask(self) -> None:
        with suppress(EverloreError), self._app.write() as unit:
            jobs.put(unit, "mirror")
        self._worker.wake()
