"""Operations run from asyncio: synchronous handlers in a few long-lived threads.

The threads live as long as the server, so that what a thread holds (a connection, its caches) stays warm. Operations
that take long run in threads of their own: however many of them wait, recall never queues behind them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeVar

from everlore.app.ledger.queue import Injection
from everlore.app.long import LONG
from everlore.app.operations import BY_NAME
from everlore.app.parse import decode_json
from everlore.core import ids
from everlore.core.tokens import estimate
from everlore.guard.redact import label

if TYPE_CHECKING:
    from everlore.app.answers import Answer
    from everlore.app.app import App
    from everlore.app.caller import Caller

Result = TypeVar("Result")

QUICK_THREADS = 4
SLOW_THREADS = 2


class Calls:
    """The threads that run operations of one application."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._quick = ThreadPoolExecutor(QUICK_THREADS, "everlore-quick")
        self._slow = ThreadPoolExecutor(SLOW_THREADS, "everlore-slow")

    async def run(self, name: str, payload: Mapping[str, Any] | bytes, caller: Caller, *, text: bool = False) -> Answer:
        """Run an operation to its end on fields or on their JSON; raise what it raises.

        A caller who goes away does not stop it halfway.
        """
        pool = self._slow if name in LONG else self._quick
        return await asyncio.get_running_loop().run_in_executor(pool, self._call, name, payload, caller, text)

    async def perform(self, function: Callable[[App], Result], *, slow: bool = False) -> Result:
        """Run a function on the application in one of the threads and return what it returns; raise what it raises."""
        pool = self._slow if slow else self._quick
        return await asyncio.get_running_loop().run_in_executor(pool, function, self._app)

    def listed(self, client: str, text: str) -> None:
        """Note for the ledger that a client was given descriptions of tools."""
        now = self._app.clock()
        self._app.uses.add(Injection(
            ids.fresh(now), now, "mcp", "tools", None, (), estimate(text), 0.0, withheld=False, platform=label(client) or None,
        ))  # fmt: skip

    def _call(self, name: str, payload: Mapping[str, Any] | bytes, caller: Caller, text: bool) -> Answer:
        request = decode_json(BY_NAME[name].request, payload) if isinstance(payload, bytes) else payload
        return self._app.call(name, request, caller, text=text)

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
