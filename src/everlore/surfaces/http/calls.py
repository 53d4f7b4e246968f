"""Operations run from asyncio: synchronous handlers in a few long-lived threads.

The threads live as long as the server, so that what a thread holds (a connection, its caches) stays warm. Operations that
take long run in threads of their own: however many of them wait, recall never queues behind them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Thread
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from everlore.app.answers import Answer
    from everlore.app.app import App, Caller

SLOW = frozenset({"import", "export", "verify", "rebuild", "backup", "restore-backup", "bench"})
QUICK_THREADS = 4
SLOW_THREADS = 2


class Calls:
    """The threads that run operations of one application."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._quick = ThreadPoolExecutor(QUICK_THREADS, "everlore-quick")
        self._slow = ThreadPoolExecutor(SLOW_THREADS, "everlore-slow")

    async def run(self, name: str, payload: Mapping[str, Any], caller: Caller, *, text: bool = False) -> Answer:
        """Run an operation to its end; raise what it raises. A caller who goes away does not stop it halfway."""
        pool = self._slow if name in SLOW else self._quick
        call = partial(self._app.call, name, payload, caller, text=text)
        return await asyncio.get_running_loop().run_in_executor(pool, call)

    def close(self, patience: float) -> bool:
        """Refuse further calls and wait up to `patience` seconds for those under way; tell whether all have ended."""
        ending = Thread(target=self._end, name="everlore-ending", daemon=True)
        ending.start()
        ending.join(patience)
        return not ending.is_alive()

    def _end(self) -> None:
        for pool in (self._quick, self._slow):
            pool.shutdown(wait=False, cancel_futures=True)
        for pool in (self._quick, self._slow):
            pool.shutdown(wait=True)
